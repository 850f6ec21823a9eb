"""A history that was heard of late is told from orders that were changed."""

from __future__ import annotations

import numpy as np

from loyaltyloop.scores.purchases.past import DAY, STANDS, Lines, Past, past_of
from loyaltyloop.scores.training.heard_late import with_lateness
from tests.unit.scores.test_toplists import UNTIL

AT = int(UNTIL.timestamp()) - 30 * DAY
WHY = "too little came"


def orders(*told: tuple[int, int, int]) -> Past:
    """Of each its customer, after how many days it became known, and after how many it stood no more."""
    who, late, gone = (list(column) for column in zip(*told, strict=True))
    numbers = range(len(told))
    ends = np.array([STANDS if day < 0 else AT + day * DAY for day in gone], np.int64)
    columns = (["tea"] * len(told), who, [AT] * len(told), [AT + day * DAY for day in late])
    lines = Lines([f"o{one}" for one in numbers], *columns, [1] * len(told), [1.0] * len(told), ends)
    return past_of(UNTIL, lines, {})


def test_orders_that_arrived_late_are_told_of() -> None:
    told = with_lateness(WHY, orders((1, 5, -1), (2, 5, -1), (3, 0, -1)))
    assert "Of 3 orders 2 became known more than a day after they were placed" in told


def test_orders_that_were_changed_later_did_not_arrive_late() -> None:
    changed = [(who, *version) for who in (1, 2) for version in ((0, 5), (5, -1))]
    assert with_lateness(WHY, orders(*changed)) == WHY
    assert "Of 4 orders 2" in with_lateness(WHY, orders(*changed, (3, 5, -1), (4, 5, -1)))
