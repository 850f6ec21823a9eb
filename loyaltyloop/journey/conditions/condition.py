"""A condition, read: frozen records that Python evaluates on one customer and SQL on a million.

Scalars are `str`, `bool`, `int` or `Decimal` (never float). Money stands as written, in major units.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from loyaltyloop.journey.clock.times import Duration

Scalar = str | bool | int | Decimal


@dataclass(frozen=True)
class Ago:
    """An instant told from `now`: `30 days ago` (sign -1) or `in 14 days` (sign +1)."""

    duration: Duration
    sign: Literal[-1, 1]


# An absolute instant is an aware UTC datetime; a date stands for its first instant in UTC.
Instant = datetime | date | Ago

# `not` is a comparison too: known and different. `is` is the bare value.
Op = Literal["is", "not", "over", "under", "at_least", "at_most", "contains"]


@dataclass(frozen=True)
class Compare:
    """A scalar compared with one value. Order comparisons hold between numbers, and between texts."""

    op: Op
    value: Scalar


@dataclass(frozen=True)
class OneOf:
    """Equal to one of these."""

    values: tuple[Scalar, ...]


@dataclass(frozen=True)
class Between:
    """From low to high, both included."""

    low: Scalar
    high: Scalar


@dataclass(frozen=True)
class Has:
    """A list with an element that equals `value`, or for which all of `where` holds."""

    value: Scalar | Where


@dataclass(frozen=True)
class Timed:
    """An instant or date before or after another (exclusive)."""

    op: Literal["before", "after"]
    value: Instant


@dataclass(frozen=True)
class Known:
    """There is a value, or (`known: false`) there is none."""

    known: bool


Check = Compare | OneOf | Between | Has | Timed | Known
# All of them must hold: `{over: 3, under: 9}`.
Test = tuple[Check, ...]


@dataclass(frozen=True)
class Where:
    """Fields and what must hold for each; all must hold."""

    fields: tuple[tuple[str, Test], ...] = ()


@dataclass(frozen=True)
class AllOf:
    """Every part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Not:
    """The part does not hold."""

    part: Condition


# "entered", "step" (arrival at the present step), "ever", or the name of a step (arrival there).
@dataclass(frozen=True)
class Did:
    """The customer did one of these events, by the event's own time; never the event entered by."""

    events: tuple[str, ...]
    within: Duration | None = None
    since: str | None = None
    times: Test = (Compare("at_least", 1),)
    where: Where = Where()
    same: str | None = None


Engagement = Literal["clicked", "opened", "replied", "received", "bounced"]


@dataclass(frozen=True)
class Engaged:
    """A person's (never a machine's) response to a message.

    `journey` None: of `step` in this enrolment. `journey` given: of any enrolment of that journey
    (`step` None: any of its messages).
    """

    kind: Engagement
    step: str | None
    journey: str | None = None
    within: Duration | None = None


@dataclass(frozen=True)
class Redeemed:
    """An order used the code of that `give`, in this enrolment."""

    step: str


@dataclass(frozen=True)
class Answered:
    """The answer to that `ask`, in this enrolment, fits the test."""

    step: str
    test: Test


# What a mapping of fields is asked of.
Subject = Literal["customer", "trigger", "order", "cart", "predicted", "scored"]


@dataclass(frozen=True)
class About:
    """`customer:`, `trigger:`, `order:`, `cart:`, `predicted:`, `scored:` with their fields."""

    subject: Subject
    where: Where


@dataclass(frozen=True)
class Consents:
    """Consent to marketing by this channel is (`True`) or is not (`False`) on record."""

    channel: str
    given: bool


@dataclass(frozen=True)
class Reachable:
    """There is a valid address for this channel."""

    channel: str


@dataclass(frozen=True)
class Inside:
    """A running enrolment in this journey."""

    journey: str


@dataclass(frozen=True)
class Segment:
    """A named condition of shop.yaml, resolved by the reader."""

    name: str
    condition: Condition


Condition = (
    AllOf
    | AnyOf
    | Not
    | Did
    | Engaged
    | Redeemed
    | Answered
    | About
    | Consents
    | Reachable
    | Inside
    | Segment
)


def walk(condition: Condition) -> Iterator[Condition]:
    """The condition and every condition inside it, outermost first."""
    yield condition
    match condition:
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from walk(part)
        case Not(part) | Segment(_, part):
            yield from walk(part)
        case _:
            assert is_dataclass(condition) and fields(condition)
