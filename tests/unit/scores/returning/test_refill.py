"""When a customer needs something again: a made shop with known intervals, and shops that teach nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyloop.scores.models.artifact import pack, unpack
from loyaltyloop.scores.models.learners import Fallback, Known
from loyaltyloop.scores.returning.refill import LEAST, Refill
from loyaltyloop.scores.returning.refilling import MEDIAN, SHARE, RefillLearner
from loyaltyloop.scores.returning.spells import spells_of
from loyaltyloop.scores.training.judging import NEW, Judgement
from tests.unit.scores.returning.shops import AS_OF, Bought, known, lively, past

LEARNER = RefillLearner()
LASTS = {"coffee": 20.0, "filters": 60.0, "soap": 35.0}
KINDS = {"coffee": "kitchen", "filters": "kitchen", "soap": "bath", "lamp": "home"}
SOME = st.lists(
    st.builds(Bought, st.integers(1, 3), st.integers(1, 400), st.sampled_from(["mug", "cup"])), max_size=25
)


def sold(lines: Sequence[Bought], customers: Sequence[int] = ()) -> Known:
    """With their categories."""
    found = known(lines, customers)
    kinds = tuple(KINDS.get(name) for name in found.past.products)
    return replace(found, catalogue=replace(found.catalogue, categories=kinds))


@cache
def lines() -> tuple[Bought, ...]:
    """Half of all buy each thing again and again, at intervals of its own; a lamp is bought once."""
    random = np.random.default_rng(8)
    found: list[Bought] = []
    for who in range(1, 161):
        found.append(Bought(who, float(random.uniform(1, 300)), "lamp"))
        for name, days in LASTS.items():
            ago = float(random.uniform(1, 300))
            found.append(Bought(who, ago, name))
            while random.random() < 0.85 and who % 2:
                ago -= days * float(random.lognormal(0, 0.25))
                if ago <= 1:
                    break
                found.append(Bought(who, ago, name))
    return tuple(found)


@cache
def fitted() -> Refill:
    found = LEARNER.fit(sold(lines()), seed=1)
    assert isinstance(found, Refill)
    return found


def due(bought: list[Bought]) -> list[float]:
    needs = fitted().needs(sold(bought))
    found: list[float] = needs.due.tolist()
    return found


def test_spells_are_from_purchase_to_purchase_and_then_to_today() -> None:
    bought = [Bought(1, 50, "mug"), Bought(1, 30, "mug"), Bought(1, 30.1, "mug"), Bought(1, 10, "cup")]
    found = spells_of(past([*bought, Bought(2, 5, "mug")]))
    assert found.days.tolist() == [10, 19, 1, 30, 5]
    assert found.open.tolist() == [True, False, False, True, True]
    assert found.nth.tolist() == [0, 0, 1, 2, 0]
    assert found.pair.tolist() == [0, 1, 1, 1, 2]


@given(SOME)
def test_there_is_one_open_spell_for_each_product_that_somebody_has(bought: list[Bought]) -> None:
    found = spells_of(past(bought))
    pairs = {(one.who, one.product) for one in bought}
    assert int(found.open.sum()) == len(pairs)
    assert (found.days >= 1).all()
    assert np.isfinite(found.traits).all()
    assert found.days.sum() == pytest.approx(
        sum(max(one.ago for one in bought if (one.who, one.product) == pair) for pair in pairs)
    )


@pytest.mark.parametrize("name", LASTS)
def test_each_product_s_own_interval_is_learned(name: str) -> None:
    assert due([Bought(1, 1, name)])[0] == pytest.approx(LASTS[name], rel=0.35)


def test_a_customer_s_own_interval_counts_where_it_is_known() -> None:
    slow = [Bought(1, 1 + 40 * time, "coffee") for time in range(6)]
    quick = [Bought(1, 1 + 10 * time, "coffee") for time in range(6)]
    assert due(quick)[0] < 0.75 * due(slow)[0]
    assert due(slow)[0] > LASTS["coffee"]


def test_what_was_bought_long_ago_is_not_expected_any_more() -> None:
    fresh, old = (fitted().needs(sold([Bought(1, ago, "coffee")])) for ago in (2, 200))
    assert fresh.again[0] > LEAST > old.again[0]
    assert np.isnan(fitted().score(sold([Bought(1, 200, "coffee")]))[0])


def test_nobody_is_reminded_of_what_is_bought_once_or_has_nothing() -> None:
    said = fitted().score(sold([Bought(1, 3, "lamp")], customers=[9]))
    assert np.isnan(said).all()


def test_the_surest_product_decides() -> None:
    said = fitted().score(
        sold([Bought(1, 5 + 20 * time, "coffee") for time in range(5)] + [Bought(1, 3, "lamp")])
    )
    assert said[0] == pytest.approx(15, abs=6)


def test_a_product_that_nobody_bought_is_like_its_category() -> None:
    shop = sold([Bought(1, 1, "tea")])
    kitchen, unknown = (
        fitted().needs(replace(shop, catalogue=replace(shop.catalogue, categories=(kind,)))).due[0]
        for kind in ("kitchen", "never heard of")
    )
    assert 15 < kitchen < 65
    assert 15 < unknown < 65


def test_chances_grow_with_the_days() -> None:
    needs = fitted().needs(sold(lines()))
    near, far, ever = needs.within(7), needs.within(30), needs.within(1e6)
    assert ((near >= 0) & (near <= far) & (far <= ever)).all()
    assert ever == pytest.approx(needs.again, abs=1e-6)


def test_it_is_ahead_of_plain_medians_and_shares() -> None:
    since = AS_OF - timedelta(days=30)
    shop = sold(lines())
    earlier = LEARNER.fit(shop.before(since), seed=1)
    assert isinstance(earlier, Refill)
    found = LEARNER.judge(earlier, None, shop, since, seed=1)
    assert isinstance(found, Judgement)
    values = {(one.method, one.measure): one.value for one in found.figures}
    assert values[NEW, "Brier score"] < values[SHARE, "Brier score"]
    assert values[NEW, "Brier score"] < values[MEDIAN, "Brier score"]


def test_one_customer_who_buys_each_day_does_not_speak_for_all() -> None:
    """As the one does in whose name a till rings up whoever has none."""
    bought, _ = lively()
    till = [Bought(999, ago, "mug") for ago in range(1, 3000)]
    asked = known(bought)
    models = [LEARNER.fit(known([*bought, *more]), seed=1) for more in ([], till)]
    unknown = [np.isnan(model.score(asked)).mean() for model in models if isinstance(model, Refill)]
    assert unknown == pytest.approx([0.1, 0.1], abs=0.05)


def test_it_is_packed_and_read_to_the_byte() -> None:
    again = LEARNER.fit(sold(lines()[::-1]), seed=1)
    read = LEARNER.load(fitted().pack())
    assert isinstance(again, Refill)
    assert again.pack() == read.pack() == fitted().pack()
    shop = sold(lines(), customers=[999])
    assert np.array_equal(read.score(shop), fitted().score(shop), equal_nan=True)


def test_nobody_s_number_hangs_on_who_else_is_asked_about() -> None:
    everybody = fitted().score(sold(lines()))
    some = sold([one for one in lines() if one.who % 5 == 0])
    assert np.array_equal(fitted().score(some), everybody[some.past.customers - 1], equal_nan=True)


@pytest.mark.parametrize("content", [b"", pack({}, {}), pack({"single": np.zeros(4)}, {"products": []})])
def test_bytes_of_something_else_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"not a fitted model|no model of what is needed again"):
        LEARNER.load(content)


@pytest.mark.parametrize("name", ["middle", "category_odds", "odds_weights"])
def test_columns_that_do_not_match_are_refused(name: str) -> None:
    arrays, document = unpack(fitted().pack())
    with pytest.raises(ValueError, match="columns do not match"):
        LEARNER.load(pack(arrays | {name: arrays[name][:-1]}, document))


@pytest.mark.parametrize(
    "bought",
    [[], [Bought(1, 5)], [Bought(who, 1, f"p{who}") for who in range(1, 90)]],
    ids=["no orders", "one order", "all on one day"],
)
def test_a_shop_that_teaches_nothing_says_why(bought: list[Bought]) -> None:
    found = LEARNER.fit(sold(bought, customers=[1]), seed=1)
    assert found == Fallback("products were bought again fewer than 100 times")


def test_one_product_and_one_customer_are_enough() -> None:
    found = LEARNER.fit(sold([Bought(1, 2 + 3 * time) for time in range(120)]), seed=1)
    assert isinstance(found, Refill)
    said = found.score(sold([Bought(1, 2 + 3 * time) for time in range(120)]))
    assert said[0] == pytest.approx(1, abs=1)
    quiet = LEARNER.judge(found, None, sold([Bought(1, 40)]), AS_OF - timedelta(days=30), seed=1)
    assert isinstance(quiet, Fallback)


def test_only_some_lines_may_be_asked_about() -> None:
    mine = [Bought(1, ago, name) for name in ("coffee", "soap") for ago in (60, 40, 20)]
    both = sold([*mine, Bought(2, 20, "soap"), Bought(2, 40, "soap")])
    names = np.array(both.past.products)[both.past.what]
    ones = (both.past.customers[both.past.who] == 1) & (names == "coffee")
    asked, every = fitted().score(both, ones), fitted().score(both)
    assert asked[0] != every[0]
    assert asked[1] == every[1]
    assert fitted().score(both, np.zeros(len(both.past), np.bool_)).tolist() == every.tolist()
