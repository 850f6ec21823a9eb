"""What a reader said on a page, as events: consents with the wording shown, preferences, a birthday."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from loyaltyloop.store.customers import PREFERRED
from loyaltyloop.store.recipients import Recipient
from loyaltyloop.store.segment import Call

SOURCE = "pages"
ONE_CLICK = "List-Unsubscribe=One-Click"  # RFC 8058: what a mail client sends for its reader
REQUESTED = "Personal Data Requested"


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

    def prefers(self, **wishes: Any) -> Call:
        """How often, and about what, they want to hear; see `customers.preferences`."""
        return self._track(PREFERRED, wishes)

    def born(self, day: date | None) -> Call:
        """Their birthday; None: it is to be forgotten."""
        return self._call("identify", "", {"birthday": day and day.isoformat()}, "birthday")

    def asks_for_data(self) -> Call:
        """They want to know what is on record."""
        return self._track(REQUESTED, {"email_id": self.by.key})

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
