"""Which tier somebody holds: entered at one threshold, kept at a lower one, and for a time below that.

Pure. Tiers stand lowest first. Whoever falls lands on the highest tier below that they still keep.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from loyaltyloop.journey.clock.times import Duration
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
    _falling: dict[Duration, Spent] = field(default_factory=dict, init=False, repr=False, compare=False)

    def of(self, tier: Tier, now: datetime) -> Decimal:
        """How much there is of what the tier counts."""
        match tier.by:
            case "points":
                return Decimal(self.points)
            case "lifetime_value":
                return self.lifetime_value
            case "spent":
                return sum((amount for at, amount in self._falls(tier) if at > now), Decimal(0))

    def changes_at(self, tiers: Iterable[Tier], now: datetime) -> datetime | None:
        """When an order next falls out of a tier's time."""
        return min((at for tier in tiers for at, _ in self._falls(tier) if at > now), default=None)

    def _falls(self, tier: Tier) -> Spent:
        """When what was spent falls out of the tier's time. Tiers mostly have one time in common."""
        if tier.within is None:
            return ()
        if tier.within not in self._falling:
            falls = [(tier.within.after(at, self.zone), amount) for at, amount in self.spent]
            self._falling[tier.within] = falls
        return self._falling[tier.within]


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
