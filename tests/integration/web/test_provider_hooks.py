"""The hooks of providers: what is theirs and about our messages is committed, and nothing else."""
# ruff: noqa: E501 - what providers send stands on one line

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from loyaltyloop.store.models import Consent, Message
from loyaltyloop.web.providers.delivery import Delivery
from loyaltyloop.web.service import Service
from tests.integration.store.shop import rows
from tests.integration.web.conftest import served
from tests.integration.web.post import FIREFOX, Post
from tests.integration.web.providers import AT, PROVIDERS, one_of, post_of, send
from tests.unit.web import signing as by
from tests.unit.web.test_returned_mail import COMPLAINT, FAILED, WHOLE, report


@pytest.fixture
def post(service: Service, tmp_path: Path) -> Post:
    return post_of(service, tmp_path / "out")


@pytest.fixture
def web(post: Post) -> Iterator[httpx.Client]:
    with served(post.service) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


# ── what is taken ───────────────────────────────────────────────────────────


@PROVIDERS
def test_a_delivery_is_committed_when_it_is_answered(post: Post, web: httpx.Client, provider: str) -> None:
    answer = send(web, one_of(provider, post.keys["ada"]))
    assert answer.status_code == 200
    assert answer.text == "<Response/>" if provider == "twilio" else answer.json()["outcomes"] == {"taken": 1}
    [told] = post.events("Email Delivered", "SMS Delivered")
    assert (told.user_id, told.source) == ("ada", provider)
    assert post.keys["ada"] in (told.properties.get("email_id"), told.properties.get("sms_id"))
    assert post.service.counts["hook", provider, "taken"] == 1
    post.turn(180)
    states = {row.key: row.state for row in rows(post.engine, Message)}
    assert states == {post.keys["ada"]: "delivered", post.keys["ben"]: "handed_over"}


@PROVIDERS
def test_the_same_again_adds_nothing(post: Post, web: httpx.Client, provider: str) -> None:
    for _ in range(3):
        assert send(web, one_of(provider, post.keys["ada"])).status_code == 200
    assert len(post.events("Email Delivered", "SMS Delivered")) == 1


@pytest.mark.parametrize("provider", ["postmark", "sendgrid", "mailgun", "resend", "ses"])
def test_clicks_that_a_provider_tells_decide_as_ours_do(post: Post, web: httpx.Client, provider: str) -> None:
    assert send(web, one_of(provider, post.keys["ada"], "clicked")).status_code == 200
    [clicked] = post.events("Email Link Clicked")
    assert clicked.properties["link_url"] == "https://elsewhere.example/tea"
    assert "machine" not in clicked.properties
    post.turn(180)
    assert post.engagement() == [("clicked", False)]


def test_machines_that_a_provider_tells_of(post: Post, web: httpx.Client) -> None:
    def event(number: int, **more: Any) -> dict[str, Any]:
        about = {
            "sg_event_id": str(number),
            "send_id": post.keys["ada"],
            "timestamp": AT.timestamp() + number,
        }
        return {"event": "open", "useragent": FIREFOX, **about, **more}

    events = [
        event(0),
        event(1, sg_machine_open=True),
        event(2, useragent="Mozilla/5.0"),
        event(3, timestamp=by.NOW.timestamp() + 1),
    ]
    assert send(web, by.sendgrid(events)).json()["outcomes"] == {"taken": 4}
    assert post.reasons("Email Opened") == ["", "told by the provider", "known agent", "too soon"]


def test_a_scan_that_comes_in_one_batch(post: Post, web: httpx.Client) -> None:
    events = [
        {"event": "click", "sg_event_id": str(n), "send_id": post.keys["ada"], "timestamp": AT.timestamp() + n / 10,
         "url": f"https://elsewhere.example/{n}", "useragent": FIREFOX}
        for n in range(4)
    ]  # fmt: skip
    assert send(web, by.sendgrid(events)).status_code == 200
    assert post.reasons() == ["all links at once"] * 4


def test_a_click_on_our_own_address_is_recorded_once(post: Post, web: httpx.Client) -> None:
    """A provider that rewrites links, too, tells of clicks on ours."""
    event = {"event": "click", "sg_event_id": "1", "send_id": post.keys["ada"], "timestamp": AT.timestamp()}
    answer = send(web, by.sendgrid([{**event, "url": by.PUBLIC + post.links()[0]}]))
    assert answer.json()["outcomes"] == {"recorded already": 1}
    assert post.events() == []


def test_a_batch_of_all_kinds(post: Post, web: httpx.Client) -> None:
    ada, other = post.keys["ada"], "0" * 8 + post.keys["ada"][8:]
    events = [
        {"event": name, "sg_event_id": f"e{n}", "send_id": key, "timestamp": AT.timestamp(), "email": "nobody@x.example"}
        for n, (name, key) in enumerate(
            [("processed", ada), ("delivered", ada), ("spamreport", ada), ("delivered", other), ("delivered", None)]
        )
    ]  # fmt: skip
    answer = send(web, by.sendgrid(events))
    assert answer.json()["outcomes"] == {"queued": 1, "taken": 2, "not ours": 2}
    assert [row.name for row in post.events()] == ["Email Delivered", "Email Marked as Spam"]


def test_nobodys_address_and_words_are_kept(
    post: Post, web: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        for key in (post.keys["ada"], None):
            event = {"event": "bounce", "type": "bounce", "email": "ada@example.com", "sg_event_id": str(key),
                     "reason": "550 5.1.1 <ada@example.com> unknown", "send_id": key, "timestamp": AT.timestamp(),
                     "ip": "192.0.2.7"}  # fmt: skip
            assert send(web, by.sendgrid([event])).json()["outcomes"] == {"taken": 1}
    for row in post.events("Email Bounced"):
        assert "example.com" not in repr(row) and "192.0.2.7" not in repr(row)
    assert "ada@" not in "".join(
        record.getMessage() for record in caplog.records if "loyaltyloop" in record.name
    )


# ── withdrawals ─────────────────────────────────────────────────────────────


def consents(post: Post) -> set[tuple[str, str, bool]]:
    return {(row.channel, row.purpose, row.given) for row in rows(post.engine, Consent)}


WITHDRAWING: list[tuple[str, Callable[[str], Delivery]]] = [
    ("Unsubscribed", lambda key: by.sendgrid([{"event": "unsubscribe", "sg_event_id": "1", "send_id": key}])),
    ("Email Marked as Spam", lambda key: by.resend({"type": "email.complained", "data": {"tags": {"send_id": key}}})),
    ("Email Marked as Spam", lambda key: by.smtp(COMPLAINT.format(kind="abuse", returned=WHOLE).replace(by.KEY, key).encode())),
    ("Unsubscribed", lambda key: by.sendgrid([{"event": "dropped", "reason": "Unsubscribed Address", "sg_event_id": "2", "send_id": key}])),
]  # fmt: skip


@pytest.mark.parametrize(("name", "said"), WITHDRAWING)
@pytest.mark.parametrize("known", ["by the message", "by the address"])
def test_who_wants_no_more_gets_no_more(
    post: Post, web: httpx.Client, name: str, said: Callable[[str], Delivery], known: str
) -> None:
    delivery = said(post.keys["ada"])
    if known == "by the address":
        if delivery.url.endswith("resend"):
            delivery = by.resend({"type": "email.complained", "data": {"to": ["ADA@example.com"]}})
        elif delivery.url.endswith("sendgrid"):
            event = {**orjson.loads(delivery.body)[0], "send_id": None, "email": "Ada@Example.com"}
            if event["event"] == "dropped":
                return  # without a message it is not known that it was one of ours
            delivery = by.sendgrid([event])
        else:  # a mail that anybody can have written
            delivery = replace(delivery, body=delivery.body.replace(post.keys["ada"].encode(), b"x"))
            assert send(web, delivery).json()["outcomes"] == {"not ours": 1}
            return
    assert send(web, delivery).json()["outcomes"] == {"taken": 1}
    [told] = post.events(name)
    assert told.user_id == "ada"
    post.turn(180)
    assert ("email", "marketing", False) in consents(post)


def test_a_report_about_another_address_is_not_believed(post: Post, web: httpx.Client) -> None:
    """Anybody can write one, and whoever was passed the mail on knows its key."""
    body = report(FAILED.replace("ada@", "eve@").replace("Ada@", "eve@")).replace(by.KEY, post.keys["ada"])
    assert send(web, by.smtp(body.encode())).json()["outcomes"] == {"another address": 1}
    assert post.events() == []
    true = body.replace("eve@", "ada@")
    assert send(web, by.smtp(true.encode())).json()["outcomes"] == {"taken": 1}
    assert [row.properties["type"] for row in post.events()] == ["hard"]


def test_stop_by_sms(post: Post, web: httpx.Client) -> None:
    post.stage.knows("cleo", at="05-20 15:00", phone="+44 7400 123-456")
    post.turn(60)
    stop = by.twilio({"MessageSid": "SM2", "From": "+447400123456", "Body": "Stop"})
    assert send(web, stop).text == "<Response/>"
    assert (
        send(web, by.twilio({"MessageSid": "SM3", "From": "+447400123457", "Body": "Stop"})).status_code
        == 200
    )
    [told] = [row for row in post.events("Consent Withdrawn") if row.source == "twilio"]
    assert (told.user_id, told.properties["channel"]) == ("cleo", "sms")
    assert "7400" not in repr(told.properties)
    post.turn(180)
    assert ("sms", "marketing", False) in consents(post)
    assert post.service.counts["hook", "twilio", "not ours"] == 1


def test_an_answer_decides_unless_it_is_automatic(post: Post, web: httpx.Client) -> None:
    for who, more in (("ada", ""), ("ben", "Auto-Submitted: auto-replied\r\n")):
        raw = (
            f"From: {who}@example.com\r\nIn-Reply-To: <{post.keys[who]}@shop.example>\r\n{more}\r\nHello\r\n"
        )
        assert send(web, by.smtp(raw.encode())).json()["outcomes"] == {"taken": 1}
    post.turn(180)
    assert post.engagement() == [("replied", False), ("replied", True)]
    assert [row.properties.get("machine") for row in post.events("Email Replied")] == [None, True]
