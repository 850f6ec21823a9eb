"""OneSignal: a push under its key, by which what is asked twice within 30 days is done once.

https://documentation.onesignal.com/reference/create-message and .../docs/idempotent-notification-requests. A
device's token is OneSignal's subscription id. An answer of 200 without an id says that nobody got anything.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar

import orjson
from pydantic import Field

from loyaltyloop.channels.http.meaning import Meaning
from loyaltyloop.channels.http.settings import HttpSettings, Secret, Url, prefixed, rate_of
from loyaltyloop.channels.http.way import HttpWay, Request
from loyaltyloop.channels.out import Outcome, Outgoing
from loyaltyloop.channels.phone.push_text import PushText
from loyaltyloop.store.consents.suppression import BOUNCED


class OneSignalSettings(HttpSettings):
    """What OneSignal needs: the app, and a key of it."""

    model_config = prefixed("LOOP_ONESIGNAL_")
    url: Url = Field(default="https://api.onesignal.com", description="Write https://api.onesignal.com.")
    rate: float = rate_of(50)
    app: Secret = Field(description="Write LOOP_ONESIGNAL_APP=..., the app's id.")
    api_key: Secret = Field(description="Write LOOP_ONESIGNAL_API_KEY=os_v2_app_...")


class OneSignal(HttpWay[OneSignalSettings]):
    """One request a push."""

    name, title, kind = "onesignal", "OneSignal", OneSignalSettings
    idempotent = True
    meanings: ClassVar[Mapping[str, Meaning]] = {"409": "unknown"}

    def __init__(
        self,
        settings: OneSignalSettings,
        clock: Callable[[], datetime],
        context: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(settings, clock, context)
        # It looks at the key alone: what is tried again may be written anew, and go to another device.
        self.keeps = False

    def request(self, outgoing: Outgoing) -> Request:
        push = outgoing.content
        if not isinstance(push, PushText):
            raise ValueError("no push")
        headers = {
            "content-type": "application/json",
            "authorization": f"Key {self.settings.api_key.get_secret_value()}",
        }
        asked = orjson.dumps(self._message(outgoing, push))
        return Request(f"{self.settings.url}/notifications", asked, headers)

    def _message(self, outgoing: Outgoing, push: PushText) -> dict[str, Any]:
        # A title alone is the words: OneSignal wants some.
        shown: dict[str, Any] = {"contents": {"en": push.body or push.title}}
        shown |= {"headings": {"en": push.title}} if push.body else {}
        shown |= {"url": push.link} if push.link else {}
        return shown | {
            "app_id": self.settings.app.get_secret_value(),
            "target_channel": "push",
            "include_subscription_ids": [outgoing.to],
            "idempotency_key": outgoing.key,
            "collapse_id": outgoing.key,
            "data": {"send_id": outgoing.key},
        }

    def read(self, outgoing: Outgoing, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
        """A device that is gone is not written to again; the message may go to another of its customer's."""
        if status >= 300:
            return super().read(outgoing, status, headers, body)
        said = orjson.loads(body)
        if number := said.get("id"):
            return Outcome(outgoing.key, "handed_over", provider_id=str(number))
        if said.get("errors"):
            return Outcome(outgoing.key, "try_again", "the device takes no pushes any more", lost=BOUNCED)
        raise ValueError("neither an id nor an error")
