"""Points as a fold: what each cause comes to by all that is known now, in whatever order it came.

What was earned follows the order as it is now: what is left of it after refunds earns, so that parts given
back never add up to more or less than the whole. Points lapse lot by lot; whoever spends takes those that
lapse first, then the oldest. More spent than there was is a debt: the balance is below nothing, and what is
earned next pays it off first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Any, NamedTuple

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.model.loyalty import Points

EARNED, REDEEMED, EXPIRED = "Points Earned", "Points Redeemed", "Points Expired"
EVENTS = (EARNED, REDEEMED, EXPIRED)
MOST = 10**9  # points that one event may speak of
_LAPSE, _CREDIT, _DEBIT = range(3)  # at the same instant in this order


@dataclass(frozen=True)
class Terms:
    """Under which points are earned and lapse. `per`: minor units; `lasts`: None is for ever."""

    earn: int = 0
    per: int = 1
    lasts: Duration | None = None

    def earned(self, amount: int) -> int:
        """The points for so many minor units: for whole steps alone."""
        return max(amount, 0) // self.per * self.earn

    def document(self) -> dict[str, Any]:
        """As the ledger keeps them."""
        lasts = None if self.lasts is None else str(self.lasts)
        return {"earn": self.earn, "per": self.per, "lasts": lasts}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Terms:
        """As the ledger kept them."""
        lasts = document.get("lasts")
        return cls(document["earn"], document["per"], Duration.of(lasts) if lasts else None)


def terms_of(rule: Points, decimals: int) -> Terms:
    """The terms of shop.yaml; less than the smallest coin is one."""
    per = (rule.for_each.scaleb(decimals)).to_integral_value(ROUND_FLOOR)
    return Terms(rule.earn, max(int(per), 1), rule.expire_after)


class Credit(NamedTuple):
    """A lot of points; `lapses_at`: None is never."""

    cause: str
    at: datetime
    points: int
    lapses_at: datetime | None = None


class Debit(NamedTuple):
    """Points that were spent."""

    cause: str
    at: datetime
    points: int


@dataclass
class Purse:
    """What is left of the lots: `open` by cause, `lapsed` by cause, and a debt."""

    open: dict[str, Credit] = field(default_factory=dict)
    lapsed: dict[str, int] = field(default_factory=dict)
    debt: int = 0

    @property
    def balance(self) -> int:
        """What there is; below nothing it is owed."""
        return sum(lot.points for lot in self.open.values()) - self.debt

    @property
    def lapses_next(self) -> datetime | None:
        """When the next points lapse."""
        times = [lot.lapses_at for lot in self.open.values() if lot.lapses_at is not None and lot.points]
        return min(times, default=None)

    def add(self, credit: Credit) -> None:
        """A new lot; it pays debts first."""
        paid = min(self.debt, credit.points)
        self.debt -= paid
        self.open[credit.cause] = credit._replace(points=credit.points - paid)

    def take(self, points: int) -> None:
        """Spend so many; what is not there is owed."""
        for lot in sorted(self.open.values(), key=_first_to_go):
            taken = min(points, lot.points)
            self.open[lot.cause] = lot._replace(points=lot.points - taken)
            points -= taken
        self.debt += points

    def lapse(self, cause: str) -> None:
        """What is left of the lot is gone."""
        lot = self.open.pop(cause)
        if lot.points:
            self.lapsed[cause] = lot.points


def purse(credits: Iterable[Credit], debits: Iterable[Debit], now: datetime) -> Purse:
    """What is left as of `now`. What happened in a future that a clock made up counts at once."""
    found = Purse()
    for _, kind, _, what in sorted(_doings(credits, debits, now), key=lambda one: one[:3]):
        match what:
            case Credit():
                found.lapse(what.cause) if kind == _LAPSE else found.add(what)
            case Debit():
                found.take(what.points)
    return found


def _doings(
    credits: Iterable[Credit], debits: Iterable[Debit], now: datetime
) -> Iterator[tuple[datetime, int, int, Credit | Debit]]:
    for number, debit in enumerate(sorted(debits, key=lambda one: one.cause)):
        yield debit.at, _DEBIT, number, debit
    for number, credit in enumerate(sorted(credits, key=lambda one: one.cause)):
        yield credit.at, _CREDIT, number, credit
        if credit.lapses_at is not None and credit.lapses_at <= now:
            yield max(credit.lapses_at, credit.at), _LAPSE, number, credit


def _first_to_go(lot: Credit) -> tuple[bool, datetime, datetime, str]:
    return lot.lapses_at is None, lot.lapses_at or lot.at, lot.at, lot.cause


def told(name: str, properties: Mapping[str, Any]) -> int:
    """What an event of `EVENTS` says, with its sign; 0 where it names no whole number of points."""
    points = properties.get("points")
    if isinstance(points, str) and points.strip().isascii() and points.strip().isdigit():
        points = int(points.strip()[:12])
    if isinstance(points, float | Decimal) and points == int(points):
        points = int(points)
    if type(points) is not int or not 0 < points <= MOST:
        return 0
    return points if name == EARNED else -points
