"""shop.yaml's points, tiers, badges and referral as the records of `model`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.conditions.condition import Condition
from loyaltyloop.journey.model.loyalty import Badge, Points, Referral, Tier
from loyaltyloop.journey.reading.meaning import Names, condition_of
from loyaltyloop.journey.schema.loyalty import BadgeFile, PointsFile, ReferralFile, TierFile, measure_of

# As long as goods can usually be sent back.
WAIT = Duration.of("14 days")


def points_of(file: PointsFile | None) -> Points | None:
    """How points are earned; what is not said is one point for each whole unit of the currency."""
    if file is None:
        return None
    return Points(
        name=file.name or "points",
        earn=file.earn or 1,
        for_each=file.for_each if file.for_each is not None else Decimal(1),
        worth=file.worth,
        expire_after=file.expire_after,
        since=file.since,
    )


def tiers_of(files: Mapping[str, TierFile]) -> tuple[Tier, ...]:
    """The tiers, lowest first, as they stand in the file."""
    return tuple(_tier(name, file) for name, file in files.items())


def _tier(name: str, file: TierFile) -> Tier:
    word, least = measure_of(file)
    at_least = Decimal(least)
    keep_at = at_least if file.keep_at is None else file.keep_at
    return Tier(name, word, at_least, keep_at, file.within, file.keep_for)  # type: ignore[arg-type]


def badges_of(files: Mapping[str, BadgeFile], segments: Mapping[str, Condition]) -> tuple[Badge, ...]:
    """The badges with what they are given for."""
    names = Names(segments=segments)
    return tuple(
        Badge(name, file.about, None if file.when is None else condition_of(file.when, names))
        for name, file in files.items()
    )


def referral_of(file: ReferralFile | None, url: str | None) -> Referral | None:
    """How friends are brought; without a link of its own the shop's first page with `?ref=`."""
    if file is None:
        return None
    link = file.link or f"{(url or '').rstrip('/')}/?ref="
    return Referral(link, file.after or WAIT, file.counts_from or "ordered", file.points or 0)
