"""One delivery of a shop, and the events that it becomes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.store.canonical import LONGEST_ID, canonical, digest
from loyaltyloop.store.orders.shop_products import News
from loyaltyloop.store.privacy.tombstones import by_email
from loyaltyloop.store.segment import EARLIEST, Call
from loyaltyloop.web.shops.payload import Payload

LATENESS = Duration.of("10 minutes")  # how far a shop's clock may run ahead


@dataclass(frozen=True)
class Whose:
    """Whose an event is: a customer's id in the shop, else an anonymous id of ours."""

    user: str | None
    device: str | None = None


@dataclass(frozen=True)
class Delivery:
    """What was signed by the shop `source`, and when it came.

    `key` tells deliveries apart: the shop's id of the event. `triggered`: when the shop made it, to the
    microsecond, where it says so. `domain`: the shop's host.
    """

    source: str
    topic: str
    payload: Payload
    received: datetime
    key: str
    domain: str = ""
    triggered: datetime | None = None

    def about(self, payload: Payload) -> Delivery:
        """The same delivery, of a part of its payload."""
        return replace(self, payload=payload)

    def track(
        self, whose: Whose, name: str, key: Iterable[str], at: datetime | None, properties: dict[str, Any]
    ) -> Call:
        """An event of this name. `key` is what it is about: the same key never makes a second event."""
        made = self._call("track", whose, key, at, properties)
        return replace(made, name=name, order_id=properties.get("order_id"))

    def identify(self, whose: Whose, key: Iterable[str], at: datetime | None, traits: dict[str, Any]) -> Call:
        """What is known of somebody; with both ids, they become one person's."""
        return self._call("identify", whose, key, at, traits)

    def same(self, whose: Whose, device: str, at: datetime | None) -> Iterator[Call]:
        """What was known by this anonymous id only is this customer's; said once."""
        if whose.user is not None:
            whole = Whose(whose.user, device)
            yield self._call("identify", whole, ("same", device, whose.user), at, {})
        elif whose.device is not None and whose.device != device:
            made = self._call("alias", whose, ("same", device, whose.device), at, {})
            yield replace(made, previous_id=device)

    def _call(
        self, kind: str, whose: Whose, key: Iterable[str], at: datetime | None, properties: dict[str, Any]
    ) -> Call:
        return Call(
            source=self.source,
            message_id=short(":".join(key)),
            type=kind,
            name="",
            user_id=whose.user,
            anonymous_id=None if kind == "track" and whose.user is not None else whose.device,
            previous_id=None,
            at=self.when(at),
            arrived_at=self.received,
            properties=canonical(properties),
        )

    def when(self, at: datetime | None) -> datetime:
        """The shop's time, unless it is a placeholder or lies in the future."""
        believable = at is not None and EARLIEST <= at <= LATENESS.after(self.received, "UTC")
        return at if believable and at is not None else self.received


# What a topic of a shop becomes. Refused: its payload is not of the documented shape.
Read = Callable[[Delivery], Iterator[Call | News]]
Topics = Mapping[str, Read]


def content(at: datetime | None, properties: Mapping[str, Any]) -> str:
    """What makes two states of one thing the same event: when, and what."""
    return digest([None if at is None else at.isoformat(), canonical(properties)])[:32]


def short(key: str) -> str:
    """A key as a message id: as it is where it is short."""
    return key if len(key) <= LONGEST_ID else sha256(key.encode()).hexdigest()


def whose(source: str, user: str | None, address: str | None, otherwise: str) -> Whose:
    """By the customer's id, else by e-mail, else by the order, basket or shop `otherwise`."""
    if user is not None:
        return Whose(user, None if address is None else by_email(address))
    return Whose(None, by_thing(source, otherwise) if address is None else by_email(address))


def by_thing(source: str, thing: str) -> str:
    """The anonymous id of whoever an order, a basket or a checkout belongs to (`order:1`, `cart:a1`)."""
    return short(f"{source}:{thing}")
