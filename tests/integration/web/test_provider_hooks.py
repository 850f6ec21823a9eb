"""The hooks of providers: what is theirs and about our messages is committed, and nothing else."""
# ruff: noqa: E501 - what providers send stands on one line

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from pydantic import SecretStr
from sqlalchemy.exc import OperationalError

from loyaltyloop.store.models import Consent, Message
from loyaltyloop.web import writer
from loyaltyloop.web.providers import routes as hooks
from loyaltyloop.web.providers.certificates import Certificates
from loyaltyloop.web.providers.delivery import Delivery, NotNow
from loyaltyloop.web.providers.routes import HOOKS, LARGEST
from loyaltyloop.web.service import Service
from tests.integration.store.shop import rows
from tests.integration.turn.stage import utc
from tests.integration.web.conftest import served
from tests.integration.web.post import FIREFOX, LEFT, Post
from tests.unit.web import signing as by
from tests.unit.web.test_returned_mail import COMPLAINT, REPORT, WHOLE

AT = by.NOW + timedelta(minutes=1)  # of what is told; LEFT is by.NOW
SECRETS = {
    "postmark_user": by.USER,
    "postmark_password": by.PASSWORD,
    "sendgrid_key": by.SENDGRID_KEY,
    "mailgun_key": by.MAILGUN_KEY,
    "resend_secret": by.RESEND_SECRET,
    "ses_topic": by.TOPIC,
    "twilio_token": by.TWILIO_TOKEN,
}
PROVIDERS = pytest.mark.parametrize("provider", sorted(HOOKS))


@pytest.fixture
def post(service: Service, tmp_path: Path) -> Post:
    for name, secret in SECRETS.items():
        setattr(service.settings, name, SecretStr(secret))
    made = Post(service, tmp_path / "out")
    made.service = replace(made.service, certificates=Certificates(lambda _url: by.certificate()))
    made.clock.at(120)
    return made


@pytest.fixture
def web(post: Post) -> Iterator[httpx.Client]:
    with served(post.service) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


def send(web: httpx.Client, said: Delivery, **headers: str) -> httpx.Response:
    """The request, as the provider sends it."""
    path = said.url.removeprefix(by.PUBLIC)
    return web.post(path, content=said.body, headers={**said.headers, **headers})


def one_of(provider: str, key: str, what: str = "delivered") -> Delivery:
    """That this message was delivered, opened or clicked, in the provider's words."""
    iso, unix = AT.isoformat().replace("+00:00", "Z"), AT.timestamp()
    capital = {"delivered": "Delivery", "opened": "Open", "clicked": "Click"}[what]
    short = {"delivered": "delivered", "opened": "open", "clicked": "click"}[what]
    url = "https://elsewhere.example/tea"
    match provider:
        case "postmark":
            return by.postmark({"RecordType": capital, "MessageID": "p", "Metadata": {"send_id": key}, "DeliveredAt": iso, "OriginalLink": url, "UserAgent": FIREFOX})  # fmt: skip
        case "sendgrid":
            return by.sendgrid([{"event": short, "sg_event_id": f"s{what}", "send_id": key, "timestamp": unix, "url": url, "useragent": FIREFOX}])  # fmt: skip
        case "mailgun":
            return by.mailgun({"event": what, "user-variables": {"send_id": key}, "timestamp": unix, "url": url, "client-info": {"user-agent": FIREFOX}})  # fmt: skip
        case "resend":
            return by.resend({"type": f"email.{what}", "created_at": iso, "data": {"tags": {"send_id": key}, "click": {"link": url, "userAgent": FIREFOX}}})  # fmt: skip
        case "ses":
            part = {"timestamp": iso, "link": url, "userAgent": FIREFOX}
            return by.ses({"eventType": capital, "mail": {"tags": {"send_id": [key]}}, capital.lower(): part})
        case "twilio":
            return by.twilio({"MessageSid": "SM1", "MessageStatus": "delivered"}, f"?send_id={key}")
        case _:
            report = REPORT.format(
                recipients="Final-Recipient: rfc822;a@b.example\nAction: delivered\nStatus: 2.0.0\n",
                returned=WHOLE,
            )
            return by.smtp(report.replace(by.KEY, key).encode())


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
        else:
            delivery = replace(delivery, body=delivery.body.replace(post.keys["ada"].encode(), b"x"))
    assert send(web, delivery).json()["outcomes"] == {"taken": 1}
    [told] = post.events(name)
    assert told.user_id == "ada"
    post.turn(180)
    assert ("email", "marketing", False) in consents(post)


def test_stop_by_sms(post: Post, web: httpx.Client) -> None:
    post.stage.knows("cleo", at="05-20 15:00", phone="+44 7700 900-123")
    post.turn(60)
    stop = by.twilio({"MessageSid": "SM2", "From": "+447700900123", "Body": "Stop"})
    assert send(web, stop).text == "<Response/>"
    assert (
        send(web, by.twilio({"MessageSid": "SM3", "From": "+447700900124", "Body": "Stop"})).status_code
        == 200
    )
    [told] = [row for row in post.events("Consent Withdrawn") if row.source == "twilio"]
    assert (told.user_id, told.properties["channel"]) == ("cleo", "sms")
    assert "7700" not in repr(told.properties)
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


# ── what is refused ─────────────────────────────────────────────────────────


@PROVIDERS
def test_without_its_settings_there_is_no_hook(post: Post, provider: str) -> None:
    hook = HOOKS[provider]
    setattr(post.service.settings, hook.settings[-1], SecretStr(" "))
    with served(post.service) as url, httpx.Client(base_url=url) as web:
        answer = send(web, one_of(provider, post.keys["ada"]))
    assert answer.status_code == 404
    assert f"LOOP_{hook.settings[-1].upper()}" in answer.json()["error"]
    assert post.events() == []


@PROVIDERS
def test_a_wrong_signature(post: Post, web: httpx.Client, provider: str) -> None:
    said = one_of(provider, post.keys["ada"])
    for name in hook_headers(said):
        assert send(web, said, **{name: "wrong"}).status_code == 401
    bare = replace(said, headers={"content-type": said.headers["content-type"]})
    if provider in ("mailgun", "ses"):
        bare = replace(bare, body=bare.body.replace(b'ignature":"', b'ignature":"x'))
    answer = send(web, bare)
    assert (answer.status_code, answer.json()["success"]) == (401, False)
    assert (answer.headers.get("www-authenticate") == "Basic") == (provider in ("postmark", "smtp"))
    assert post.service.counts["hook", provider, "wrong signature"] >= 1
    assert post.events() == []


def hook_headers(said: Delivery) -> list[str]:
    return [name for name in said.headers if name not in ("content-type", "svix-timestamp")]


@pytest.mark.parametrize(
    "said",
    [
        lambda at: by.sendgrid([], at=at),
        lambda at: by.mailgun({}, at=at),
        lambda at: by.resend({}, at=at),
        lambda at: by.ses({}, at=at),
    ],
)
def test_what_was_signed_days_ago(post: Post, web: httpx.Client, said: Callable[[Any], Delivery]) -> None:
    delivery = said(by.NOW - timedelta(days=2))
    assert send(web, delivery).status_code == 401
    assert post.service.counts["hook", delivery.url.rpartition("/")[2], "replayed"] == 1


@PROVIDERS
def test_how_large_a_request_may_be(post: Post, web: httpx.Client, provider: str) -> None:
    with suppress(httpx.WriteError):  # it may hang up before all of it was sent
        assert web.post(f"/hooks/{provider}", content=b"x" * (LARGEST + 1)).status_code == 413
    assert post.service.counts["hook", provider, "too large"] == 1


@pytest.mark.parametrize(
    ("provider", "body"),
    [("postmark", b"{"), ("postmark", b"[]"), ("sendgrid", b"{}"), ("sendgrid", b"\xff"), ("resend", b"7"), ("smtp", b"")],
)  # fmt: skip
def test_what_is_signed_and_cannot_be_read(post: Post, web: httpx.Client, provider: str, body: bytes) -> None:
    said = {
        "postmark": lambda: replace(by.postmark({}), body=body),
        "sendgrid": lambda: signed_raw(body),
        "resend": lambda: by.resend(7),
        "smtp": lambda: by.smtp(body),
    }[provider]()
    answer = send(web, said)
    assert (answer.status_code, answer.json()["success"]) == (400, False)
    assert post.events() == []


def signed_raw(body: bytes) -> Delivery:
    """Bytes that SendGrid never sends, with its signature."""
    made = by.SENDGRID.sign(by.stamp().encode() + body, ec.ECDSA(SHA256()))
    said = by.sendgrid([])
    name = "x-twilio-email-event-webhook-signature"
    return replace(said, body=body, headers={**said.headers, name: base64.b64encode(made).decode()})


def test_mail_within_mail_without_end(post: Post, web: httpx.Client) -> None:
    raw = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(5000)
    )
    assert send(web, by.smtp(raw)).status_code in (200, 400)
    assert web.get("/healthz").status_code == 200


@pytest.mark.parametrize("text", ["\0", "\ud800", "é" * 5000])
def test_text_that_no_database_takes(post: Post, web: httpx.Client, text: str) -> None:
    escaped = "".join(f"\\u{ord(sign):04x}" for sign in text)
    body = f'[{{"event": "delivered", "sg_event_id": "{escaped}", "send_id": "{post.keys["ada"]}"}},' \
           f' {{"event": "unsubscribe", "sg_event_id": "x", "email": "{escaped}@example.com"}}]'  # fmt: skip
    assert send(web, signed_raw(body.encode())).status_code in (200, 400)
    assert send(web, one_of("sendgrid", post.keys["ada"])).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD"])
def test_other_methods_and_providers(web: httpx.Client, method: str) -> None:
    assert web.request(method, "/hooks/sendgrid").status_code == 405
    assert web.post("/hooks/somebody").status_code == 404


# ── when the database, or Amazon, does not answer ───────────────────────────


def test_a_commit_that_takes_too_long_is_asked_for_again(
    post: Post, web: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "PATIENCE", 0.2)
    slow: Future[None] = Future()
    monkeypatch.setattr(post.service.writer, "put", lambda _calls: slow)
    answer = send(web, one_of("resend", post.keys["ada"]))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert not slow.cancelled()
    slow.set_result(None)
    monkeypatch.undo()
    assert send(web, one_of("resend", post.keys["ada"])).status_code == 200
    assert len(post.events("Email Delivered")) == 1


def test_a_commit_that_fails(post: Post, web: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise OperationalError("INSERT", {}, Exception("gone"))

    monkeypatch.setattr(writer, "record", fails)
    assert send(web, one_of("mailgun", post.keys["ada"])).status_code == 503
    monkeypatch.undo()
    assert send(web, one_of("mailgun", post.keys["ada"])).status_code == 200
    assert len(post.events("Email Delivered")) == 1


def test_a_subscription_of_sns_is_confirmed(post: Post) -> None:
    visited: list[str] = []

    def fetch(url: str) -> bytes:
        visited.append(url)
        return by.certificate()

    service = replace(post.service, certificates=Certificates(fetch))
    said = by.ses(
        "You have chosen", kind="SubscriptionConfirmation", Token="2336", SubscribeURL=by.CONFIRM_URL
    )
    foreign = by.ses(
        "You have chosen", kind="SubscriptionConfirmation", Token="2336", SubscribeURL="https://evil.example/"
    )
    with served(service) as url, httpx.Client(base_url=url) as web:
        assert send(web, said).json()["outcomes"] == {"confirmed": 1}
        assert send(web, foreign).status_code == 401
    assert visited == [by.CERTIFICATE_URL, by.CONFIRM_URL]


def test_amazon_that_does_not_answer_is_asked_again(post: Post) -> None:
    def fetch(_url: str) -> bytes:
        raise NotNow("no answer")

    service = replace(post.service, certificates=Certificates(fetch))
    with served(service) as url, httpx.Client(base_url=url) as web:
        assert send(web, one_of("ses", post.keys["ada"])).status_code == 503


def test_the_messages_left_when_the_signatures_were_made() -> None:
    assert utc(LEFT) == by.NOW
