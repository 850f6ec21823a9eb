"""What left in a year, and what must not have: looked at message by message, as one would by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import holidays

from loyaltyloop.journey.clock.times import to_local
from loyaltyloop.journey.model import Cap, Shop
from tests.strategies.traffic import HOMES


@dataclass(frozen=True)
class Gone:
    """A message that left."""

    key: str
    at: datetime
    who: str
    journey: str
    step: str
    purpose: str

    @property
    def local(self) -> datetime:
        """When that was where its reader lives."""
        return to_local(self.at, HOMES[self.who].zone)

    @property
    def address(self) -> str:
        """Whereto."""
        return HOMES[self.who].email.lower()


@dataclass
class Ledger:
    """What was said, in its order: (when it was known, who, what), and who was erased when."""

    consents: list[tuple[datetime, str, bool]] = field(default_factory=list)
    stops: list[tuple[datetime, str, str]] = field(default_factory=list)  # of addresses: bounced, complained
    erased: dict[str, datetime] = field(default_factory=dict)


def wrong(shop: Shop, gone: list[Gone], ledger: Ledger) -> Iterator[str]:
    """All that a message must not have done; nothing, if the promises are kept."""
    for one in gone:
        yield from (f"{one.key}: {what}" for what in _of_one(shop, one, ledger))
        earlier = [
            other for other in gone if other.at < one.at or (other.at == one.at and other.key < one.key)
        ]
        yield from (f"{one.key}: above {cap}" for cap in shop.caps if _above(cap, one, earlier))
        if one.purpose == "marketing" and any(_copy(one, other) for other in earlier):
            yield f"{one.key}: a second copy"


def _of_one(shop: Shop, one: Gone, ledger: Ledger) -> Iterator[str]:
    if one.purpose != "transactional" and _quiet(shop, one):
        yield "in quiet hours"
    said = [given for at, who, given in ledger.consents if who == one.who and at <= one.at]
    if one.purpose == "marketing" and not said[-1]:
        yield "after a withdrawal"
    for at, address, what in ledger.stops:
        agreed = [given for when, who, given in ledger.consents if who == one.who and at < when <= one.at]
        over = what == "complained" and (one.purpose == "transactional" or (agreed and agreed[-1]))
        if at <= one.at and address == one.address and not over:
            yield f"to an address that {what}"
    if one.at > ledger.erased.get(one.who, one.at):
        yield "to somebody erased"


def _quiet(shop: Shop, one: Gone) -> bool:
    home, clock = HOMES[one.who], f"{one.local:%H:%M}"
    for window in shop.quiet_hours:
        if one.purpose in window.purposes and (not window.countries or home.country in window.countries):
            if window.start is None or window.end is None:
                days = holidays.country_holidays(home.country, years=one.local.year)
                if f"{one.local:%a}".lower() in window.days or one.local.date() in days:
                    return True
            else:
                start, end = f"{window.start:%H:%M}", f"{window.end:%H:%M}"
                if (start <= clock < end) if start < end else (clock >= start or clock < end):
                    return True
    return False


def _above(cap: Cap, one: Gone, earlier: list[Gone]) -> bool:
    if one.purpose not in cap.purposes:
        return False
    counted = [each for each in earlier if each.purpose in cap.purposes and _together(cap, each, one)]
    mine = sum(each.who == one.who for each in counted)
    there = sum(each.address == one.address for each in counted)
    return max(mine, there) >= cap.number


def _together(cap: Cap, first: Gone, second: Gone) -> bool:
    """Do both fall into one span of the cap, where the second's reader lives?"""
    then, now = (to_local(each.at, HOMES[second.who].zone) for each in (first, second))
    match cap.unit:
        case "hour":
            return (then.date(), then.hour) == (now.date(), now.hour)
        case "day":
            return then.date() == now.date()
        case "week":
            return then.isocalendar()[:2] == now.isocalendar()[:2]
        case "month":
            return (then.year, then.month) == (now.year, now.month)
    if cap.span.elapsed:
        return second.at - first.at < timedelta(seconds=cap.span.seconds)
    if cap.span.months:
        day = min(then.day, 28) if then.month == 1 and then.day > 28 else then.day
        year, month = then.year + then.month // 12, then.month % 12 + 1
        last = (datetime(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)).day  # noqa: DTZ001
        return now < then.replace(year=year, month=month, day=min(day, last))
    return now < then + timedelta(days=cap.span.days)


def _copy(one: Gone, other: Gone) -> bool:
    same = (one.journey, one.step, one.address) == (other.journey, other.step, other.address)
    other_day = to_local(other.at, HOMES[one.who].zone).date()
    return same and one.who != other.who and other_day == one.local.date()
