"""SendGrid: a request for each message.

https://www.twilio.com/docs/sendgrid/api-reference/mail-send/mail-send. It knows no idempotency keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import orjson
from pydantic import Field

from loyaltyloop.channels.http.meaning import Meaning
from loyaltyloop.channels.http.settings import HttpSettings, Secret, Url, prefixed, rate_of
from loyaltyloop.channels.http.way import HttpWay, Request
from loyaltyloop.channels.mail.mime import parts_of
from loyaltyloop.channels.out import Outgoing


class SendGridSettings(HttpSettings):
    """What SendGrid needs."""

    model_config = prefixed("LOOP_SENDGRID_")
    url: Url = Field(
        default="https://api.sendgrid.com",
        description="Write https://api.sendgrid.com, or https://api.eu.sendgrid.com for a subuser in the EU.",
    )
    rate: float = rate_of(50)
    api_key: Secret = Field(description="Write LOOP_SENDGRID_API_KEY=SG..., which may send mail.")
    sandbox: bool = Field(
        default=False, description="Write true to have messages checked and not sent, or false."
    )


class SendGrid(HttpWay[SendGridSettings]):
    """By Mail Send."""

    name, title, kind = "sendgrid", "SendGrid", SendGridSettings
    idempotent = False
    # Its codes are the names of the fields that are wrong; a wrong sender is wrong in all messages.
    meanings: ClassVar[Mapping[str, Meaning]] = {"from": "away", "from.email": "away"}

    def request(self, outgoing: Outgoing) -> Request:
        parts = parts_of(outgoing)
        bodies = (("text/plain", parts.text), ("text/html", parts.html))
        document = {
            "personalizations": [{"to": [{"email": parts.to}], "custom_args": {"send_id": parts.key}}],
            "from": {"email": parts.sender} | ({"name": parts.name} if parts.name else {}),
            "subject": parts.subject,
            "content": [{"type": kind, "value": body} for kind, body in bodies if body],
            "headers": {"Message-ID": parts.message_id} | parts.unsubscribing(),
            "mail_settings": {"sandbox_mode": {"enable": self.settings.sandbox}},
            "tracking_settings": {
                "click_tracking": {"enable": False, "enable_text": False},  # links lead to us already
                "subscription_tracking": {"enable": False},
            },
        }
        key = self.settings.api_key.get_secret_value()
        headers = {"content-type": "application/json", "authorization": f"Bearer {key}"}
        return Request(f"{self.settings.url}/v3/mail/send", orjson.dumps(document), headers)

    def told_id(self, headers: Mapping[str, str], body: bytes) -> str:  # noqa: ARG002
        return headers.get("x-message-id", "")[:200]

    def code(self, body: bytes) -> str:
        try:
            field = orjson.loads(body)["errors"][0]["field"]
        except (ValueError, LookupError, TypeError):
            return ""
        return field if isinstance(field, str) and field != "null" else ""

    def wait(self, headers: Mapping[str, str]) -> timedelta:
        """It says when a pause is over as a Unix time, in a header of its own."""
        said = headers.get("x-ratelimit-reset", "")
        if not (said.isascii() and said.isdigit() and len(said) < 11):
            return super().wait(headers)
        return max(datetime.fromtimestamp(int(said), UTC) - self._clock(), timedelta())
