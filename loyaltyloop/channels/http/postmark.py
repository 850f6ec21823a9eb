"""Postmark: 25 messages in one request, and an outcome for each.

https://postmarkapp.com/developer/api/email-api and .../overview#error-codes. It knows no idempotency keys.
The token POSTMARK_API_TEST, or one of a sandbox server, lets nothing really leave.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import orjson
from pydantic import Field

from loyaltyloop.channels.http.meaning import Meaning
from loyaltyloop.channels.http.settings import HttpSettings, Secret, Url, prefixed
from loyaltyloop.channels.http.way import HttpWay, Request
from loyaltyloop.channels.mail.mime import parts_of
from loyaltyloop.channels.out import Outcome, Outgoing


class PostmarkSettings(HttpSettings):
    """What Postmark needs."""

    model_config = prefixed("LOOP_POSTMARK_")
    url: Url = Field(default="https://api.postmarkapp.com", description="Write https://api.postmarkapp.com.")
    token: Secret = Field(description="Write LOOP_POSTMARK_TOKEN=..., a server's API token.")
    stream: str = Field(default="outbound", description="Write the ID of a transactional message stream.")
    marketing_stream: str = Field(
        default="", description="Write the ID of the message stream of broadcasts; empty: the same."
    )


class Postmark(HttpWay[PostmarkSettings]):
    """By its batch endpoint, which is faster and says of each message what became of it."""

    name, title, kind = "postmark", "Postmark", PostmarkSettings
    idempotent = False
    together = 25  # Postmark takes 500; but so many are in doubt where one answer is lost
    meanings: ClassVar[Mapping[str, Meaning]] = {
        "error-10": "away",  # no such token
        "error-100": "later",  # maintenance
        "error-400": "away",  # no such sender
        "error-401": "away",  # the sender is not confirmed
        "error-405": "away",  # no credits
        "error-412": "away",  # the account is not approved yet
        "error-413": "away",  # the account may not send
        "error-429": "later",
        "error-1235": "away",  # no such stream
    }

    def request(self, outgoing: Outgoing) -> Request:
        return self.pack([outgoing])

    def pack(self, several: Sequence[Outgoing]) -> Request:
        headers = {
            "content-type": "application/json",
            "x-postmark-server-token": self.settings.token.get_secret_value(),
        }
        body = orjson.dumps([self._message(outgoing) for outgoing in several])
        return Request(f"{self.settings.url}/email/batch", body, headers)

    def unpack(
        self, several: Sequence[Outgoing], status: int, headers: Mapping[str, str], body: bytes
    ) -> list[Outcome]:
        if status != 200:
            return super().unpack(several, status, headers, body)
        said = orjson.loads(body)
        if len(said) != len(several):
            raise ValueError("another number of answers")
        return [self._outcome(*pair) for pair in zip(several, said, strict=True)]

    def code(self, body: bytes) -> str:
        try:
            return f"error-{orjson.loads(body)['ErrorCode']:d}"
        except (ValueError, LookupError, TypeError):
            return ""

    def _outcome(self, outgoing: Outgoing, said: dict[str, Any]) -> Outcome:
        number = int(said["ErrorCode"])
        if number:
            return self.judged(outgoing, 422, f"error-{number}")
        return replace(self.judged(outgoing, 200), provider_id=str(said.get("MessageID") or "")[:200])

    def _message(self, outgoing: Outgoing) -> dict[str, Any]:
        parts = parts_of(outgoing)
        own = {"Message-ID": parts.message_id, "X-PM-KeepID": "true"} | parts.unsubscribing()
        marketing = self.settings.marketing_stream if parts.unsubscribe else ""
        return {
            "From": parts.from_text(),
            "To": parts.to,
            "Subject": parts.subject,
            "HtmlBody": parts.html,
            "TextBody": parts.text,
            "Headers": [{"Name": name, "Value": value} for name, value in own.items()],
            "Metadata": {"send_id": parts.key},
            "TrackLinks": "None",  # they lead to us already
            "MessageStream": marketing or self.settings.stream,
        }
