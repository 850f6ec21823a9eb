"""The ranking as a whole: the same bytes for the same data, and shops from which nothing can be learned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from loyaltyloop.scores.models.artifact import pack, unpack
from loyaltyloop.scores.models.learners import Fallback
from loyaltyloop.scores.purchases.looks import no_looks
from loyaltyloop.scores.purchases.past import Past
from loyaltyloop.scores.ranking.cohort import of_people
from loyaltyloop.scores.ranking.order import NONE, Ranking, rank
from loyaltyloop.scores.ranking.ranker import Ranker, fit, load
from loyaltyloop.scores.ranking.shelf_side import ItemSide, item_side, load_side
from tests.unit.scores.ranking.shops import catalogue, days_ago, of_rows, shop

Model = tuple[Past, Ranker, ItemSide]


def fitted(past: Past) -> Ranker:
    found = fit(past, catalogue(past), no_looks(), seed=7)
    assert isinstance(found, Ranker)
    return found


@pytest.fixture(scope="module")
def model() -> Model:
    past = shop()
    return past, fitted(past), item_side(past, catalogue(past))


def test_the_same_data_and_seed_give_the_same_bytes(model: Model) -> None:
    past, ranker, side = model
    assert fitted(shop()).pack() == ranker.pack()
    assert item_side(shop(), catalogue(past)).pack() == side.pack()


def test_what_is_loaded_ranks_as_what_was_packed(model: Model) -> None:
    past, ranker, side = model
    one = rank(ranker, side, past, no_looks(), 8)
    other = rank(load(ranker.pack()), load_side(side.pack()), past, no_looks(), 8)
    assert_equal(one, other)
    assert load(ranker.pack()).pack() == ranker.pack()
    assert load_side(side.pack()).pack() == side.pack()


def test_a_list_does_not_hang_on_who_else_is_asked_for(model: Model) -> None:
    past, ranker, side = model
    everybody = rank(ranker, side, past, no_looks(), 8)
    some = np.array([3, 10, 11])
    mine, looks = of_people(past, no_looks(), some)
    assert np.array_equal(rank(ranker, side, mine, looks, 8).what, everybody.what[some])


def test_what_is_bought_again_and_again_comes_first(model: Model) -> None:
    past, ranker, side = model
    ranking = rank(ranker, side, past, no_looks(), 3)
    favourites = [
        {f"p{(customer * 7 + step) % 40:03}" for step in range(3)} for customer in range(len(past.customers))
    ]
    hits = [
        len({side.products[one] for one in row} & own)
        for row, own in zip(ranking.what.tolist(), favourites, strict=True)
    ]
    assert np.mean(hits) > 2.5


def test_what_may_not_be_offered_is_not_ranked(model: Model) -> None:
    past, ranker, side = model
    allowed = np.arange(len(side.products)) % 2 == 0
    ranking = rank(ranker, side, past, no_looks(), 5, allowed)
    assert (ranking.what >= 0).all()
    assert allowed[ranking.what].all()
    nothing = rank(ranker, side, past, no_looks(), 5, np.zeros_like(allowed))
    assert (nothing.what == NONE).all()


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([], "nothing was ordered yet"),
        ([("o1", "p1", 1, days_ago(3))], "only 0 times"),
        ([(f"o{one}", "p1", one, days_ago(40)) for one in range(90)], "only 0 times"),
        ([(f"o{one}", "p1", 1, days_ago(one)) for one in range(90)], "only "),
    ],
    ids=["no orders", "one order", "all on one day", "one customer"],
)
def test_of_too_little_nothing_is_learned(rows: list[tuple[str, str, int, int]], why: str) -> None:
    past = of_rows(rows)
    found = fit(past, catalogue(past), no_looks(), seed=0)
    assert isinstance(found, Fallback)
    assert found.why.startswith(why)


def test_of_one_product_a_list_of_one_is_learned() -> None:
    past = of_rows([(f"o{one}", "p1", one % 40 + 1, days_ago(one % 160 + 0.5)) for one in range(900)])
    ranker, side = fitted(past), item_side(past, catalogue(past))
    assert (rank(ranker, side, past, no_looks(), 2).what == [0, NONE]).all()


def test_a_catalogue_of_what_was_never_sold_costs_nothing(model: Model) -> None:
    _, ranker, _ = model
    few = of_rows([("o1", "p1", 1, days_ago(3)), ("o2", "p2", 2, days_ago(2))])
    more = replace(few, products=("p1", "p2", *(f"q{one:07}" for one in range(100_000))))
    categories = (None,) * len(more.products)
    known = replace(catalogue(few), categories=categories, names=("",) * len(categories))
    side = item_side(more, known)
    assert side.products == ("p1", "p2")
    assert (rank(ranker, side, few, no_looks(), 3).what[0] == [0, 1, NONE]).all()
    assert isinstance(fit(more, known, no_looks(), 0), Fallback)


def test_nobody_and_nothing_are_ranked_as_such(model: Model) -> None:
    _, ranker, side = model
    nobody = of_rows([])
    assert rank(ranker, side, nobody, no_looks(), 3).what.shape == (0, 3)
    nothing = item_side(nobody, catalogue(nobody))
    assert load_side(nothing.pack()).products == ()
    stranger = of_rows([("o1", "p1", 1, days_ago(3))])
    assert (rank(ranker, nothing, stranger, no_looks(), 3).what == NONE).all()


def test_other_bytes_are_refused(model: Model) -> None:
    _, ranker, side = model
    with pytest.raises(ValueError, match="another version"):
        load(side.pack())
    with pytest.raises(ValueError, match="another version"):
        load_side(ranker.pack())
    arrays, document = unpack(ranker.pack())
    with pytest.raises(ValueError, match="other features"):
        load(pack(arrays, document | {"features": ["a"]}))
    with pytest.raises(ValueError, match="not a ranking"):
        load(pack({}, document))
    with pytest.raises(ValueError, match="do not match"):
        load(pack(arrays, document | {"layers": []}))
    for name in ("mean", "weight_1_0", "weight_0_1", "bias_2_1", "bias_0_2"):
        with pytest.raises(ValueError, match="do not match"):
            load(pack(arrays | {name: arrays[name][:-1]}, document))


def assert_equal(one: Ranking, other: Ranking) -> None:
    assert one.products == other.products
    for name in ("what", "scores", "source", "seed"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
