"""What the gate asks of a call, and what a call counts for."""

from __future__ import annotations

import pytest

from loyaltyloop.turn.engine import open_turn
from tests.integration.channels.desk import Desk
from tests.integration.turn.calling import JOURNEY, LETTER, Make
from tests.integration.turn.stage import utc


def test_the_gate_of_a_call(stage_of: Make, help_desk: Desk) -> None:
    stage = stage_of(JOURNEY, shop='quiet_hours: {from: "00:00", to: "23:59"}\n'
        "hold_while: {service: {customer: {open_cases: {over: -1}}}}\n")  # fmt: skip
    stage.knows("ada", "ben", "eve", consent=False)
    for who in ("ada", "ben", "eve"):
        stage.did(who, "Complained", "03-02 09:00")
    stage.did("ben", "Preference Updated", "03-02 09:00", often="pause", paused_until="2027-01-01")
    help_desk.status = 503
    stage.turn("03-02 10:00")
    stage.did("eve", "Praised", "03-02 10:30")
    help_desk.status = 200
    stage.turn("03-02 11:00")
    assert stage.messages("tell") == [
        ("ada", "tell", "handed_over", ""),
        ("ben", "tell", "handed_over", ""),
        ("eve", "tell", "refused", "the enrolment has ended: glad"),
    ]


@pytest.mark.parametrize(
    ("consents", "refused"),
    [
        ((), "no consent to marketing by any channel"),
        (("email",), ""),
        (("sms",), ""),
        (("email", "-email"), "no consent to marketing by any channel"),
        (("email", "sms", "-email"), ""),
    ],
)
def test_in_marketing_only_those_are_called_for_who_consent_to_it(
    stage_of: Make, help_desk: Desk, consents: tuple[str, ...], refused: str
) -> None:
    stage = stage_of(JOURNEY.replace("purpose: service", "purpose: marketing"))
    stage.knows("ada", consent=False)
    for number, channel in enumerate(consents):
        name = "Consent Withdrawn" if channel[0] == "-" else "Consent Granted"
        stage.did("ada", name, f"03-02 08:0{number}", channel=channel.removeprefix("-"))
    stage.did("ada", "Complained", "03-02 09:00")
    stage.turn("03-02 10:00")
    state = "refused" if refused else "handed_over"
    assert stage.messages("tell") == [("ada", "tell", state, refused)]
    assert len(help_desk.calls) == (0 if refused else 1)


def test_a_withdrawal_on_record_counts_before_it_is_applied(stage_of: Make, help_desk: Desk) -> None:
    stage = stage_of(JOURNEY.replace("purpose: service", "purpose: marketing"))
    stage.knows("ada")
    stage.did("ada", "Complained", "03-02 09:00")
    help_desk.status = 503
    stage.run("unhappy", "03-02 10:00")
    with open_turn(stage.world, "unhappy", utc("03-02 11:00")) as turn:
        for each in turn.stages:
            if each.kind == "deliver":
                stage.did("ada", "Consent Withdrawn", "03-02 12:00", channel="email")
            turn.run(each)
    assert stage.messages("tell") == [("ada", "tell", "refused", "no consent to marketing by any channel")]
    assert len(help_desk.calls) == 1


def test_calls_count_neither_as_messages_received_nor_for_who_wants_few(
    stage_of: Make, help_desk: Desk
) -> None:
    calling = JOURNEY.replace("purpose: service", "purpose: marketing").partition("      - send")[0]
    asking = """
        journey: asking
        about: Whoever has heard from the other journey.
        purpose: service
        enter: {event: Asked, if: {received: unhappy}}
        steps:
          - send: heard
            template: test/hello
    """
    stage = stage_of(calling, asking, LETTER.replace("purpose: service", "purpose: marketing"))
    stage.knows("ada")
    stage.did("ada", "Preference Updated", "03-02 08:00", often="less")
    stage.did("ada", "Complained", "03-02 09:00")
    stage.turn("03-02 10:00")
    stage.did("ada", "Asked", "03-02 11:00")
    stage.turn("03-02 12:00")
    assert stage.sent() == [("ada", "letter"), ("ada", "tell")]
