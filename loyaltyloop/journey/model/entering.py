"""Who enters, and how often."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time
from typing import Literal

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.conditions.condition import Condition, Where


@dataclass(frozen=True)
class ByEvent:
    """One of these events arrives, and is not older than `max_age`."""

    events: tuple[str, ...]
    where: Where = Where()
    max_age: Duration = field(default_factory=lambda: Duration.of("24 hours"))


@dataclass(frozen=True)
class ByDate:
    """The yearly day of a date on the customer, in the customer's own zone."""

    attribute: str
    offset: Duration | None = None
    offset_sign: Literal[-1, 1] = 1
    at: time = time(0, 0)
    feb29: Literal["feb28", "mar1", "leap_only"] = "feb28"
    catch_up: Duration = field(default_factory=lambda: Duration.of("2 days"))


@dataclass(frozen=True)
class ByState:
    """The condition holds; looked at every hour or day."""

    condition: Condition
    check: Literal["hourly", "daily"] = "daily"


@dataclass(frozen=True)
class BySchedule:
    """It is time by the rule, for everybody for whom the condition holds."""

    rule: str  # RRULE or five-field cron, in the shop's zone
    to: Condition


@dataclass(frozen=True)
class ByHand:
    """Nobody enters but whom a person, the API or another journey starts."""


Entrance = ByEvent | ByDate | ByState | BySchedule | ByHand


@dataclass(frozen=True)
class Again:
    """`never`, `always`, or after a duration counted from the last entry."""

    kind: Literal["never", "always", "after"] = "never"
    after: Duration | None = None


@dataclass(frozen=True)
class Enter:
    """The way in, and for whom, how often and how many at a time."""

    by: Entrance
    one_per: str = "customer"  # or a property of the event
    again: Again = Again()
    while_inside: Literal["ignore", "restart", "alongside"] = "ignore"
    condition: Condition | None = None
    at_most: int | None = None
    at_most_per: Literal["hour", "day", "week"] | None = None
