"""An answer that is heard of too late changes nothing, and stands on record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, select

from loyaltyloop.store.database import read
from loyaltyloop.store.inside.cohorts import visit
from loyaltyloop.turn.runner import tick
from tests.reference.staging import ingest, make_live, world
from tests.reference.state import Happening

START = datetime(2026, 3, 2, 10, tzinfo=UTC)
JOURNEY = """journey: j0
about: Listens for an hour.
enter: {event: Signed Up}
leave_when: {gone: {did: Order Completed}}
steps:
  - wait_for: answer
    up_to: 1 hour
    paths:
      looked: {when: {did: Product Viewed}}
      silent: {}
  - wait: 30 days
"""


def happened(name: str, at: datetime, arrived_at: datetime) -> Happening:
    return Happening(
        number=0, source="test", message_id=f"{name} {at}", type="track", name=name, user_id="u1",
        anonymous_id=None, previous_id=None, at=at, arrived_at=arrived_at, properties={},
    )  # fmt: skip


def test_a_late_answer_is_noted_and_rewrites_nothing(engine: Engine) -> None:
    make_live(engine, [JOURNEY], START - timedelta(days=1))
    stage = world(engine)
    ingest(engine, [happened("Signed Up", START, START)])
    tick(stage, START)
    silent_at = START + timedelta(hours=1, minutes=10)  # the time-out, and the shop's lateness
    tick(stage, silent_at)
    looked = START + timedelta(minutes=30)
    ingest(engine, [happened("Product Viewed", looked, silent_at + timedelta(minutes=1))])
    tick(stage, silent_at + timedelta(minutes=5))
    with read(engine) as connection:
        [seen] = connection.execute(select(visit).where(visit.c.step == "answer")).all()
    assert (seen.path, seen.left_at, seen.late_at) == ("silent", silent_at, looked)


def test_what_comes_after_the_time_out_is_no_late_answer(engine: Engine) -> None:
    make_live(engine, [JOURNEY], START - timedelta(days=1))
    stage = world(engine)
    ingest(engine, [happened("Signed Up", START, START)])
    tick(stage, START)
    tick(stage, START + timedelta(hours=2))
    after = START + timedelta(hours=1, minutes=1)
    ingest(engine, [happened("Product Viewed", after, START + timedelta(hours=3))])
    tick(stage, START + timedelta(hours=4))
    with read(engine) as connection:
        [seen] = connection.execute(select(visit).where(visit.c.step == "answer")).all()
    assert (seen.path, seen.late_at) == ("silent", None)
