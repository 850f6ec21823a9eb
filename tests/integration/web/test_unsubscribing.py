"""Unsubscribing: by a page's button and by one click (RFC 8058); nothing is sent from its commit on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import update

from loyaltyloop.channels.values import tokens
from loyaltyloop.store.database import write
from loyaltyloop.store.models import Customer, Message
from loyaltyloop.turn.engine import open_turn
from loyaltyloop.web.service import Service
from tests.integration.store.shop import rows
from tests.integration.web.pages import HELP, LETTERS, SHOP, Pages
from tests.reference.reading import SHOP_TEXT

MULTIPART = {"content-type": "multipart/form-data; boundary=b"}
WITHDRAWN = "consent to marketing by email was withdrawn"


@pytest.fixture
def pages(service: Service) -> Iterator[Pages]:
    with Pages(service) as pages:
        yield pages


def not_again(pages: Pages) -> bool:
    """Nothing more is sent, then or later."""
    pages.stage.turns("03-04 09:00", "03-08 09:00", 12)
    return pages.stage.sent() == [("ada", "hello")]


def test_opening_the_page_changes_nothing(pages: Pages) -> None:
    for method in ("GET", "HEAD", "GET"):
        assert pages.web.request(method, pages.path("u")).status_code == 200
    assert pages.said() == []
    pages.stage.turn("03-04 09:00")
    assert ("ada", "again") in pages.stage.sent()


def test_the_page_has_one_button_and_needs_no_script(pages: Pages) -> None:
    answer = pages.web.get(pages.path("u"))
    assert answer.text.count("<button") == 1
    assert "<script" not in answer.text
    assert "a•••@example.com" in answer.text
    assert "ada@example.com" not in answer.text


def test_the_button(pages: Pages) -> None:
    answer = pages.web.post(pages.path("u"), data={"shown": "page", "language": "en"})
    assert (answer.status_code, "You are unsubscribed" in answer.text) == (200, True)
    assert not_again(pages)
    [(_, _, given, how, wording)] = pages.ledger()
    assert (given, how) == (False, "Unsubscribed")
    assert wording == "We will send you no more news and offers by e-mail. [Unsubscribe]"


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"List-Unsubscribe=One-Click", {"content-type": "application/x-www-form-urlencoded"}),
        (
            b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
            MULTIPART,
        ),
        (b"", {}),
        (b"\xff\xfe" * 4000, MULTIPART),
        (b"a=b&" * 9000, {"content-type": "application/x-www-form-urlencoded"}),
    ],
    ids=["urlencoded", "multipart", "empty", "broken", "too-large"],
)
def test_one_click_asks_for_nothing_but_the_link(pages: Pages, body: bytes, headers: dict[str, str]) -> None:
    """No cookie, no redirect, no session; the body is no condition: the link is."""
    answer = httpx.post(f"{pages.web.base_url}{pages.path('u')}", content=body, headers=headers)
    assert (answer.status_code, answer.history) == (200, [])
    assert "set-cookie" not in answer.headers
    assert not_again(pages)
    assert [row[2:] for row in pages.ledger()] == [(False, "Unsubscribed", "List-Unsubscribe=One-Click")]


def test_it_is_recorded_as_segment_names_it(pages: Pages) -> None:
    pages.one_click()
    [(name, properties)] = pages.said()
    assert name == "Unsubscribed"
    assert properties["campaign_name"] == "letters"
    assert properties["list_id"] == "marketing"
    assert tokens.make(pages.service.secret, "u", str(properties["email_id"])) in pages.path("u")


def test_twice_is_the_same_as_once(pages: Pages) -> None:
    assert [pages.at(f"03-02 10:0{n}").one_click().status_code for n in range(3)] == [200] * 3
    assert not_again(pages)
    assert pages.consents() == {("email", "marketing"): False}


def test_after_a_new_consent_the_old_link_works_again(pages: Pages) -> None:
    pages.one_click()
    pages.stage.did("ada", "Consent Granted", "03-02 11:00", channel="email")
    pages.at("03-02 12:00").one_click()
    assert not_again(pages)


def test_once_it_is_done_the_page_says_so(pages: Pages) -> None:
    """At once, also of a mail program's one click, and until they consent again."""

    def asks() -> bool:
        answer = pages.web.get(pages.path("u"))
        assert ("You are unsubscribed" in answer.text) is ("<button" not in answer.text)
        return "<button" in answer.text

    assert asks()
    pages.one_click()
    assert not asks()
    pages.stage.turn("03-02 10:30")
    assert not asks()
    pages.stage.did("ada", "Consent Granted", "03-02 11:00", channel="email")
    pages.stage.turn("03-02 11:30")
    assert asks()


def test_a_link_in_a_service_message_stops_those_too(service: Service) -> None:
    with Pages(service, HELP) as pages:
        pages.stage.did("ada", "Consent Withdrawn", "03-02 09:10", channel="email")
        pages.stage.turn("03-02 09:20")
        assert "requests for a review" in pages.web.get(pages.path("u")).text
        assert pages.one_click().status_code == 200
        assert not_again(pages)
        assert pages.consents() == {("email", "marketing"): False, ("email", "service"): False}


# ── in the same second ──


def test_during_a_wait(pages: Pages) -> None:
    """The wait has just ended, a turn is at work, and the click comes a moment before the hand-over."""
    with open_turn(pages.stage.world, "letters", pages.at("03-04 09:00").now) as turn:
        for stage in turn.stages:
            if stage.kind == "deliver":
                assert pages.one_click().status_code == 200
            turn.run(stage)
    assert ("ada", "again", "refused", WITHDRAWN) in pages.stage.messages()
    assert not_again(pages)


def test_during_a_hold_in_quiet_hours(service: Service) -> None:
    """Held since the evening; the click comes in the very second in which it would leave."""
    with Pages(service, LETTERS.replace("2 days", "13 hours"), shop=SHOP_TEXT) as pages:
        pages.stage.turn("03-02 22:00")
        assert ("ada", "again", "held", "quiet hours") in pages.stage.messages()
        with open_turn(pages.stage.world, "letters", pages.at("03-03 08:10").now) as turn:
            for stage in turn.stages:
                if stage.kind == "deliver":
                    assert pages.one_click().status_code == 200
                turn.run(stage)
        assert ("ada", "again", "refused", WITHDRAWN) in pages.stage.messages()
        assert not_again(pages)


def test_in_front_of_the_turn_of_the_same_instant(pages: Pages) -> None:
    pages.at("03-04 09:00").one_click()
    assert not_again(pages)


# ── whose link it is ──


def test_the_old_link_of_somebody_who_turned_out_to_be_another(pages: Pages) -> None:
    pages.stage.knows("bea", at="2023-01-01 00:00")
    pages.stage.also("bea", "ada", "03-02 09:30")
    pages.stage.turn("03-02 09:40")
    assert [row.key for row in rows(pages.service.engine, Customer)] == ["bea"]
    assert pages.one_click().status_code == 200
    assert not_again(pages)
    assert pages.consents() == {("email", "marketing"): False}


def test_a_guest_who_is_known_by_a_device_only(service: Service) -> None:
    with Pages(service, who="~tablet") as pages:
        assert pages.one_click().status_code == 200
        pages.stage.turns("03-04 09:00", "03-08 09:00", 12)
        assert pages.stage.sent() == [("tablet", "hello")]


def test_of_somebody_who_was_erased(pages: Pages) -> None:
    with write(pages.service.engine) as connection:
        connection.execute(update(Customer).values(erased_at=pages.now))
    for path in (pages.path("u"), pages.path("p")):
        answer = pages.web.get(path)
        assert (answer.status_code, "know nothing about you" in answer.text) == (410, True)
    assert pages.one_click().status_code == 200  # nobody will write to them again: it is done
    assert pages.said() == []


def test_of_a_message_that_is_not_known(pages: Pages) -> None:
    """A preview's, or one of before a backup was restored."""
    token = tokens.make(pages.service.secret, "u", str(uuid4()))
    for method in ("GET", "POST"):
        answer = pages.web.request(method, f"/u/{token}")
        assert (answer.status_code, "hello@shop.example" in answer.text) == (410, True)


def test_a_token_that_is_none_or_of_another_kind(pages: Pages, caplog: pytest.LogCaptureFixture) -> None:
    """One and the same page for all of them, and nothing about whom in the log."""
    good, other = pages.path("u").rpartition("/")[2], pages.path("p").rpartition("/")[2]
    [key] = [row.key for row in rows(pages.service.engine, Message)]
    foreign = tokens.make(b"another secret", "u", key)
    wrong = [
        "",
        "x",
        good[:-1],
        good + "A",
        good.swapcase(),
        other,
        foreign,
        "%00",
        "%F0%9F",
        "a/b",
        "x" * 5000,
    ]
    told = set()
    with caplog.at_level(logging.DEBUG, "loyaltyloop"):
        for token in wrong:
            for method in ("GET", "POST"):
                answer = pages.web.request(method, f"/u/{token}")
                assert answer.status_code == 404, token
                told.add(answer.text)
        assert pages.web.get(f"/p/{good}").status_code == 404
    assert len(told) == 1
    assert "This link does not work" in told.pop()
    assert pages.said() == []
    assert {record.getMessage() for record in caplog.records} == {"pages: told that forged"}


def test_before_anything_was_applied(web: httpx.Client, service: Service) -> None:
    answer = web.get(f"/u/{tokens.make(service.secret, 'u', str(uuid4()))}")
    assert (answer.status_code, "This link does not work" in answer.text) == (404, True)


# ── how it is answered ──


def test_the_headers_keep_it_private(pages: Pages) -> None:
    answers = [
        pages.web.get(pages.path("u")),
        pages.web.get(pages.path("p")),
        pages.web.get("/u/nothing"),
        pages.one_click(),
        pages.save(),
    ]
    for answer in answers:
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["x-robots-tag"] == "noindex, nofollow"
        assert "set-cookie" not in answer.headers
    for answer in answers[:-1]:
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy


def test_while_the_database_does_not_answer(pages: Pages, caplog: pytest.LogCaptureFixture) -> None:
    path = pages.path("u")
    with write(pages.service.engine) as connection:
        connection.exec_driver_sql("ALTER TABLE message RENAME TO elsewhere")
    answer = pages.web.post(path, data={"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "Please try again" in answer.text
    assert not any("ada" in record.getMessage() for record in caplog.records)


def test_in_the_readers_language(service: Service) -> None:
    with Pages(service, locale="de-AT") as pages:
        assert '<html lang="de">' in pages.web.get(pages.path("u")).text
        pages.web.post(pages.path("u"), data={"shown": "page", "language": "de"})
        pages.stage.turn("03-02 11:00")
        [(*_, wording)] = pages.ledger()
        assert wording == "Wir senden Ihnen keine Neuigkeiten und Angebote mehr per E-Mail. [Abmelden]"


@pytest.mark.parametrize(("locale", "lang"), [("fr", "de"), (None, "de"), ("en-GB", "en")])
def test_in_the_shops_language_where_theirs_has_no_words(
    service: Service, locale: str | None, lang: str
) -> None:
    known: dict[str, Any] = {"locale": locale} if locale else {}
    with Pages(service, shop=SHOP + "language: de\n", **known) as pages:
        assert f'<html lang="{lang}">' in pages.web.get(pages.path("u")).text


def test_of_a_text_texts_alone_are_stopped(service: Service) -> None:
    sent = LETTERS.replace("template: test/hello", "template: test/hello\n        channel: sms")
    with Pages(service, sent, phone="07400 123456") as pages:
        [message] = [row for row in rows(service.engine, Message) if row.step == "hello"]
        assert message.channel == "sms"
        asked = pages.web.get(pages.path("u")).text
        assert "no more news and offers by text message" in asked
        answer = pages.web.post(pages.path("u"), data={"shown": "page", "language": "de"})
        assert "Angebote mehr per SMS" in answer.text
        pages.stage.turn("03-02 11:00")
        assert [(channel, given, how) for channel, _, given, how, _ in pages.ledger()] == [
            ("sms", False, "Consent Withdrawn")
        ]
