"""Resend: a request for each message, under its key: what is asked twice within a day is done once.

https://resend.com/docs/api-reference/emails/send-email, .../errors and
https://resend.com/docs/dashboard/emails/idempotency-keys. Its batch endpoint has one key for all of a batch,
and after a breakdown the same messages may stand in other batches: so it is not used.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar

import orjson
from pydantic import Field

from loyaltyloop.channels.http.meaning import Meaning
from loyaltyloop.channels.http.settings import HttpSettings, Secret, Url, prefixed, rate_of
from loyaltyloop.channels.http.way import HttpWay, Request
from loyaltyloop.channels.mail.mime import parts_of
from loyaltyloop.channels.out import Outgoing


class ResendSettings(HttpSettings):
    """What Resend needs. Of each account it takes two requests a second, and more when it is asked to."""

    model_config = prefixed("LOOP_RESEND_")
    url: Url = Field(default="https://api.resend.com", description="Write https://api.resend.com.")
    rate: float = rate_of(2, "Write the account's requests a second; 0: no limit.")
    api_key: Secret = Field(description="Write LOOP_RESEND_API_KEY=re_..., which may send.")


class Resend(HttpWay[ResendSettings]):
    """By the endpoint of single messages, with idempotency keys."""

    name, title, kind = "resend", "Resend", ResendSettings
    idempotent = True
    remembers = timedelta(hours=23)  # keys are kept for 24
    id_field = "id"
    meanings: ClassVar[Mapping[str, Meaning]] = {
        "concurrent_idempotent_requests": "later",
        "invalid_idempotent_request": "unknown",  # it has had another message under this key
        "daily_quota_exceeded": "away",
        "monthly_quota_exceeded": "away",
        "invalid_from_address": "away",
        "invalid_api_key": "away",
    }

    def request(self, outgoing: Outgoing) -> Request:
        parts = parts_of(outgoing)
        document = {
            "from": parts.from_text(),
            "to": [parts.to],
            "subject": parts.subject,
            "html": parts.html,
            "text": parts.text,
            "headers": parts.unsubscribing(),
            "tags": [{"name": "send_id", "value": parts.key}],
        }
        headers = {
            "content-type": "application/json",
            "authorization": f"Bearer {self.settings.api_key.get_secret_value()}",
            "idempotency-key": parts.key,
        }
        return Request(f"{self.settings.url}/emails", orjson.dumps(document), headers)

    def code(self, body: bytes) -> str:
        try:
            return str(orjson.loads(body)["name"])
        except (ValueError, LookupError, TypeError):
            return ""
