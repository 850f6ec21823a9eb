"""The hooks of providers: what is refused, and what is asked for again."""
# ruff: noqa: E501 - what providers send stands on one line

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from pydantic import SecretStr
from sqlalchemy.exc import OperationalError

from loyaltyloop.web import writer
from loyaltyloop.web.providers import routes as hooks
from loyaltyloop.web.providers.certificates import Certificates
from loyaltyloop.web.providers.delivery import Delivery, NotNow
from loyaltyloop.web.providers.routes import HOOKS, LARGEST
from loyaltyloop.web.service import Service
from tests.integration.turn.stage import utc
from tests.integration.web.conftest import served
from tests.integration.web.post import LEFT, Post
from tests.integration.web.providers import PROVIDERS, one_of, post_of, send
from tests.unit.web import signing as by


@pytest.fixture
def post(service: Service, tmp_path: Path) -> Post:
    return post_of(service, tmp_path / "out")


@pytest.fixture
def web(post: Post) -> Iterator[httpx.Client]:
    with served(post.service) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


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
