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


# ── under which id ──


def not_sent(stage: Stage) -> bool:
    """Was Ada's message refused, then and for good?"""
    refused = [("ada", "hello", "refused", "consent to marketing by email was withdrawn")]
    then = stage.messages()
    stage.turn("03-02 12:00")
    return then == stage.messages() == refused


def test_a_withdrawal_under_an_id_that_turned_out_to_be_hers_just_before(engine: Engine) -> None:
    stage = signed_up(engine)

    def withdraws() -> None:
        stage.merged("ada", "phone", "03-02 10:00:01")
        stage.did("~phone", "Consent Withdrawn", "03-02 10:00:02", channel="email")

    deliver(stage, withdraws)
    assert not_sent(stage)


def test_a_withdrawal_under_an_id_that_turns_out_to_be_hers_just_afterwards(engine: Engine) -> None:
    stage = signed_up(engine)

    def withdraws() -> None:
        stage.did("~phone", "Consent Withdrawn", "03-02 10:00:01", channel="email")
        stage.merged("ada", "phone", "03-02 10:00:02")

    deliver(stage, withdraws)
    assert not_sent(stage)


def test_a_withdrawal_under_another_name_of_an_id_of_hers(engine: Engine) -> None:
    stage = signed_up(engine)
    stage.did("~tablet", "Product Viewed", "03-02 09:00")
    stage.also("phone", "tablet", "03-02 09:00")

    def withdraws() -> None:
        stage.also("ada", "phone", "03-02 10:00:01")
        stage.did("~tablet", "Unsubscribed", "03-02 10:00:02")

    deliver(stage, withdraws)
    assert not_sent(stage)


def test_a_withdrawal_long_ago_under_an_id_that_turns_out_to_be_hers(engine: Engine) -> None:
    stage = signed_up(engine)
    stage.did("~phone", "Consent Withdrawn", "03-01 10:00", channel="email")
    deliver(stage, lambda: stage.merged("ada", "phone", "03-02 10:00:01"))
    assert not_sent(stage)


def test_a_withdrawal_of_somebody_else_on_her_device_is_not_hers(engine: Engine) -> None:
    stage = signed_up(engine)
    stage.merged("ada", "phone", "03-01 10:00")
    stage.knows("bea")
    stage.did("bea", "Signed Up", "03-02 09:00")
    deliver(stage, lambda: stage.did("bea", "Unsubscribed", "03-02 10:00:01", device="phone"))
    assert stage.sent() == [("ada", "hello")]


def test_a_withdrawal_that_is_heard_of_after_a_later_consent(engine: Engine) -> None:
    stage = signed_up(engine)
    stage.did("ada", "Consent Granted", "03-02 09:00", channel="email")
    deliver(stage, lambda: stage.did("ada", "Unsubscribed", "03-02 08:00", arrived="03-02 10:00:01"))
    assert stage.sent() == [("ada", "hello")]
