"""One customer as of an instant: all that a condition may ask about, as plain records."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Event:
    """Something the customer did: a track event that was applied."""

    id: int
    name: str
    at: datetime
    arrived_at: datetime
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Engagement:
    """A response to a message of the enrolment `enrolment_id`; `kind` as conditions name it, or `answered`.

    `answer`: what was answered, a text or a number. `id`: of two at one instant the greater is the later.
    """

    enrolment_id: int
    journey: str
    step: str
    kind: str
    at: datetime
    arrived_at: datetime
    machine: bool = False
    answer: Any = None
    id: int = 0


@dataclass(frozen=True)
class Message:
    """A message to the customer, and its state as in the store."""

    enrolment_id: int
    journey: str
    step: str
    state: str
    claimed_at: datetime | None = None
    handed_over_at: datetime | None = None

    @property
    def left_at(self) -> datetime | None:
        """When it left; where the outcome is not known, when it was claimed to leave."""
        return self.handed_over_at or self.claimed_at


@dataclass(frozen=True)
class Enrolled:
    """The customer's way through the journey that asks, or the entry that is judged (without an id).

    `order` is the order that the trigger names, as it is now, by the fields of `facts.ORDER`.
    `arrivals`: each step the customer has come to → when. `kept`: each step that decided → what
    (a `score`: its `number`).
    `redeemed`: the `give` steps whose code an order has used.
    """

    id: int | None = None
    entered_at: datetime | None = None
    trigger: Mapping[str, Any] = field(default_factory=dict)
    trigger_event_id: int | None = None
    order: Mapping[str, Any] | None = None
    arrived_at: datetime | None = None
    arrivals: Mapping[str, datetime] = field(default_factory=dict)
    kept: Mapping[str, Any] = field(default_factory=dict)
    redeemed: Collection[str] = ()


@dataclass(frozen=True)
class View:
    """One customer as of `now`.

    `customer` holds what `facts.CUSTOMER` names (instants aware UTC, dates as dates, money in minor units
    of a currency with `exponent` decimals); None is unknown. `attributes` are the shop's own, as in JSON.
    `cart` is the basket that was told of last, by the fields of `facts.CART`; None where that is empty.
    `predicted`: model → what it says of the customer now; absent where nothing is known.
    `consents`: channel → the present answer about marketing. `inside`: journeys with a running enrolment,
    other than held out. `reachable`: channels for which the customer has an address: of e-mail, a number
    that takes texts, a device that takes pushes.
    """

    now: datetime
    zone: str
    customer: Mapping[str, Any] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    cart: Mapping[str, Any] | None = None
    predicted: Mapping[str, float] = field(default_factory=dict)
    consents: Mapping[str, bool] = field(default_factory=dict)
    engagements: tuple[Engagement, ...] = ()
    messages: tuple[Message, ...] = ()
    inside: frozenset[str] = frozenset()
    reachable: frozenset[str] = frozenset()
    enrolment: Enrolled | None = None
    exponent: int = 2
