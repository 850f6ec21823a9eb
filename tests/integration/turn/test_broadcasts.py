"""Broadcasts: when they are sent, and when not any more."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from loyaltyloop.journey.reading.reader import read_project
from loyaltyloop.store.live.changes import apply
from tests.integration.turn.stage import DAYTIME, Stage, utc

BROADCAST = """
journey: broadcast
about: Made up.
enter: {schedule: "%s", to: {customer: {country: GB}}, again: always}
steps:
  - leave: done
"""


def applied(engine: Engine, at: str) -> Stage:
    """A shop where somebody is known, whose broadcast each day at 9 is applied only then."""
    stage = Stage(engine)
    stage.knows("ada", country="GB")
    files: dict[str, str | bytes] = {"journeys/shop.yaml": DAYTIME}
    apply(engine, read_project({**files, "journeys/b.yaml": BROADCAST % "0 9 * * *"}), utc(at))
    return stage


def test_applied_in_the_afternoon_it_begins_the_next_morning(engine: Engine) -> None:
    stage = applied(engine, "03-02 15:00")
    stage.turn("03-02 15:05")
    assert stage.ends() == []
    stage.turn("03-03 09:00")
    assert stage.ends() == [("ada", "left: done")]


@pytest.mark.parametrize(("now", "sent"), [("03-02 09:30", 1), ("03-02 15:00", 0)])
def test_a_walk_through_the_past_begins_with_its_own_hour(engine: Engine, now: str, sent: int) -> None:
    stage = applied(engine, "2026-11-01 12:00")
    stage.turn(now)
    assert len(stage.ends()) == sent


def test_a_broadcast_that_comes_back_begins_the_next_morning(engine: Engine) -> None:
    text = BROADCAST % "0 9 * * *"
    stage = Stage(engine, text)
    stage.knows("ada", country="GB")
    stage.turn("03-01 10:00")
    assert stage.ends() == [("ada", "left: done")]
    stage.apply("03-01 10:30")
    stage.turn("03-02 08:00")
    stage.apply("03-02 12:00", text)
    stage.turn("03-02 12:15")
    assert stage.ends() == [("ada", "left: done")]
    stage.turn("03-03 09:00")
    assert stage.ends() == [("ada", "left: done")] * 2


def test_every_second_week(engine: Engine) -> None:
    stage = Stage(engine, BROADCAST % "DTSTART:20260105T090000 RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO")
    stage.knows("ada", country="GB")
    sent = []
    for day in ("02", "09", "16", "23"):
        stage.turn(f"03-{day} 09:00")
        sent.append(len(stage.ends()))
    assert sent == [1, 1, 2, 2]
