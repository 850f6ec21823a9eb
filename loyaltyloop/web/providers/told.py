"""What a provider tells of a message, whatever its own words are, and the event that this becomes.

The words are those of django-anymail's normalised tracking events; `replied` stands for inbound mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from loyaltyloop.store.consents.suppression import KEYWORD

What = Literal[
    "queued", "sent", "delivered", "deferred", "bounced", "rejected", "failed", "complained", "unsubscribed",
    "subscribed", "opened", "clicked", "replied", "autoresponded", "unknown",
]  # fmt: skip
Reason = Literal["", "invalid", "bounced", "timed_out", "blocked", "spam", "unsubscribed", "other"]
Channel = Literal["email", "sms"]

# What becomes an event; all else is counted and left.
NAMES: Mapping[Channel, Mapping[What, str]] = {
    "email": {
        "delivered": "Email Delivered",
        "bounced": "Email Bounced",
        "rejected": "Email Bounced",
        "failed": "Email Bounced",
        "complained": "Email Marked as Spam",
        "unsubscribed": "Unsubscribed",
        "opened": "Email Opened",
        "clicked": "Email Link Clicked",
        "replied": "Email Replied",
        "autoresponded": "Email Replied",
    },
    "sms": {
        "delivered": "SMS Delivered",
        "bounced": "SMS Bounced",
        "rejected": "SMS Bounced",
        "failed": "SMS Bounced",
        "unsubscribed": "Consent Withdrawn",
        "subscribed": "SMS Resumed",
        "replied": "SMS Replied",
    },
}
_KEYS: Mapping[Channel, str] = {"email": "email_id", "sms": "sms_id"}
_LOST: tuple[What, ...] = ("bounced", "rejected", "failed")
# What somebody has wanted, or an address is good for, counts also where no message of ours is named.
BY_ADDRESS: tuple[What, ...] = ("unsubscribed", "subscribed", "complained", "bounced")
# The provider sends no more to those who have unsubscribed or complained there: then we shall not, either.
_WITHDRAWN: tuple[Reason, ...] = ("unsubscribed", "spam")
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_KEY = re.compile(_UUID)
_MESSAGE_ID = re.compile(rf"<?({_UUID})@")


@dataclass(frozen=True)
class Told:
    """One thing that a provider tells.

    `id`: by which it is known when it is told again. `key`: of our message; `provider_id`: what the provider
    calls it. `address`: of its recipient, to find whose it is; it is not stored. `native`: in the provider's
    own words. `hard`: the address is not good for anything. `status`: an enhanced status code (RFC 3463).
    `url`, `agent`: of a click or an opening. `said_of`: addresses (or domains, `@example.com`) that a mail
    names which anybody may have written: of a message that went to none of them it is not believed. None:
    its provider is known, or it names nobody.
    """

    what: What
    id: str
    native: str
    at: datetime | None = None
    key: str = ""
    address: str = ""
    hard: bool = False
    reason: Reason = ""
    status: str = ""
    url: str = ""
    agent: str | None = None
    machine: str = ""
    channel: Channel = "email"
    provider_id: str = ""
    said_of: frozenset[str] | None = None

    def events(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """What it becomes: an id, the event's name and its properties."""
        name = NAMES[self.channel].get(self.what)
        if name is not None:
            yield self.id, name, self._properties()
        if self.what in _LOST and self.reason in _WITHDRAWN:
            stopped = NAMES[self.channel]["unsubscribed"]
            yield f"{self.id}:stopped", stopped, {**self._named(), **_withdrawal(self.channel)}

    def is_of(self, address: str | None) -> bool:
        """May it be about a message that went to this address?"""
        if self.said_of is None:
            return True
        mine = (address or "").strip().lower()
        return bool(mine) and bool({mine, mine[mine.rfind("@") :]} & self.said_of)

    def _named(self) -> dict[str, Any]:
        return ({_KEYS[self.channel]: self.key} if self.key else {}) | {"provider_event": self.native}

    def _properties(self) -> dict[str, Any]:
        found = self._named()
        if self.what in _LOST:
            found |= {"type": "hard" if self.hard else "soft", "reject_reason": self.reason or "other"}
            found |= {"status": self.status} if self.status else {}
        if self.what == "unsubscribed":
            found |= _withdrawal(self.channel)
        if self.url:
            found |= {"link_url": self.url}
        if why := self.machine or ("automatic answer" if self.what == "autoresponded" else ""):
            found |= {"machine": True, "machine_reason": why}
        return found


def _withdrawal(channel: Channel) -> dict[str, Any]:
    return {} if channel == "email" else {"channel": channel, "purpose": "marketing", KEYWORD: "STOP"}


def message_key(value: object) -> str:
    """The key of our message in what is a key; empty for all else."""
    text = value.strip().lower() if isinstance(value, str) else ""
    return text if _KEY.fullmatch(text) else ""


def key_of_message_id(value: object) -> str:
    """The key of our message in a Message-ID (`<key@domain>`), or in several; empty for all else."""
    found = _MESSAGE_ID.search(value[:10_000].lower()) if isinstance(value, str) else None
    return found[1] if found else ""
