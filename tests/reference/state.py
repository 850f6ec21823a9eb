"""The records of the reference: what arrived, who is known, who stands where, what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Happening:
    """One event as it arrived. `number` is its place in the order of ingest."""

    number: int
    message_id: str
    type: str
    at: datetime
    arrived_at: datetime
    name: str = ""
    user_id: str | None = None
    anonymous_id: str | None = None
    previous_id: str | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    source: str = "test"
    device: str | None = None  # the token of the one it was done on

    @property
    def identity(self) -> str:
        """What the occurrence of an entry by this event is called."""
        return f"{self.source}:{self.message_id}"

    @property
    def place(self) -> tuple[datetime, int]:
        """Where it stands among others by its own time."""
        return (self.at, self.number)


@dataclass(eq=False)
class Person:
    """A customer. `key` is the first id by which the customer was known, `number` the order of creation."""

    key: str
    number: int
    first_seen_at: datetime
    known: bool = False  # by a user's id, not by a device's alone
    attributes: dict[str, tuple[datetime, Any]] = field(default_factory=dict)  # with the time of the value
    consents: dict[tuple[str, str], tuple[datetime, bool]] = field(default_factory=dict)
    events: list[Happening] = field(default_factory=list)
    predicted: dict[str, float] = field(default_factory=dict)  # what models say of them now
    joined: list[Person] = field(default_factory=list)  # in this turn

    def attribute(self, name: str) -> Any:
        """The present value, or None."""
        return self.attributes.get(name, (None, None))[1]

    def assign(self, name: str, value: Any, at: datetime) -> None:
        """The latest value by its own time wins, in whatever order values arrive."""
        if name not in self.attributes or self.attributes[name][0] <= at:
            self.attributes[name] = (at, value)

    def answer(self, channel: str, purpose: str, given: bool, at: datetime) -> None:
        """The latest answer about consent wins; of two at the same instant the withdrawal."""
        known = self.consents.get((channel, purpose))
        if known is None or (known[0], not known[1]) < (at, not given):
            self.consents[channel, purpose] = (at, given)


@dataclass(frozen=True)
class Stop:
    """An address (in small letters) that bounced for good, or whose reader complained."""

    address: str
    hard: bool
    at: datetime


@dataclass(frozen=True)
class Visit:
    """A step that was left."""

    step: str
    arrived_at: datetime
    left_at: datetime
    path: str


@dataclass
class Message:
    """A message and what became of it. state: planned, held, handed_over, refused.

    `holding`: it is held by a `hold_while`. `at_end`: it is a call of an `at_end` step. `offers`: the answers
    to the question in it, if it asks one.
    """

    key: str
    step: str
    purpose: str
    decided_at: datetime
    due_at: datetime
    expires_at: datetime | None
    state: str = "planned"
    reason: str = ""
    handed_over_at: datetime | None = None
    call: bool = False
    holding: bool = False
    at_end: bool = False
    offers: tuple[str | int, ...] = ()
    to: str | None = None
    channel: str = "email"
    others: tuple[str, ...] = ()  # channels that it may take yet
    passed: int = 0  # channels by which it could not leave


@dataclass
class Gift:
    """What a `give` gave. state: none (nothing was given), reserved, shown, released. `code`: of a pool."""

    state: str
    at: datetime
    code: str | None = None
    expires_at: datetime | None = None
    redeemed: bool = False


@dataclass(eq=False)
class Enrolment:
    """One way through one journey, and where the customer stands: ready, waiting, sending or ended."""

    journey: str
    person: Person
    customer_key: str
    one_per: str
    occurrence: str
    entered_at: datetime
    trigger: Mapping[str, Any]
    trigger_event: Happening | None
    arrived_at: datetime
    step: str | None
    number: int
    state: str = "ready"
    due_at: datetime | None = None
    end: str | None = None
    reason: str | None = None
    held_out: bool = False
    goal_at: datetime | None = None
    visits: list[Visit] = field(default_factory=list)
    messages: dict[str, Message] = field(default_factory=dict)
    gifts: dict[str, Gift] = field(default_factory=dict)
    scores: dict[str, float | None] = field(default_factory=dict)
    dues: dict[str, datetime] = field(default_factory=dict)
    hours: dict[str, int] = field(default_factory=dict)  # good ones, by the step that chose them

    @property
    def running(self) -> bool:
        return self.state != "ended"

    def arrival(self, step: str) -> datetime | None:
        """When the customer came to that step of this enrolment; None: never yet."""
        if self.step == step and self.running:
            return self.arrived_at
        return next((visit.arrived_at for visit in self.visits if visit.step == step), None)
