"""Consent: every answer is kept, and the latest one holds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from loyaltyloop.store.events.apply import apply_events
from loyaltyloop.store.importing.imports import import_paths
from loyaltyloop.store.models import Consent, ConsentEntry, Customer
from tests.integration.store.shop import NOW, SHOP, at, feed, identify, one, rows, track


def test_consent_is_a_ledger_and_the_latest_answer(engine: Engine) -> None:
    feed(
        engine,
        [
            track("ada", "Consent Granted", at(9), channel="email", wording="Yes, write to me"),
            track("ada", "Unsubscribed", at(11)),
            track("ada", "Consent Granted", at(10), channel="sms", purpose="service"),
            track("ada", "Consent Granted", at(10), channel="pigeon"),
            identify("ada", at(12), consent_email=True),
        ],
    )
    apply_events(engine, NOW, SHOP, chunk=2)
    present = {(row.channel, row.purpose): row.given for row in rows(engine, Consent)}
    assert present == {("email", "marketing"): False, ("sms", "service"): True}
    ledger = [(row.channel, row.given, row.how, row.wording) for row in rows(engine, ConsentEntry, "at")]
    assert ledger == [
        ("email", True, "Consent Granted", "Yes, write to me"),
        ("sms", True, "Consent Granted", None),
        ("email", False, "Unsubscribed", None),
    ]


def test_of_two_answers_at_one_instant_the_withdrawal_holds(engine: Engine) -> None:
    for who, names in (("ada", ("Granted", "Withdrawn")), ("bob", ("Withdrawn", "Granted"))):
        for name in names:
            feed(engine, [track(who, f"Consent {name}", at(9), channel="email")])
            apply_events(engine, NOW, SHOP)
    assert [row.given for row in rows(engine, Consent)] == [False, False]


def listed(engine: Engine, folder: Path, text: str, day: int) -> None:
    """A list of customers is imported, at noon of that day in May 2026."""
    (folder / "customers.csv").write_text(text)
    noon = datetime(2026, 5, day, 12, tzinfo=UTC)
    import_paths(engine, [folder / "customers.csv"], noon, SHOP)
    apply_events(engine, noon, SHOP)


def test_a_list_that_still_says_yes_does_not_overrule_a_withdrawal(engine: Engine, tmp_path: Path) -> None:
    header = "user_id,city,consent_email,consent_sms\n"
    listed(engine, tmp_path, f"{header}ada,Bath,true,\n", 1)
    feed(engine, [track("ada", "Unsubscribed", at(9, 2))])
    listed(engine, tmp_path, f"{header}ada,York,true,true\n", 3)
    listed(engine, tmp_path, f"{header}ada,Hull,,true\n", 4)  # an empty field says nothing
    listed(engine, tmp_path, f"{header}ada,Hull,true,true\n", 5)
    assert one(engine, Customer).city == "Hull"
    assert {row.channel: row.given for row in rows(engine, Consent)} == {"email": False, "sms": True}
    assert [row.how for row in rows(engine, ConsentEntry, "at")] == [
        "customers.csv",
        "Unsubscribed",
        "customers.csv",
    ]


def test_a_list_that_says_something_else_than_before_is_an_answer(engine: Engine, tmp_path: Path) -> None:
    answers = []
    for day, said in enumerate(("true", "false", "true"), 1):
        listed(engine, tmp_path, f"user_id,consent_email\nada,{said}\n", day)
        answers.append(one(engine, Consent).given)
    assert answers == [True, False, True]


def test_nobody_answers_later_than_the_answer_arrived(engine: Engine) -> None:
    """A device's clock may run ahead, within what is tolerated; what is said after that still counts."""
    ahead = {"timestamp": at(10.1), "receivedAt": at(10)}
    feed(engine, [track("ada", "Consent Granted", at(10), channel="email") | ahead])
    feed(engine, [track("ada", "Unsubscribed", at(10.05))])
    feed(engine, [track("bob", "Consent Withdrawn", at(10), channel="email") | ahead])
    feed(engine, [track("bob", "Consent Granted", at(10.05), channel="email")])
    apply_events(engine, NOW, SHOP)
    assert [row.given for row in rows(engine, Consent, "customer_id")] == [False, True]
    first = datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert [row.at for row in rows(engine, ConsentEntry, "at")][:2] == [first, first]


def test_who_unsubscribes_from_a_service_message_wants_neither(engine: Engine) -> None:
    feed(engine, [track("ada", "Unsubscribed", at(9), list_id="service", wording="No more tips")])
    apply_events(engine, NOW, SHOP)
    ledger = [(row.purpose, row.given, row.wording) for row in rows(engine, ConsentEntry, "purpose")]
    assert ledger == [("marketing", False, "No more tips"), ("service", False, "No more tips")]
