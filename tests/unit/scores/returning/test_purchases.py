"""Days of purchase, what is told of them, and that nothing from after a day is told."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyloop.scores.returning.purchases import Purchases, purchases_of, today_of
from loyaltyloop.scores.returning.traits import History, log_gaps, traits
from tests.unit.scores.returning.shops import AS_OF, Bought, past

LINES = [
    Bought(7, 40.2, "mug", 10, 2),
    Bought(7, 40.1, "cup", 5),
    Bought(7, 10, "mug", 10),
    Bought(3, 25, "cup", float("nan")),
    Bought(3, 5, "mug", 8, late=20),
]
SOME = st.lists(
    st.builds(
        Bought,
        st.integers(1, 4),
        st.integers(1, 500),
        st.sampled_from(["mug", "cup"]),
        st.sampled_from([float("nan"), 0.5, 12.0]),
        st.integers(1, 900),
    ),
    min_size=1,
    max_size=30,
)


def bought(lines: list[Bought]) -> tuple[Purchases, int]:
    found = past(lines, customers=[1, 2, 3, 4, 7])
    return purchases_of(found), today_of(found)


def test_two_orders_on_one_day_are_one_purchase() -> None:
    found, today = bought(LINES[:4])
    assert found.people == 5
    assert found.who.tolist() == [2, 4, 4]
    assert (today - found.day).tolist() == [25, 41, 10]
    assert found.spend.tolist() == [0, 25, 10]
    assert found.lines.tolist() == [1, 2, 1]


def test_what_the_shop_did_not_know_on_a_day_was_not_bought_before_it() -> None:
    found, today = bought([Bought(3, 25), Bought(3, 12, late=10)])
    assert found.before(today - 5).day.tolist() == [today - 25]
    assert found.before(today).day.tolist() == [today - 25, today - 12]


def test_of_a_day_of_which_not_all_was_known_yet_that_counts_which_was() -> None:
    """Two orders on one day, of which one was changed later from 10 to 15."""
    lines = [Bought(7, 40, price=20), Bought(7, 40, price=10, off=35), Bought(7, 40, price=15, late=5)]
    found, today = bought(lines)
    for ago, spend in ((39, 30), (34, 35), (0, 35)):
        assert found.before(today - ago).spend.tolist() == [spend]
    assert found.before(today - 34).before(today - 39).spend.tolist() == [30]


@given(
    st.lists(
        st.builds(
            Bought,
            st.integers(1, 2),
            st.integers(1, 4),
            st.sampled_from(["mug", "cup"]),
            st.sampled_from([1.0, 2.0, 4.0]),
            late=st.integers(0, 4),
            off=st.none() | st.integers(0, 4),
        ),
        min_size=1,
        max_size=8,
    ),
    st.integers(0, 4),
    st.integers(0, 4),
)
def test_days_cut_are_as_those_of_a_past_that_is_cut(lines: list[Bought], ago: int, more: int) -> None:
    whole = past(lines)
    day, instant = today_of(whole) - ago, AS_OF - timedelta(days=ago)
    day, instant = day - more, instant - timedelta(days=more)
    cuts = (
        purchases_of(whole.before(instant)),
        purchases_of(whole).before(day),
        purchases_of(whole).before(day + more).before(day),
    )
    told = [tuple(getattr(one, name).tolist() for name in ("who", "day", "spend", "lines")) for one in cuts]
    assert told[0] == told[1] == told[2]


def test_windows_begin_with_their_first_day_and_end_before_their_last() -> None:
    found, today = bought(LINES[:4])
    assert np.flatnonzero(found.bought(today - 25, today - 10)).tolist() == [2]
    assert np.flatnonzero(found.bought(today - 10, today)).tolist() == [4]
    assert found.spent(today - 41, today).tolist() == [0, 0, 0, 0, 35]


def test_traits_of_one_customer_by_hand() -> None:
    found, today = bought([Bought(7, 40), Bought(7, 20, price=30), Bought(7, 10, price=20)])
    history = History(found, today)
    columns = {name: column.tolist() for name, column in traits(history).items()}
    assert history.buyers.tolist() == [4]
    assert columns["idle"] == pytest.approx([np.log(10)])
    assert columns["age"] == pytest.approx([np.log(40)])
    assert columns["times"] == pytest.approx([np.log(3)])
    assert columns["in 30"] == pytest.approx([np.log(3)])
    assert columns["gap"] == pytest.approx([(np.log(20) + np.log(10)) / 2])
    assert columns["overdue"] == pytest.approx([np.log(15 / 20)])
    assert columns["spend"] == pytest.approx([np.log(21)])
    assert columns["last spend"] == pytest.approx([0], abs=1e-12)


@given(SOME)
def test_traits_are_numbers_whatever_was_bought(lines: list[Bought]) -> None:
    found, today = bought(lines)
    history = History(found, today)
    for column in traits(history).values():
        assert column.shape == history.buyers.shape
        assert np.isfinite(column).all()


@given(SOME, st.integers(1, 400))
def test_what_comes_later_changes_nothing(lines: list[Bought], ago: int) -> None:
    everything, today = bought(lines)
    earlier, _ = bought([one for one in lines if one.ago > ago])
    seen, alone = (History(one.before(today - ago), today - ago) for one in (everything, earlier))
    for name, column in traits(seen).items():
        assert column.tolist() == traits(alone)[name].tolist()


@given(SOME)
def test_gaps_are_days_between_purchases_of_one_customer(lines: list[Bought]) -> None:
    found, today = bought(lines)
    history = History(found, today)
    whose, gaps = log_gaps(history)
    assert len(whose) == len(found.day) - len(history.buyers)
    total = np.bincount(whose, np.exp(gaps), len(history.buyers))
    assert total == pytest.approx(history.age - history.idle)


def test_what_is_called_off_stood_until_that_day() -> None:
    lines = [
        Bought(1, 50, price=5.0),
        Bought(1, 50, "tin", 7.0, off=20),
        Bought(2, 90, off=60),
        Bought(3, 10),
    ]
    found = past(lines)
    all_days, today = purchases_of(found), today_of(found)
    for ago in (100, 80, 61, 60, 59, 40, 21, 20, 19, 5, 0):
        then = purchases_of(found.before(AS_OF - timedelta(days=ago)))
        for nested in (all_days.before(today - ago), all_days.before(today).before(today - ago)):
            for name in ("who", "day", "spend", "lines", "known"):
                assert getattr(nested, name).tolist() == getattr(then, name).tolist(), (ago, name)
    assert all_days.ever.tolist() == [True, True, True]
    only = all_days.of(np.array([False, True, False]))
    assert only.before(today - 70).who.tolist() == [1]
    assert not only.before(today - 5).buyers.any()
