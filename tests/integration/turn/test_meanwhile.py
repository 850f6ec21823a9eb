"""Customers who change while a chunk of theirs is at work."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from loyaltyloop.steps import planning
from loyaltyloop.steps import wait as waits
from loyaltyloop.steps.stand import Stand
from loyaltyloop.store.database import write_beside
from loyaltyloop.store.inside.cohorts import cohort, enrolment, mark, move, take
from loyaltyloop.store.models import Enrolment
from loyaltyloop.turn.engine import open_turn
from tests.integration.store.shop import rows
from tests.integration.turn.meanwhile import merging
from tests.integration.turn.stage import Stage, utc

WAITING = """\
journey: waiting
about: Waits twice.
enter: {event: Signed Up}
leave_when: {gone: {did: Left}}
steps:
  - wait: 2 days
  - wait: 5 days
"""


def test_zone_that_changes_after_the_zones_were_read(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(engine, WAITING)
    stage.knows("ada", timezone="Asia/Tokyo")
    stage.did("ada", "Signed Up", "03-02 10:00")
    monkeypatch.setattr(Stand, "zones", lambda _: ["America/New_York"])
    stage.turn("03-02 10:00")
    stage.turn("03-04 10:00")
    assert stage.ends() == [("ada", "waiting at enter.wait.2")]


def test_message_of_somebody_who_merges_while_it_is_planned(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(engine, WAITING.replace("- wait: 2 days", "- send: hello\n    template: test/hello"))
    stage.knows("ada")
    stage.did("~tablet", "Signed Up", "03-02 10:00")
    merge = merging(stage, "03-02 10:00")
    monkeypatch.setattr(planning, "_insert", merge.before(planning._insert))
    with open_turn(stage.world, "waiting", utc("03-02 10:00")) as turn:
        for one in turn.stages:
            if one.kind == "deliver":
                merge.end()
            turn.run(one)
    assert stage.messages() == [("tablet", "hello", "handed_over", "")]


def test_merged_while_waiting_begins(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(engine, WAITING + "at_end:\n  - set: {tags: {add: [out]}}\n")
    stage.knows("ada")
    stage.did("ada", "Signed Up", "03-02 09:00")
    stage.turn("03-02 09:00")
    stage.did("~tablet", "Signed Up", "03-02 10:00")
    merge = merging(stage, "03-02 10:00")
    monkeypatch.setattr(waits, "wait_for_duration", merge.before(waits.wait_for_duration))
    stage.turn("03-02 10:00")
    merge.end()
    stage.turn("03-02 11:00")
    assert stage.ends() == [("ada", "waiting at enter.wait"), ("tablet", "left: merged")]
    assert [one.state for one in rows(engine, Enrolment)] == ["waiting", "ended"]
    assert stage.tags() == {"ada": ["out"]}


def test_merged_while_moving(engine: Engine) -> None:
    stage = Stage(engine, WAITING)
    stage.knows("ada")
    stage.did("ada", "Signed Up", "03-02 09:00")
    stage.did("~tablet", "Signed Up", "03-02 10:00")
    stage.turn("03-02 10:00")
    merge = merging(stage, "03-03 10:00")
    with write_beside(engine) as connection:
        take(connection, enrolment.c.customer_key == "tablet", None)
        mark(connection, cohort.c.id > 0, path="", why="waited")
        move(connection, utc("03-04 10:00"), {"": "enter.wait.2"})
        merge.begin()
    merge.end()
    assert stage.ends() == [("ada", "waiting at enter.wait"), ("tablet", "left: merged")]


def test_merge_that_arrives_in_front_of_a_set(engine: Engine) -> None:
    stage = Stage(engine, WAITING.replace("wait: 2 days", "set: {tags: {add: [inside]}}"))
    stage.knows("ada", "ben")
    for who in ("~tablet", "ada", "ben"):
        stage.did(who, "Signed Up", "03-02 10:00")
    with open_turn(stage.world, "waiting", utc("03-02 10:00")) as turn:
        for one in turn.stages:
            if one.verb == "set":
                stage.merged("ada", "tablet", "03-02 10:00")
            turn.run(one)
    assert stage.tags() == {"ada": ["inside"], "ben": ["inside"]}
    assert stage.ends() == [
        ("ada", "waiting at enter.wait"),
        ("ben", "waiting at enter.wait"),
        ("tablet", "left: merged"),
    ]
