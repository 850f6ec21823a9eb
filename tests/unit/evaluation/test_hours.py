"""The evaluation of good hours: by hand on few orders, and on made data whose truth is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from evaluation.hours import Known, foretold, judge, judge_made, made, within_two
from evaluation.shop import Shop, Told, shop_of
from evaluation.tables import OURS
from loyaltyloop.scores.purchases.past import Lines

START = datetime(2024, 1, 1, tzinfo=UTC)


def shop(*orders: tuple[int, int, int]) -> Shop:
    """(customer, day, hour) of orders, all in Britain."""
    at = [int((START + timedelta(days=day, hours=hour)).timestamp()) for _, day, hour in orders]
    number = len(orders)
    lines = Lines(
        order=[f"o{place}" for place in range(number)],
        product=["p"] * number,
        customer=[who for who, _, _ in orders],
        at=at,
        arrived=at,
        quantity=[1] * number,
        price=[1.0] * number,
    )
    return shop_of("few", lines, Told({who: "GB" for who, _, _ in orders}, {}, {}))


def test_two_hours_away_is_near_also_around_midnight() -> None:
    shares = np.zeros((1, 24))
    shares[0, 23] = 1
    assert np.flatnonzero(within_two(shares)[0]).tolist() == [0, 1, 21, 22, 23]


def test_only_those_with_orders_before_and_behind_are_judged() -> None:
    before = [(1, 0, 9), (1, 10, 9), (2, 5, 9), (3, 0, 9)]
    table = judge(shop(*before, (1, 40, 10), (2, 41, 23), (4, 42, 9)), START + timedelta(days=30), 30)
    assert table.people == 2
    figures = {row.method: row.figures["within 2 hours"].value for row in table.rows}
    assert figures["own days alone"] == 0.5  # 9 is near 10, and far from 23


def test_a_shop_of_which_only_days_are_known_has_nobody_to_judge_by() -> None:
    orders = [(who, day, 0) for who in range(1, 9) for day in (0, 7, 40)]
    table = judge(shop(*orders), START + timedelta(days=30), 30)
    assert table.people == 0 and not any(row.figures for row in table.rows)
    assert judge(shop(*orders, (1, 3, 9), (1, 41, 9)), START + timedelta(days=30), 30).people == 1


def test_nothing_behind_the_cut_off_is_known() -> None:
    before = [(who, day, 9 + who % 3) for who in range(1, 30) for day in (0, 7, 14)]
    cut_off = START + timedelta(days=30)
    one, other = (judge(shop(*before, (1, 40, hour)), cut_off, 30) for hour in (9, 21))
    logs = [[row.figures["log loss"].value for row in table.rows] for table in (one, other)]
    assert one.people == other.people == 1 and logs[0] != logs[1]
    near = [[row.figures["within 2 hours"].value for row in table.rows] for table in (one, other)]
    assert near[0][0] == 1 and near[1][0] == 0  # the same hour was chosen


@pytest.mark.parametrize("days", [1, 20])
def test_shrinking_is_nearer_the_truth_than_own_days_or_the_market_alone(days: int) -> None:
    known, truth = made(5.0, days, np.random.default_rng(1))
    # That a person's own are smoothed is right for people, and how these were made.
    ways = foretold(known).items()
    off = {name: -float((truth * np.log(np.maximum(shares, 1e-12))).sum()) for name, shares in ways}
    assert off[OURS] == min(off.values())


def test_made_persons_are_the_same_for_the_same_seed() -> None:
    known, truth = made(5.0, 3, np.random.default_rng(1))
    again, same = made(5.0, 3, np.random.default_rng(1))
    assert isinstance(known, Known) and (known.counts == again.counts).all() and (truth == same).all()
    assert judge_made(5.0, days=(3,)).rows[0].method == OURS
