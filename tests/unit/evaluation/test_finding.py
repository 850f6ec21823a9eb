"""Lists of products against what was bought: by hand, and as the protocol's words say."""

from __future__ import annotations

from datetime import UTC, datetime
from math import log2

import numpy as np
import pytest

from evaluation.finding import K, ceilings, find
from evaluation.intervals import mean
from evaluation.shop import Shop, Told, shop_of
from evaluation.split import Split, split
from loyaltyloop.scores.purchases.past import Lines

CUT_OFF = datetime(2026, 3, 1, tzinfo=UTC)
# customer, order, product, day of 2026
ROWS = [
    (1, "a", "mug", "02-01"),
    (1, "a", "tea", "02-01"),
    (1, "b", "mug", "02-10"),
    (2, "c", "pot", "02-20"),
    (3, "d", "tin", "02-21"),
    (1, "e", "mug", "03-02"),
    (1, "e", "pot", "03-02"),
    (1, "f", "fan", "03-30"),  # within 30 days; never sold before
    (2, "g", "pot", "03-31"),  # a day too late
    (4, "h", "mug", "03-05"),  # had never ordered
    (3, "i", "tea", "03-09"),
]


def shop(rows: list[tuple[int, str, str, str]]) -> Shop:
    """Of such rows, at noon."""
    at = [int(datetime.fromisoformat(f"2026-{day}T12:00:00+00:00").timestamp()) for *_, day in rows]
    who, order, what, _ = map(list, zip(*rows, strict=True))
    lines = Lines(order, what, who, at, at, [1] * len(rows), [2.5] * len(rows))
    return shop_of("a shop", lines, Told({}, {}, {}))


@pytest.fixture
def cut() -> Split:
    """The window is the first thirty days of March."""
    return split(shop(ROWS), CUT_OFF, 30)


def places(cut: Split, *lists: list[str]) -> np.ndarray:
    """Names as places, as many a row as the longest has."""
    wide = max(map(len, lists))
    index = {name: place for place, name in enumerate(cut.history.products)} | {"": -1}
    return np.array([[index[name] for name in (*row, *[""] * (wide - len(row)))] for row in lists], np.int32)


def test_the_history_holds_nothing_of_later(cut: Split) -> None:
    assert cut.history.products == ("mug", "pot", "tea", "tin")
    assert cut.history.customers.tolist() == [1, 2, 3]
    assert cut.orders.tolist() == [2, 1, 1]
    assert cut.catalogue.prices.tolist() == [2.5] * 4


def test_who_is_judged_and_by_what(cut: Split) -> None:
    everything, new, again = (cut.truth(task) for task in ("all", "new", "repeat"))
    assert everything.who.tolist() == [0, 2]
    assert everything.size.tolist() == [3, 1]
    assert everything.known.tolist() == [2, 1]  # nobody could know of the fan
    assert new.who.tolist() == [0, 2]
    assert new.size.tolist() == [2, 1]
    assert again.who.tolist() == [0]
    assert again.size.tolist() == [1]


def test_measures_by_hand(cut: Split) -> None:
    truth = cut.truth("all")
    found = find(cut, "all", truth, places(cut, ["tea", "mug", "mug", "pot"], ["mug"]))
    ideal = 1 + 1 / log2(3) + 1 / log2(4)
    assert found.measures["ndcg"].tolist() == pytest.approx([(1 / log2(3) + 1 / log2(4)) / ideal, 0])
    assert found.measures["recall"].tolist() == pytest.approx([2 / 3, 0])
    assert found.measures["hr"].tolist() == [1, 0]
    assert found.measures["map"].tolist() == pytest.approx([(1 / 2 + 2 / 3) / 3, 0])
    assert found.coverage == 3 / 4
    assert found.served == 1


def test_for_new_products_what_was_bought_takes_no_place(cut: Split) -> None:
    truth = cut.truth("new")
    found = find(cut, "new", truth, places(cut, ["mug", "tea", "pot"], ["tin", "tea"]))
    ideal = 1 + 1 / log2(3)
    assert found.measures["ndcg"].tolist() == pytest.approx([1 / ideal, 1])


def test_only_the_first_ten_count(cut: Split) -> None:
    truth = cut.truth("repeat")
    late = np.array([[1, 2, 3] + [-1] * K + [0]], np.int32)
    assert find(cut, "repeat", truth, late).measures["hr"].tolist() == [1]  # gaps take no place
    many = split(
        shop([(1, str(n), f"p{n:02}", "02-01") for n in range(20)] + [(1, "z", "p15", "03-02")]), CUT_OFF, 30
    )
    ranked = np.arange(20, dtype=np.int32)[None, :]
    assert find(many, "all", many.truth("all"), ranked).measures["hr"].tolist() == [0]


def test_ceilings(cut: Split) -> None:
    most = ceilings(cut.truth("all"))
    ideal = 1 + 1 / log2(3) + 1 / log2(4)
    assert most["ndcg"] == pytest.approx(((1 + 1 / log2(3)) / ideal + 1) / 2)
    assert most["recall"] == pytest.approx((2 / 3 + 1) / 2)


def test_a_window_without_orders_is_refused() -> None:
    with pytest.raises(ValueError, match="no orders after 2026-05-01"):
        split(shop(ROWS), datetime(2026, 5, 1, tzinfo=UTC), 30)
    with pytest.raises(ValueError, match="no orders before 2026-01-01"):
        split(shop(ROWS), datetime(2026, 1, 1, tzinfo=UTC), 30)


def test_intervals_are_those_of_the_bootstrap() -> None:
    values = np.random.default_rng(5).random(40)
    dice = np.random.default_rng(0)
    means = [values[dice.integers(0, 40, 40)].mean() for _ in range(1000)]
    found = mean(values).interval
    assert found == pytest.approx((values.mean(), *np.percentile(means, [2.5, 97.5])))
