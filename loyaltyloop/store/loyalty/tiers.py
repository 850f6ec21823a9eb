"""Which tier somebody holds: entered at one threshold, kept at a lower one, and for a time below that.

Pure. Tiers stand lowest first. Whoever falls lands on the highest tier below that they still keep.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from loyaltyloop.journey.model.loyalty import Tier

# Money that was spent, and when.
Spent = Sequence[tuple[datetime, Decimal]]


@dataclass(frozen=True)
class Holds:
    """The tier held (None: none), since when there is too little for it, and when to look again."""

    tier: str | None
    below_since: datetime | None = None
    look_at: datetime | None = None


@dataclass(frozen=True)
class Measures:
    """What tiers count: the balance of points, and money in major units."""

    points: int
    lifetime_value: Decimal
    spent: Spent
    zone: str

    def of(self, tier: Tier, now: datetime) -> Decimal:
        """How much there is of what the tier counts."""
        match tier.by:
            case "points":
                return Decimal(self.points)
            case "lifetime_value":
                return self.lifetime_value
            case "spent":
                return sum((amount for _, amount in self._within(tier, now)), Decimal(0))

    def changes_at(self, tiers: Iterable[Tier], now: datetime) -> datetime | None:
        """When an order next falls out of a tier's time."""
        leaves = (
            tier.within.after(at, self.zone)
            for tier in tiers
            if tier.within is not None
            for at, _ in self._within(tier, now)
        )
        return min((at for at in leaves if at > now), default=None)

    def _within(self, tier: Tier, now: datetime) -> Iterable[tuple[datetime, Decimal]]:
        """Those that have not fallen out of it."""
        if tier.within is None:
            return ()
        return [one for one in self.spent if tier.within.after(one[0], self.zone) > now]


def held(
    tiers: Sequence[Tier], had: str | None, below_since: datetime | None, measures: Measures, now: datetime
) -> Holds:
    """The tier as of `now` of who had the tier `had`."""
    look = measures.changes_at(tiers, now)
    amounts = {tier.name: measures.of(tier, now) for tier in tiers}
    entered = _highest(tiers, amounts, keep=False)
    ranks = {tier.name: rank for rank, tier in enumerate(tiers)}
    rank = -1 if had is None else ranks.get(had, -1)
    if had is None or rank <= ranks.get(entered or "", -1):
        return Holds(entered, None, look)
    tier = tiers[rank]
    if amounts[tier.name] >= tier.keep_at:
        return Holds(tier.name, None, look)
    since = below_since or now
    ends = now if tier.keep_for is None else tier.keep_for.after(since, measures.zone)
    if now < ends:
        return Holds(tier.name, since, min(ends, look) if look else ends)
    return Holds(_highest(tiers[:rank], amounts, keep=True), None, look)


def _highest(tiers: Sequence[Tier], amounts: Mapping[str, Decimal], keep: bool) -> str | None:
    for tier in reversed(tiers):
        if amounts[tier.name] >= (tier.keep_at if keep else tier.at_least):
            return tier.name
    return None
