"""The audits of caps and copies find what was planted, exactly that, and nothing where promises were kept."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, update

from loyaltyloop.store.audits import caps, copies
from loyaltyloop.store.database import read, write
from loyaltyloop.store.live.versions import load_shop
from loyaltyloop.store.models import Message
from tests.integration.store.shop import rows
from tests.integration.turn.stage import Stage, utc
from tests.integration.turn.test_caps import LETTER, shop
from tests.reference.staging import MESSAGE


def _found(engine: Engine) -> list[str]:
    with read(engine) as connection:
        live = load_shop(connection)
        audits = (caps.AUDIT, copies.AUDIT)
        return [one.key for audit in audits for one in audit.find(connection, live, utc("04-01 00:00"))]


def _move(engine: Engine, key: str, at: datetime) -> None:
    with write(engine) as connection:
        connection.execute(update(MESSAGE).where(MESSAGE.c.key == key).values(handed_over_at=at))


@pytest.mark.parametrize(
    ("cap", "zone", "hours", "breach"),
    [
        ("2 in 7 days", "UTC", 1, True),
        ("2 in 7 days", "UTC", 0, False),
        ("2 a week", "Pacific/Auckland", 37, False),  # back to Monday 00:00 there
        ("2 a week", "Pacific/Auckland", 38, True),
        ("2 in 168 hours", "UTC", 1, True),
        ("2 a month", "UTC", 200, False),
    ],
)
def test_a_planted_breach_of_a_cap(engine: Engine, cap: str, zone: str, hours: int, breach: bool) -> None:
    """Two left on a Tuesday and a Thursday, and one when there was room again: it is moved back."""
    stage = Stage(engine, LETTER, shop=shop(f"at_most: {cap}"))
    stage.knows("ada", timezone=zone)
    last = {"2 a week": "03-10 00:00", "2 a month": "04-09 08:00"}.get(cap, "03-10 09:00")
    for at in ("03-03 09:00", "03-05 09:00", last):
        stage.did("ada", "Asked", at)
        stage.turn(at)
    left = sorted(
        (row for row in rows(engine, Message) if row.handed_over_at), key=lambda r: r.handed_over_at
    )
    assert len(left) == 3 and _found(engine) == []
    _move(engine, left[-1].key, left[-1].handed_over_at - timedelta(hours=hours))
    assert _found(engine) == ([left[-1].key] if breach else [])


def test_each_is_judged_by_the_caps_of_its_time(engine: Engine) -> None:
    stage = Stage(engine, LETTER, shop=shop("at_most: 3 a week"))
    stage.knows("ada")
    for day in ("02", "03", "04"):
        stage.did("ada", "Asked", f"03-{day} 09:00")
        stage.turn(f"03-{day} 09:00")
    stage.apply("03-04 10:00", LETTER, shop=shop("at_most: 1 a week"))
    stage.did("ada", "Asked", "03-05 09:00")
    stage.turn("03-05 09:00")
    assert len(stage.sent()) == 3 and _found(engine) == []


def test_a_planted_second_copy(engine: Engine) -> None:
    """It left the next day where its reader lives, and is moved to the evening before."""
    stage = Stage(engine, LETTER, shop=shop("at_most: 9 a day"))
    for who in ("ada", "ben"):
        stage.knows(who, email="home@example.com", timezone="America/New_York")
    stage.did("ada", "Asked", "03-02 12:00")
    stage.turn("03-02 12:00")
    stage.did("ben", "Asked", "03-03 05:00")
    stage.turn("03-03 05:00")
    first, second = sorted(rows(engine, Message), key=lambda row: row.handed_over_at)
    assert _found(engine) == []
    _move(engine, second.key, utc("03-03 04:59"))
    assert _found(engine) == [second.key]
    _move(engine, first.key, utc("03-03 04:59:30"))
    assert _found(engine) == [first.key]
