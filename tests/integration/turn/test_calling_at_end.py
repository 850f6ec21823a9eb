"""Calls of `at_end`, however an enrolment ends, and after edits."""

from __future__ import annotations

from loyaltyloop.turn.runner import run_turn
from tests.integration.channels.desk import Desk
from tests.integration.turn.calling import JOURNEY, Make
from tests.integration.turn.stage import utc

ENDING = """
    journey: ending
    about: However it ends, somebody is told.
    purpose: service
    enter: {event: Complained, if: {not: {customer: {plan: none}}}}
    leave_when: {glad: {did: Praised}}
    goal: {did: Praised, within: 9 days}
    steps:
      - wait: 2 days
      - branch: asked
        paths:
          left: {when: {customer: {plan: away}}, steps: [{leave: away}]}
          stays: {}
    at_end:
      - set: {tags: {add: [through]}}
      - call: over
        hook: help_desk
        if: {not: {customer: {plan: quiet}}}
"""


def test_a_call_at_the_end_is_made_however_it_ends(stage_of: Make, help_desk: Desk) -> None:
    stage = stage_of(ENDING)
    stage.knows("ada", "eve")
    stage.knows("ben", plan="away")
    stage.knows("una", plan="quiet")
    for who in ("ada", "ben", "eve", "una"):
        stage.did(who, "Complained", "03-02 09:00")
    stage.turn("03-02 10:00")
    stage.did("eve", "Praised", "03-02 11:00")
    report = run_turn(stage.world, "ending", utc("03-02 12:00"))
    assert {row.stage: row.people for row in report.rows if row.people}["deliver messages"] == 1
    assert stage.messages() == [("eve", "over", "handed_over", "")]
    stage.turn("03-04 10:00")
    assert stage.sent() == [("ada", "over"), ("ben", "over"), ("eve", "over")]
    assert [one["data"]["step"] for one in help_desk.documents] == ["over"] * 3
    assert stage.ends() == [
        ("ada", "completed"), ("ben", "left: away"), ("eve", "left: glad"), ("una", "completed"),
    ]  # fmt: skip
    assert set(map(tuple, stage.tags().values())) == {("through",)}


def test_a_call_at_the_end_is_tried_again_behind_the_end_and_through_edits(
    stage_of: Make, help_desk: Desk
) -> None:
    stage = stage_of(ENDING)
    stage.knows("ada")
    stage.did("ada", "Complained", "03-02 09:00")
    help_desk.status = 503
    stage.turn("03-02 10:00")
    stage.turn("03-04 10:00")
    assert stage.messages() == [("ada", "over", "held", "the hook does not take it now (503)")]
    edited = ENDING.replace("call: over", "call: finished\n        was: over").replace("2 days", "3 days")
    stage.reapply("03-04 10:30", edited, url=help_desk.url)
    help_desk.status = 200
    stage.turn("03-04 11:00")
    assert [(who, state) for who, _, state, _ in stage.messages()] == [("ada", "handed_over")]


def test_who_is_held_out_is_not_called_for(stage_of: Make, help_desk: Desk) -> None:
    held = ENDING.replace("purpose: service", "purpose: marketing\n    holdout: 100%")
    stage = stage_of(held)
    stage.knows("ada")
    stage.did("ada", "Complained", "03-02 09:00")
    stage.turn("03-02 10:00")
    stage.turn("03-05 10:00")
    assert (stage.messages(), help_desk.calls) == ([], [])


def test_an_address_that_was_corrected_is_called_at_the_next_try(stage_of: Make, help_desk: Desk) -> None:
    stage = stage_of(url="http://127.0.0.1:1/x")
    stage.knows("ada")
    stage.did("ada", "Complained", "03-02 09:00")
    stage.turn("03-02 10:00")
    assert stage.messages()[0][2:] == ("held", "no answer from http://127.0.0.1:1 (ConnectError)")
    stage.reapply("03-02 10:30", JOURNEY, url=help_desk.url)
    stage.turn("03-02 11:00")
    assert ("ada", "tell") in stage.sent()
