"""Who was erased, and what of what is told later is theirs: the rule, event by event."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from tests.reference.state import Happening, Person

ACTS = ("Signed Up", "Order Completed")  # what only customers do themselves


@dataclass
class Grave:
    """An id of somebody erased; `back_at`: since when somebody is known by it again."""

    erased_at: datetime
    back_at: datetime | None = None


@dataclass
class Graves:
    """All that is remembered of who was erased."""

    ids: dict[str, Grave] = field(default_factory=dict)
    addresses: dict[str, datetime] = field(default_factory=dict)
    orders: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)

    def dig(self, person: Person, ids: Iterable[str], keys: Iterable[str], now: datetime) -> None:
        """Remember them: by ids, addresses, orders and keys."""
        for each in ids:
            self.ids[each] = Grave(now)
        for event in person.events:
            if event.type == "identify" and "@" in event.properties.get("email", ""):
                self.addresses[event.properties["email"].lower()] = now
            if event.type == "track" and "order_id" in event.properties:
                self.orders.add(event.properties["order_id"])
        self.keys.update(keys)

    def living(self, events: Iterable[Happening]) -> list[Happening]:
        """Those events that are nobody's who was erased; acts of their own are looked for first."""
        events = list(events)
        for event in events:
            self._act(event)
        return [event for event in events if not self._theirs(event)]

    def _act(self, event: Happening) -> None:
        grave = self.ids.get(event.user_id or event.anonymous_id or "")
        own = event.type == "track" and event.name in ACTS and not self._ordered(event)
        if grave is not None and own and event.at > grave.erased_at:
            grave.back_at = min(event.at, grave.back_at or event.at)

    def _ordered(self, event: Happening) -> bool:
        return event.properties.get("order_id") in self.orders

    def _theirs(self, event: Happening) -> bool:
        named = [event.user_id or event.anonymous_id, event.previous_id]
        if any(self._gone(each, event.at) for each in named if each):
            return True
        erased_at = self.addresses.get(event.properties.get("email", "").lower())
        return self._ordered(event) or (erased_at is not None and event.at <= erased_at)

    def _gone(self, name: str, at: datetime) -> bool:
        grave = self.ids.get(name)
        return grave is not None and (grave.back_at is None or at < grave.back_at)
