"""What shop.yaml says of points, tiers, badges and friends who were brought."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.conditions.condition import Condition


@dataclass(frozen=True)
class Points:
    """`earn` points for each whole `for_each` (the shop's currency, major units) of what an order came to.

    `worth`: of one point. `expire_after`: how long points live. `since`: orders before that day earn nothing.
    Both go by the shop's calendar.
    """

    name: str = "points"
    earn: int = 1
    for_each: Decimal = Decimal(1)
    worth: Decimal | None = None
    expire_after: Duration | None = None
    since: date | None = None


@dataclass(frozen=True)
class Tier:
    """A tier is entered at `at_least` of what `by` counts, and kept at `keep_at`.

    by: `points` (the balance), or money in major units: `lifetime_value`, or `spent` in the time `within`.
    `keep_for`: who has less than `keep_at` keeps the tier for so long.
    """

    name: str
    by: Literal["points", "lifetime_value", "spent"]
    at_least: Decimal
    keep_at: Decimal
    within: Duration | None = None
    keep_for: Duration | None = None


@dataclass(frozen=True)
class Badge:
    """A badge, in words for customers; given by `when`, where there is one, and by `give`."""

    name: str
    about: str
    when: Condition | None = None


@dataclass(frozen=True)
class Referral:
    """A friend counts when the first paid order is so old and not given back.

    `link`: what a customer's code is put behind. `counts_from`: the order's own time, or its delivery.
    `points`: for who brought the friend.
    """

    link: str
    after: Duration
    counts_from: Literal["ordered", "delivered"] = "ordered"
    points: int = 0
