"""Requests of providers about real messages, and the service that knows their secrets."""
# ruff: noqa: E501 - what providers send stands on one line

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from loyaltyloop.web.providers.certificates import Certificates
from loyaltyloop.web.providers.delivery import Delivery
from loyaltyloop.web.providers.routes import HOOKS
from loyaltyloop.web.service import Service
from tests.integration.web.post import FIREFOX, Post
from tests.unit.web import signing as by
from tests.unit.web.test_returned_mail import REPORT, WHOLE

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


def post_of(service: Service, folder: Path) -> Post:
    """A shop whose service knows the secrets of all providers, two minutes after its messages left."""
    for name, secret in SECRETS.items():
        setattr(service.settings, name, SecretStr(secret))
    made = Post(service, folder)
    made.service = replace(made.service, certificates=Certificates(lambda _url: by.certificate()))
    made.clock.at(120)
    return made


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
                recipients="Original-Recipient: rfc822;ada@example.com\nFinal-Recipient: rfc822;a@b.example\nAction: delivered\nStatus: 2.0.0\n",
                returned=WHOLE,
            )
            return by.smtp(report.replace(by.KEY, key).encode())
