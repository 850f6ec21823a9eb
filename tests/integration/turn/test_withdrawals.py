"""Whoever has withdrawn consent is written to no more: at any time, under any id."""

from __future__ import annotations

from sqlalchemy import Engine

from tests.integration.turn.stage import Stage

GREETING = """
    journey: greeting
    about: One message.
    enter: {event: Signed Up}
    leave_when: {gone: {did: Left}}
    steps:
      - send: hello
        template: test/hello
"""


def test_a_consent_from_a_clock_that_runs_ahead_does_not_outlast_a_withdrawal(engine: Engine) -> None:
    stage = Stage(engine, GREETING)
    stage.knows("ada", consent=False)
    stage.did("ada", "Consent Granted", "03-02 10:09", arrived="03-02 10:00", channel="email")
    stage.did("ada", "Signed Up", "03-02 10:00")
    stage.did("ada", "Unsubscribed", "03-02 10:01")
    stage.turn("03-02 10:05")
    assert stage.messages() == [("ada", "hello", "refused", "no consent to marketing by email")]
