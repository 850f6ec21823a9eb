"""Nothing goes to an address that bounced for good, whose reader complained, or that was named by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from loyaltyloop.store.consents import suppression
from loyaltyloop.store.consents.fingerprints import fingerprint
from loyaltyloop.store.database import read, write_shop
from loyaltyloop.store.events.apply import apply_events
from loyaltyloop.store.models import Suppression
from loyaltyloop.store.privacy.erasing import erase
from loyaltyloop.store.privacy.export import export
from loyaltyloop.store.privacy.subject import subject_named
from loyaltyloop.store.segment import PUBLIC
from loyaltyloop.turn.engine import open_turn
from tests.integration.store.shop import SHOP, rows
from tests.integration.turn.stage import Stage, utc
from tests.reference.staging import MESSAGE

GREETING = """
    journey: greeting
    about: Each sign-up is greeted.
    purpose: PURPOSE
    enter: {event: Signed Up, again: always, while_inside: alongside}
    leave_when: {gone: {did: Left}}
    steps:
      - send: hello
        template: test/hello
"""
BOUNCED = "suppressed: hard bounce"
COMPLAINED = "suppressed: complaint"


def staged(engine: Engine, purpose: str = "service") -> Stage:
    """Ada and Bea have one mailbox; both were greeted. (Of marketing one copy goes there.)"""
    stage = Stage(engine, GREETING.replace("PURPOSE", purpose))
    stage.knows("ada", email="us@example.com")
    stage.knows("bea", email=" US@example.com")
    greet(stage, "03-02")
    assert stage.sent() == [("ada", "hello"), ("bea", "hello")]
    return stage


def greet(stage: Stage, day: str) -> None:
    for who in ("ada", "bea"):
        stage.did(who, "Signed Up", f"{day} 09:00")
    stage.turn(f"{day} 10:00")


def told(stage: Stage, who: str, name: str, at: str, **more: str) -> None:
    """Of the first message that this customer was sent."""
    key = next(key for person, key in keys(stage) if person == who)
    stage.did(who, name, at, email_id=key, **more)


def keys(stage: Stage) -> list[tuple[str, str]]:
    """(customer, key) of messages, in the order in which they were decided."""
    with read(stage.engine) as connection:
        found = select(MESSAGE.c.to, MESSAGE.c.key, MESSAGE.c.customer_id).order_by(MESSAGE.c.id)
        names = {1: "ada", 2: "bea"}
        return [(names[row.customer_id], row.key) for row in connection.execute(found)]


def refusals(stage: Stage) -> list[tuple[str, str]]:
    return [(who, reason) for who, _, state, reason in stage.messages() if state == "refused"]


def test_a_hard_bounce_stops_every_purpose_for_all_who_have_the_address(engine: Engine) -> None:
    stage = staged(engine, "transactional")
    told(stage, "ada", "Email Bounced", "03-02 11:00", type="hard")
    greet(stage, "03-03")
    assert refusals(stage) == [("ada", BOUNCED), ("bea", BOUNCED)]


def test_a_soft_bounce_stops_nothing(engine: Engine) -> None:
    stage = staged(engine)
    told(stage, "ada", "Email Bounced", "03-02 11:00", type="soft")
    greet(stage, "03-03")
    assert refusals(stage) == []


def test_a_new_address_is_free(engine: Engine) -> None:
    stage = staged(engine)
    told(stage, "ada", "Email Bounced", "03-02 11:00", type="hard")
    stage.knows("ada", at="03-02 12:00", consent=False, email="ada@example.com")
    greet(stage, "03-03")
    assert refusals(stage) == [("bea", BOUNCED)]


def test_a_bounce_is_of_the_address_that_the_message_went_to(engine: Engine) -> None:
    stage = staged(engine)
    stage.knows("ada", at="03-02 12:00", consent=False, email="ada@example.com")
    stage.turn("03-02 13:00")
    told(stage, "ada", "Email Bounced", "03-02 14:00", type="hard")
    greet(stage, "03-03")
    assert refusals(stage) == [("bea", BOUNCED)]


def test_a_complaint_stops_service_and_marketing_until_its_reader_agrees_anew(engine: Engine) -> None:
    stage = staged(engine)
    told(stage, "ada", "Email Marked as Spam", "03-02 11:00")
    greet(stage, "03-03")
    assert refusals(stage) == [("ada", COMPLAINED), ("bea", COMPLAINED)]
    stage.did("ada", "Consent Granted", "03-04 09:00", channel="email")
    greet(stage, "03-04")
    assert refusals(stage).count(("bea", COMPLAINED)) == 2
    assert stage.sent().count(("ada", "hello")) == 1  # the first is `complained`, this one left


@pytest.mark.parametrize(
    ("purpose", "refused"),
    [("service", [("ada", COMPLAINED), ("bea", COMPLAINED)]), ("transactional", [])],
)
def test_a_complaint_says_nothing_of_transactional_messages(
    engine: Engine, purpose: str, refused: list[tuple[str, str]]
) -> None:
    stage = staged(engine, purpose)
    told(stage, "ada", "Email Marked as Spam", "03-02 11:00")
    greet(stage, "03-03")
    assert refusals(stage) == refused


def test_an_opt_in_does_not_lift_a_hard_bounce(engine: Engine) -> None:
    stage = staged(engine)
    told(stage, "ada", "Email Bounced", "03-02 11:00", type="hard")
    stage.did("ada", "Consent Granted", "03-02 12:00", channel="email")
    greet(stage, "03-03")
    assert refusals(stage) == [("ada", BOUNCED), ("bea", BOUNCED)]


def test_what_is_committed_and_not_applied_counts_at_the_claim(engine: Engine) -> None:
    stage = staged(engine)
    for who in ("ada", "bea"):
        stage.did(who, "Signed Up", "03-03 09:00")
    with open_turn(stage.world, "greeting", utc("03-03 10:00")) as turn:
        for each in turn.stages:
            if each.kind == "deliver":
                told(stage, "ada", "Email Bounced", "03-03 10:01", type="hard")
            turn.run(each)
    assert refusals(stage) == [("ada", BOUNCED), ("bea", BOUNCED)]
    assert rows(engine, Suppression) == []


def test_by_hand_it_is_set_and_lifted(engine: Engine) -> None:
    stage = staged(engine)
    told(stage, "ada", "Email Bounced", "03-02 11:00", type="hard")
    greet(stage, "03-03")
    for reason in (suppression.BOUNCED, suppression.BY_HAND):
        with write_shop(engine) as connection:
            suppression.note(
                connection, "email", "Us@Example.com", utc("03-03 12:00"), reason=reason, stops=False
            )
    greet(stage, "03-04")
    assert len(refusals(stage)) == 2
    with write_shop(engine) as connection:
        suppression.note(connection, "email", "us@example.com", utc("03-04 12:00"), stops=True)
        assert suppression.reasons_of(connection, "email", "US@example.com") == {
            "by hand": utc("03-04 12:00")
        }
    greet(stage, "03-05")
    by_hand = "suppressed: by hand"
    assert refusals(stage) == [("ada", by_hand), ("ada", BOUNCED), ("bea", by_hand), ("bea", BOUNCED)]


def test_it_outlasts_an_erasure_as_a_hash(engine: Engine) -> None:
    stage = staged(engine)
    told(stage, "ada", "Email Bounced", "03-02 11:00", type="hard")
    stage.turn("03-02 12:00")
    with write_shop(engine) as connection:
        erase(connection, subject_named(connection, "ada"), utc("03-02 13:00"))
    assert "us@example.com" not in repr(rows(engine, Suppression)).lower()
    greet(stage, "03-03")
    assert ("bea", BOUNCED) in refusals(stage)


def test_a_late_word_does_not_undo_a_newer_one() -> None:
    now = utc("03-02 10:00")

    def line(stops: bool, minutes: int) -> suppression.Line:
        at = now + timedelta(minutes=minutes)
        return suppression.Line("sms", "hash", suppression.STOP, stops, at, at)

    for lines, stands in (
        ([line(True, 0)], True),
        ([line(True, 0), line(False, 5)], False),
        ([line(False, 5), line(True, 0)], False),  # STOP came late
        ([line(False, 5), line(True, 5)], True),
    ):
        assert bool(suppression.in_force(lines)) is stands


def test_stop_and_start_by_number(engine: Engine) -> None:
    stage = Stage(engine)
    stage.knows("ada", phone="+44 7700 900123")
    mark = fingerprint("sms", "+447700900123")
    stage.did("ada", "Consent Withdrawn", "03-02 09:00", channel="sms", keyword="STOP", address=mark)
    with read(engine) as connection:
        asking = [
            suppression.Waiting(purpose, 1, "sms", purpose, "0044 7700 900123")
            for purpose in ("marketing", "transactional")
        ]
        assert suppression.stopped(connection, asking, 0) == {"marketing": "stop", "transactional": "stop"}
    apply_events(engine, utc("03-02 10:00"), SHOP)
    stage.did("ada", "SMS Resumed", "03-02 11:00", address=mark)
    with read(engine) as connection:
        assert suppression.stopped(connection, asking, 10**9) == {
            "marketing": "stop",
            "transactional": "stop",
        }
        assert suppression.stopped(connection, asking, 0) == {}
    apply_events(engine, utc("03-02 12:00"), SHOP)
    with read(engine) as connection:
        assert suppression.stopped(connection, asking, 10**9) == {}


def test_what_anybody_may_have_sent_stops_nothing() -> None:
    class Row:
        type, name, source = "track", "Email Bounced", "public"
        properties = {"type": "hard"}  # noqa: RUF012

    assert Row.source == PUBLIC
    assert suppression.tells(Row) is None


def test_an_export_tells_of_it(engine: Engine) -> None:
    stage = staged(engine)
    told(stage, "ada", "Email Bounced", "03-02 11:00", type="hard")
    stage.turn("03-02 12:00")
    with read(engine) as connection:
        document = export(connection, subject_named(connection, "ada"), utc("03-02 13:00"))
    assert document["addresses_suppressed"] == [
        {
            "channel": "email",
            "address": "us@example.com",
            "reason": "hard bounce",
            "stops": True,
            "at": "2026-03-02T11:00:00Z",
        }
    ]
