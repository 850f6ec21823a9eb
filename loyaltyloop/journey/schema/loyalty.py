"""shop.yaml's `points`, `tiers`, `badges` and `referral`."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import model_validator

from loyaltyloop.journey.schema.conditions import ConditionFile
from loyaltyloop.journey.schema.moments import Span
from loyaltyloop.journey.schema.values import Count, Text, Words, read_by, shown, wrong

MEASURES = ("points", "lifetime_value", "spent")


def _day(value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise wrong(f"{shown(value)} is no day", "Write it as 2026-01-31.") from None


def _positive(value: object) -> Decimal:
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and value > 0:
        return Decimal(value)
    raise wrong(f"{shown(value)} is no amount above nothing", "Write digits, such as 5 or 1.50.")


Amount = Annotated[Decimal, *read_by(_positive, {"type": "number", "exclusiveMinimum": 0})]
Day = Annotated[date, *read_by(_day, {"type": "string", "format": "date"})]


class PointsFile(Words):
    """What points are worth and how they are earned."""

    name: Text | None = None
    earn: Count | None = None
    for_each: Amount | None = None
    worth: Amount | None = None
    expire_after: Span | None = None
    since: Day | None = None


class TierFile(Words):
    """A tier begins at so many points, so much lifetime value, or so much spent within a time."""

    points: Count | None = None
    lifetime_value: Amount | None = None
    spent: Amount | None = None
    within: Span | None = None
    keep_at: Amount | None = None
    keep_for: Span | None = None

    @model_validator(mode="after")
    def _one_measure(self) -> TierFile:
        said = [word for word in MEASURES if getattr(self, word) is not None]
        if len(said) != 1:
            raise wrong(
                "a tier begins at one of points, lifetime_value and spent",
                "Write one of them, such as: {spent: 500, within: 12 months}.",
                said[1] if said else "",
            )
        if (self.spent is None) is not (self.within is None):
            raise wrong(
                "'spent' and 'within' go together",
                "Write both, such as: {spent: 500, within: 12 months}; of all times it is 'lifetime_value'.",
                "spent" if self.spent is not None else "within",
            )
        return self


class BadgeFile(Words):
    """A badge: what it is for, and when everybody gets it; without `when` it is given by steps alone."""

    about: Text
    when: ConditionFile | None = None


class ReferralFile(Words):
    """Friends whom customers bring."""

    link: Text | None = None
    after: Span | None = None
    counts_from: Literal["ordered", "delivered"] | None = None
    points: Count | None = None


def measure_of(tier: TierFile) -> tuple[str, Any]:
    """What the tier counts, and how much of it is wanted."""
    word = next(word for word in MEASURES if getattr(tier, word) is not None)
    return word, getattr(tier, word)
