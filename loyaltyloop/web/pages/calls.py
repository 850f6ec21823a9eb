"""What a reader said on a page, as events: consents with the wording shown, preferences, a birthday."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

from loyaltyloop.journey.routes import PREFERRED as PREFERRED_CHANNEL
from loyaltyloop.store.messages.addressees import Recipient
from loyaltyloop.store.people.customers import PREFERRED
from loyaltyloop.store.segment import Call

SOURCE = "pages"
NO_MATTER = "none"  # no channel is preferred
ONE_CLICK = "List-Unsubscribe=One-Click"  # RFC 8058: what a mail client sends for its reader
REQUESTED = {"export": "Personal Data Requested", "erase": "Erasure Requested"}


@dataclass(frozen=True)
class Choice:
    """What was chosen that is no consent: a topic, how often, by which channel best, a birthday; and the
    words that were read.

    The ledger keeps it (`consent.choices`).
    """

    about: Literal["topic", "often", "best", "birthday"]
    which: str
    chosen: bool
    wording: str


@dataclass(frozen=True)
class Said:
    """By whom and when (UTC). Every time is recorded: nobody knows what else arrived in between."""

    by: Recipient
    at: datetime

    def unsubscribed(self, wording: str) -> Call:
        """No more messages like the one whose link this is (Segment's e-mail event)."""
        by = self.by
        about = {"email_id": by.key, "campaign_name": by.journey, "list_id": by.purpose, "wording": wording}
        return self._track("Unsubscribed", about)

    def consent(self, channel: str, purpose: str, given: bool, wording: str) -> Call:
        """An answer about one channel and purpose."""
        name = "Consent Granted" if given else "Consent Withdrawn"
        about = {"channel": channel, "purpose": purpose, "wording": wording, "email_id": self.by.key}
        return self._track(name, about, f"{channel} {purpose}")

    def prefers(self, chosen: Sequence[Choice], **wishes: Any) -> Call:
        """How often, and about what, they want to hear; see `customers.preferences`."""
        return _with(self._track(PREFERRED, wishes), chosen)

    def likes(self, channel: str | None, wording: str) -> Call:
        """By which channel they like to hear best; None: no matter which."""
        made = self._call("identify", "", {PREFERRED_CHANNEL: channel}, "channel")
        return _with(made, [Choice("best", channel or NO_MATTER, True, wording)])

    def born(self, day: date | None, wording: str) -> Call:
        """Their birthday; None: it is to be forgotten."""
        made = self._call("identify", "", {"birthday": day and day.isoformat()}, "birthday")
        return _with(made, [Choice("birthday", "", day is not None, wording)])

    def asks(self, kind: str) -> Call:
        """They want to know what is on record (`export`), or that it is erased (`erase`)."""
        return self._track(REQUESTED[kind], {"email_id": self.by.key})

    def _track(self, name: str, properties: Mapping[str, Any], about: str = "") -> Call:
        return self._call("track", name, properties, f"{name} {about}".strip())

    def _call(self, kind: str, name: str, properties: Mapping[str, Any], what: str) -> Call:
        return Call(
            source=SOURCE,
            message_id=f"{self.by.key} {what} {self.at.isoformat()}",
            type=kind,
            name=name,
            user_id=self.by.user_id,
            anonymous_id=self.by.anonymous_id,
            previous_id=None,
            at=self.at,
            arrived_at=self.at,
            properties=dict(properties),
        )


def _with(call: Call, chosen: Sequence[Choice]) -> Call:
    return replace(call, context={"choices": [asdict(one) for one in chosen]})
