"""Twilio: a text by the Messages resource, which knows no idempotency: what is in doubt is not repeated.

https://www.twilio.com/docs/messaging/api/message-resource and https://www.twilio.com/docs/api/errors. Our key
goes along in the address at which Twilio tells what became of the message (`StatusCallback`).
"""

from __future__ import annotations

import base64
import ssl
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar, Self
from urllib.parse import urlencode, urlsplit

import orjson
from pydantic import Field, ValidationInfo, field_validator

from loyaltyloop.channels.http.meaning import Meaning
from loyaltyloop.channels.http.settings import HttpSettings, Secret, Url, prefixed, rate_of
from loyaltyloop.channels.http.way import HttpWay, Request
from loyaltyloop.channels.out import Outcome, Outgoing
from loyaltyloop.channels.phone.sms_text import SmsText
from loyaltyloop.journey.addresses import is_local
from loyaltyloop.settings import Settings
from loyaltyloop.store.consents.suppression import BOUNCED, STOP

# Codes that say of the number that it takes nothing from us: nothing is sent there again, and why.
LOST = {"21211": BOUNCED, "21214": BOUNCED, "21217": BOUNCED, "21610": STOP, "21614": BOUNCED}


class TwilioSettings(HttpSettings):
    """What Twilio needs: the account, its token, and from whom: a number, or a messaging service."""

    model_config = prefixed("LOOP_TWILIO_")
    url: Url = Field(default="https://api.twilio.com", description="Write https://api.twilio.com.")
    rate: float = rate_of(25)
    account: Secret = Field(description="Write LOOP_TWILIO_ACCOUNT=AC..., the account's SID.")
    token: Secret = Field(description="Write LOOP_TWILIO_TOKEN=..., the account's auth token.")
    sender: str = Field(
        default="", description="Write LOOP_TWILIO_SENDER=+15005550006, a short code or a name."
    )
    service: str = Field(
        default="",
        validate_default=True,
        description="Write LOOP_TWILIO_SERVICE=MG..., a messaging service, or LOOP_TWILIO_SENDER.",
    )

    @field_validator("account")
    @classmethod
    def _is_a_sid(cls, account: Secret) -> Secret:
        if not account.get_secret_value().isalnum():
            raise ValueError("it is no SID")
        return account

    @field_validator("service")
    @classmethod
    def _from_somebody(cls, service: str, given: ValidationInfo) -> str:
        if not service and not given.data.get("sender"):
            raise ValueError("from whom texts are sent is missing")
        return service


class Twilio(HttpWay[TwilioSettings]):
    """One request a text. `told_at`: where it tells what became of it; empty: nowhere it could reach."""

    name, title, kind = "twilio", "Twilio", TwilioSettings
    idempotent = False
    id_field = "sid"
    meanings: ClassVar[Mapping[str, Meaning]] = {
        **dict.fromkeys(LOST, "refused"),
        "20003": "away",  # a wrong token, or the account is closed
        "20005": "away",
        "20404": "away",
        "20429": "later",
        "21212": "away",  # ours is no number to send from
        "21408": "refused",  # the account may not send to that country
        "21603": "away",
        "21606": "away",
        "21611": "later",  # the sender's queue is full
        "21612": "refused",  # no way leads from ours to this number
        "21617": "refused",
        "21659": "away",
        "21660": "away",
        "21703": "away",  # the messaging service has no sender
        "30001": "later",
        "30002": "away",
    }

    def __init__(
        self,
        settings: TwilioSettings,
        clock: Callable[[], datetime],
        context: ssl.SSLContext | None = None,
        told_at: str = "",
    ) -> None:
        super().__init__(settings, clock, context)
        self._told_at = told_at
        whole = f"{settings.account.get_secret_value()}:{settings.token.get_secret_value()}"
        self._headers = {
            "content-type": "application/x-www-form-urlencoded",
            "authorization": f"Basic {base64.b64encode(whole.encode()).decode()}",
        }

    @classmethod
    def of(cls, settings: Settings) -> Self:
        way = super().of(settings)
        if not is_local(urlsplit(settings.public_url).hostname or ""):
            way._told_at = f"{settings.public_url.rstrip('/')}/hooks/twilio"
        return way

    def request(self, outgoing: Outgoing) -> Request:
        content = outgoing.content
        if not isinstance(content, SmsText):
            raise ValueError("no text message")
        form = {"To": outgoing.to, "Body": content.text}
        form |= {"MessagingServiceSid": self.settings.service} if self.settings.service else {}
        form |= {"From": self.settings.sender} if self.settings.sender else {}
        if self._told_at:
            form["StatusCallback"] = f"{self._told_at}?send_id={outgoing.key}"
        account = self.settings.account.get_secret_value()
        url = f"{self.settings.url}/2010-04-01/Accounts/{account}/Messages.json"
        return Request(url, urlencode(form).encode(), self._headers)

    def code(self, body: bytes) -> str:
        return str(_document(body).get("code") or "")

    def read(self, outgoing: Outgoing, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
        outcome = super().read(outgoing, status, headers, body)
        return replace(outcome, lost=LOST.get(self.code(body), ""))

    def judged(
        self, outgoing: Outgoing, status: int, code: str = "", after: timedelta = timedelta()
    ) -> Outcome:
        outcome = super().judged(outgoing, status, code, after)
        return replace(outcome, reason="the number has said STOP") if code == "21610" else outcome


def _document(body: bytes) -> Mapping[str, object]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}
