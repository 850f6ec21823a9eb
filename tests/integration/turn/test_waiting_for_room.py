"""The queue: who waits for room, once and at no cost; what is done meanwhile counts."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select

from loyaltyloop.journey.admission import Candidate
from loyaltyloop.store.database import read, write
from loyaltyloop.store.inside.entries import queue_by_hand
from loyaltyloop.turn.enrolling import Enrolling
from tests.integration.turn.stage import Stage, utc
from tests.reference.staging import ENROLMENT

JOURNEY = """
journey: entered
about: Made up.
enter: {%s}
goal: {did: Order Completed}
steps:
  - wait: 9 days
"""
WAITS = ("queued", "waits for room")


def test_nobody_waits_twice_whom_each_check_finds_again(engine: Engine) -> None:
    enter = "when: {customer: {country: GB}}, check: hourly, again: after 30 days, at_most: 1 a day"
    stage = Stage(engine, JOURNEY % enter)
    stage.knows("ada", "ben", "cid", country="GB")
    stage.turns("03-02 10:00", "03-02 15:00")
    assert stage.entries() == [WAITS] * 2
    stage.turns("03-03 10:00", "03-03 12:00")
    assert stage.entries() == [WAITS]


def test_without_room_only_new_ones_are_judged(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[str] = []
    enrol = Enrolling.enrol

    def noting(self: Enrolling, connection: object, candidates: list[Candidate]) -> object:
        judged.extend(candidate.customer_key for candidate in candidates)
        return enrol(self, connection, candidates)  # type: ignore[arg-type]

    monkeypatch.setattr(Enrolling, "enrol", noting)
    stage = Stage(engine, JOURNEY % "event: Signed Up, at_most: 1 a day, max_age: 9 days")
    stage.knows("ada", "ben", "cid", "dan")
    for minute, who in enumerate(("ada", "ben", "cid")):
        stage.did(who, "Signed Up", f"03-02 10:0{minute}")
    found = []
    for now in ("03-02 11:00", "03-02 12:00", "03-02 13:00", "03-02 14:00", "03-03 10:00"):
        if now == "03-02 13:00":
            with write(engine) as connection:
                queue_by_hand(connection, "entered", ["dan"], "one", utc("03-02 12:30"))
        judged.clear()
        stage.turn(now)
        found.append(sorted(judged))
    assert found == [["ada", "ben", "cid"], [], ["dan"], [], ["ben", "cid", "dan"]]
    assert [who for who, _ in stage.ends()] == ["ada", "ben"]


def test_a_goal_reached_before_there_was_room(engine: Engine) -> None:
    stage = Stage(engine, JOURNEY % "event: Signed Up, at_most: 1 a day, max_age: 9 days")
    stage.knows("ada", "ben")
    stage.did("ada", "Signed Up", "03-02 10:00")
    stage.did("ben", "Signed Up", "03-02 10:01")
    stage.did("ben", "Order Completed", "03-02 10:30", order_id="1")
    for now in ("03-02 10:10", "03-02 12:00", "03-03 12:00"):
        stage.turn(now)
    with read(engine) as connection:
        goals = connection.execute(select(ENROLMENT.c.customer_key, ENROLMENT.c.goal_at))
        assert dict(map(tuple, goals)) == {"ada": None, "ben": utc("03-02 10:30")}


def test_a_birthday_waits_once_beside_who_is_started_by_hand(engine: Engine) -> None:
    """Each year its own entry, though a changed date gives no second one; whoever is first in the queue."""
    stage = Stage(engine, JOURNEY % "date: birthday, at_most: 1 a day, catch_up: 5 days, feb29: feb28")
    stage.knows("ada", "ben", birthday="1992-03-02")
    stage.knows("cid")
    stage.turn("03-01 22:00")
    with write(engine) as connection:
        queue_by_hand(connection, "entered", ["cid"], "one", utc("03-01 23:00"))
    stage.turn("03-02 10:00")
    stage.did("ben", "Product Viewed", "03-02 11:00")
    stage.turn("03-02 12:00")
    assert [who for who, _ in stage.ends()] == ["cid"]
    assert stage.entries() == [WAITS] * 2
    for now in ("03-03 10:00", "03-04 10:00", "03-05 10:00"):
        stage.turn(now)
    assert [who for who, _ in stage.ends()] == ["ada", "ben", "cid"]
    assert stage.entries() == []


@pytest.mark.parametrize(
    "enter",
    [
        "when: {customer: {country: GB}}, check: hourly",
        "date: birthday, feb29: feb28",
        'schedule: "0 9 * * *", to: {customer: {country: GB}}',
    ],
)
def test_a_restricted_turn_enters_no_more_than_its_limit(engine: Engine, enter: str) -> None:
    stage = Stage(engine, JOURNEY % enter)
    stage.knows("ada", "ben", "cid", country="GB", birthday="1992-03-02")
    stage.run("entered", "03-02 09:00", limit=2)
    assert [who for who, _ in stage.ends()] == ["ada", "ben"]
