"""A training reads what no turn has read yet; nothing that it applies ends before it began."""

from __future__ import annotations

from sqlalchemy import Engine, Table, select

from loyaltyloop.scores.training.training import train
from loyaltyloop.store.database import read
from loyaltyloop.store.models import Enrolment
from tests.integration.turn.stage import Stage, utc

enrolment: Table = Enrolment.__table__  # type: ignore[attr-defined]
GREET = """
    journey: greet
    about: Both sign up, one after the other.
    enter: {event: Signed Up}
    steps:
      - wait: 60 days
      - send: hello
        template: test/hello
"""


def test_as_of_a_day_before_the_last_turn(engine: Engine) -> None:
    """That both are one is told after the turns, of a time before them: it holds from the last turn on."""
    stage = Stage(engine, GREET)
    stage.knows("ada", "~tablet", at="2026-02-01 00:00")
    stage.did("ada", "Signed Up", "2026-02-05 08:00")
    stage.turn("2026-02-05 09:00")
    stage.did("~tablet", "Signed Up", "2026-02-20 08:00")
    stage.turn("2026-02-20 09:00")
    stage.merged("ada", "tablet", "2026-02-03 09:00")
    train(engine, "lapse", utc("2026-02-10 00:00"))
    with read(engine) as connection:
        spans = list(connection.execute(select(enrolment.c.entered_at, enrolment.c.ended_at)))
    ended = [row for row in spans if row.ended_at]
    assert len(spans) == 2
    assert [row.ended_at for row in ended] == [utc("2026-02-20 09:00")]
    assert all(row.entered_at <= row.ended_at for row in ended)
