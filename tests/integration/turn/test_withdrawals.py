"""Whoever has withdrawn consent is written to no more: at any time, under any id."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import Engine

from loyaltyloop.turn.engine import open_turn
from loyaltyloop.turn.runner import run_turn
from tests.integration.turn.stage import Stage, utc

GREETING = """
    journey: greeting
    about: One message.
    enter: {event: Signed Up}
    leave_when: {gone: {did: Left}}
    steps:
      - send: hello
        template: test/hello
"""


def signed_up(engine: Engine) -> Stage:
    """Ada, who consented long ago, has signed up."""
    stage = Stage(engine, GREETING)
    stage.knows("ada")
    stage.did("ada", "Signed Up", "03-02 09:00")
    return stage


def deliver(stage: Stage, meanwhile: Callable[[], object]) -> None:
    """A turn at 10:00 in which this happens before messages are delivered."""
    with open_turn(stage.world, "greeting", utc("03-02 10:00")) as turn:
        for each in turn.stages:
            if each.kind == "deliver":
                meanwhile()
            turn.run(each)


def test_a_consent_from_a_clock_that_runs_ahead_does_not_outlast_a_withdrawal(engine: Engine) -> None:
    stage = Stage(engine, GREETING)
    stage.knows("ada", consent=False)
    stage.did("ada", "Consent Granted", "03-02 10:09", arrived="03-02 10:00", channel="email")
    stage.did("ada", "Signed Up", "03-02 10:00")
    stage.did("ada", "Unsubscribed", "03-02 10:01")
    stage.turn("03-02 10:05")
    assert stage.messages() == [("ada", "hello", "refused", "no consent to marketing by email")]


def test_a_withdrawal_that_is_committed_during_the_turn_counts(engine: Engine) -> None:
    stage = signed_up(engine)
    deliver(stage, lambda: stage.did("ada", "Consent Withdrawn", "03-02 10:03", channel="email"))
    [(_, _, state, reason)] = stage.messages()
    assert (state, reason) == ("refused", "consent to marketing by email was withdrawn")


def test_a_withdrawal_between_the_opening_and_the_first_stage_counts(engine: Engine) -> None:
    stage = signed_up(engine)
    with open_turn(stage.world, "greeting", utc("03-02 10:00")) as turn:
        stage.did("ada", "Unsubscribed", "03-02 10:00:02")
        for each in turn.stages:
            turn.run(each)
    assert stage.sent() == []


def test_in_a_turn_at_the_present_every_withdrawal_on_record_counts(engine: Engine) -> None:
    """Between asking the clock and opening the turn, or by a clock that runs ahead."""
    stage = signed_up(engine)
    stage.did("ada", "Unsubscribed", "03-02 10:00:02")
    present = replace(stage.world, clock=lambda: utc("03-02 10:00"))
    run_turn(present, "greeting", utc("03-02 10:00"))
    assert stage.sent() == []


def test_a_withdrawal_of_a_history_that_is_walked_has_not_happened_yet(engine: Engine) -> None:
    stage = signed_up(engine)
    stage.did("ada", "Consent Withdrawn", "03-05 10:00", channel="email")
    stage.run("greeting", "03-02 10:00")
    assert stage.sent() == [("ada", "hello")]
