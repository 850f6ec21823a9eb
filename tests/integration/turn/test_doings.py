"""What steps do to customers, and what is done however an enrolment ends."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from loyaltyloop.store.database import write
from loyaltyloop.store.live.pausing import pause, resume
from loyaltyloop.store.models import Consent
from tests.integration.store.shop import rows
from tests.integration.turn.stage import Stage, utc

ENDING = """\
journey: ending
about: Ends in many ways.
enter: {event: Signed Up, again: always, while_inside: restart}
leave_when: {bought: {did: Order Completed}}
steps:
  - branch: who
    paths:
      at_once: {when: {trigger: {plan: now}}, steps: [{leave: at_once}]}
      later: {}
  - wait: 2 days
at_end:
  - set: {tags: {add: [out], remove: [inside]}}
"""


@pytest.mark.parametrize(
    ("way", "end"),
    [
        ("completed", "completed"),
        ("a leave step", "left: at_once"),
        ("leave_when", "left: bought"),
        ("restarted", "left: restarted"),
        ("expired", "left: expired"),
    ],
)
def test_at_end_runs_however_it_ends(engine: Engine, way: str, end: str) -> None:
    stage = Stage(engine, ENDING)
    stage.knows("ada", "ben", tags=["inside"])
    stage.did("ada", "Signed Up", "03-02 10:00", plan="now" if way == "a leave step" else "later")
    stage.turn("03-02 10:00")
    if way == "leave_when":
        stage.did("ada", "Order Completed", "03-03 10:00", order_id="1")
    if way == "restarted":
        stage.did("ada", "Signed Up", "03-03 10:00")
    if way == "expired":
        _stand_still(stage)
    stage.turn("03-04 09:00" if way == "restarted" else "03-04 12:00")
    assert [found for _, found in stage.ends()][:1] == [end]
    assert stage.tags() == {"ada": ["out"], "ben": ["inside"]}


def _stand_still(stage: Stage) -> None:
    with write(stage.engine) as connection:
        pause(connection, "ending", utc("03-02 11:00"))
        resume(connection, "ending", "expire", utc("03-04 11:00"))


def test_at_end_runs_for_whoever_leaves_by_a_merge(engine: Engine) -> None:
    stage = Stage(engine, ENDING)
    stage.did("~tablet", "Signed Up", "03-02 10:00")
    stage.did("ada", "Signed Up", "03-02 11:00")
    stage.turn("03-02 12:00")
    stage.merged("ada", "tablet", "03-03 09:00")
    stage.turn("03-03 10:00")
    assert stage.ends() == [("ada", "left: merged"), ("tablet", "waiting at who.wait")]
    assert list(stage.tags().values()) == [["out"]]


def test_set_changes_the_customer_and_can_withdraw(engine: Engine) -> None:
    text = """\
    journey: setting
    about: Sets this and that.
    enter: {event: Signed Up}
    steps:
      - set: {plan: gold, tags: {add: [vip], remove: [newcomer]}}
      - branch: seen
        paths:
          gold: {when: {customer: {plan: gold, tags: {has: vip}}}, steps: [{set: {seen: true}}]}
          other: {}
      - set: {consent: {email: withdraw}}
      - send: hello
        template: test/hello
    """
    stage = Stage(engine, text)
    stage.knows("ada", tags=["newcomer"])
    stage.did("ada", "Signed Up", "03-02 10:00")
    stage.turn("03-02 10:00")
    assert stage.tags() == {"ada": ["vip"]}
    [answer] = rows(engine, Consent)
    assert (answer.channel, answer.purpose, answer.given) == ("email", "marketing", False)
    assert answer.at.replace(microsecond=0) == utc("03-02 10:00"), (
        "the turn's now; the step's place behind it"
    )
    assert stage.messages() == [("ada", "hello", "refused", "no consent to marketing by email")]
    stage.turn("03-02 11:00")
    assert len(stage.dump()["event"]) == 6, "set once: two calls known, one signed up, three set"


def test_start_enters_the_other_journey_once(engine: Engine) -> None:
    first = """\
    journey: first
    about: Starts the other.
    priority: 60
    enter: {event: Signed Up}
    steps:
      - start: other
      - wait: 2 days
    """
    other = """\
    journey: other
    about: Started.
    enter: {manual: true}
    steps:
      - send: hello
        template: test/hello
    """
    stage = Stage(engine, first, other)
    stage.knows("ada")
    stage.did("ada", "Signed Up", "03-02 10:00")
    for now in ("03-02 10:00", "03-02 11:00", "03-02 12:00"):
        stage.turn(now)
    assert stage.sent() == [("ada", "hello")]
    assert stage.ends("other") == [("ada", "completed")]
    assert stage.ends("first") == [("ada", "waiting at enter.wait")]
