"""Predictions on record: every change from what was known to what is, and whom it touches."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from loyaltyloop.journey.conditions.comparisons import passes
from loyaltyloop.journey.conditions.condition import Between, Compare, Known, Test
from loyaltyloop.store.database import read, write_shop
from loyaltyloop.store.predictions.predicted import customer, noted, prediction, touch, write
from tests.integration.scores.conftest import customer as row

FIRST, SECOND = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 2, tzinfo=UTC)
NUMBERS = (None, 0.0, 0.5, 0.51, 1.0)
CHANGES = dict(enumerate(product(NUMBERS, NUMBERS), start=1))  # customer → before and after
TESTS: tuple[Test, ...] = (
    (Compare("over", Decimal("0.5")),),
    (Compare("is", 1),),
    (Between(0, Decimal("0.5")),),
    (Known(False),),
    (Compare("not", Decimal("0.51")),),
)


def no_instant(_: Any) -> datetime:
    raise AssertionError("a number is no instant")


def moves(test: Test, before: float | None, after: float | None) -> bool:
    return passes(test, before, no_instant) != passes(test, after, no_instant)


@pytest.mark.parametrize("count", [0, 5])
def test_only_differences_are_written_and_only_who_is_moved_is_touched(engine: Engine, count: int) -> None:
    gone = max(CHANGES) + 1
    with write_shop(engine) as connection:
        people = [row(who, "GB") for who in (*CHANGES, gone)]
        connection.execute(insert(customer), people)
        connection.execute(customer.update().where(customer.c.id == gone).values(erased_at=FIRST))
        write(connection, "value", [(who, 7.0) for who in CHANGES], (), (FIRST, 1))
        write(connection, "lapse", [(who, old) for who, (old, _) in CHANGES.items()], (), (FIRST, 1))
    for tests in (TESTS[:count], TESTS[:count]):  # the second time nothing is new
        with write_shop(engine) as connection:
            said = [(who, new) for who, (_, new) in CHANGES.items()]
            write(connection, "lapse", [*said, (gone, 0.9), (gone + 1, 0.9)], tests, (SECOND, 2))
    with read(engine) as connection:
        mine = select(prediction).where(prediction.c.model == "lapse").order_by(prediction.c.customer_id)
        kept = {one.customer_id: (one.value, one.as_of, one.version) for one in connection.execute(mine)}
        touched = list(
            connection.execute(select(touch.c.customer_id).order_by(touch.c.customer_id)).scalars()
        )
        other = connection.execute(select(prediction.c.value).where(prediction.c.model == "value")).scalars()
        assert set(other) == {7.0}
        assert noted(connection, "lapse") is None
    assert kept == {
        who: (new, FIRST, 1) if old == new else (new, SECOND, 2)
        for who, (old, new) in CHANGES.items()
        if new is not None
    }
    assert touched == [
        who for who, (old, new) in CHANGES.items() if any(moves(test, old, new) for test in TESTS[:count])
    ]
