"""Where a condition is asked in SQL: whose row, whose enrolment, as of when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, case, literal
from sqlmodel import UTCDateTime

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.conditions.comparisons import first_instant
from loyaltyloop.journey.conditions.condition import (
    About,
    Ago,
    Answered,
    Condition,
    Did,
    Engaged,
    Has,
    Instant,
    Test,
    Timed,
    Where,
    walk,
)
from loyaltyloop.journey.model import Shop
from loyaltyloop.journey.money import exponent

At = ColumnElement[Any]
# Calendar durations before or after `now`, by zone.
Limits = Mapping[tuple[Ago, str], datetime]


@dataclass(frozen=True, eq=False)
class Span:
    """What a `wait_for` or a goal looks at; None is no limit. See `journey.asked.Window`."""

    since: At | None = None
    until: At | None = None
    deadline: At | None = None
    since_given: bool = False


@dataclass(frozen=True, eq=False)
class Scope:
    """What a condition refers to.

    `customer`: the customer table or an alias of it. `enrolment`: an enrolment, or at entering anything
    with some of its columns (`trigger`, `trigger_event_id`, `order_id`): a column that is missing is
    unknown. `limits`: from `zone_limits`, for all zones of the customers asked, new ones included.
    `since`: from when a `did` counts that does not say it (None: ever). `span` is set by `moment`.
    """

    customer: FromClause
    now: datetime
    shop: Shop
    postgres: bool
    enrolment: FromClause | None = None
    limits: Limits = field(default_factory=dict)
    since: At | None = None
    span: Span | None = None

    @property
    def exponent(self) -> int:
        """How many decimals the shop's currency has."""
        return exponent(self.shop.currency)

    def own(self, name: str) -> ColumnElement[Any] | None:
        """A column of the enrolment; None: there is none."""
        return None if self.enrolment is None else self.enrolment.c.get(name)

    def instant(self, value: Instant) -> At:
        """An instant of a condition, for the customer of the row."""
        match value:
            case Ago(duration, sign) if duration.elapsed:
                return instant(duration.after(self.now, "UTC", sign))
            case Ago():
                return self._limit(value)
            case datetime():
                return instant(value)
            case date():
                return instant(first_instant(value))

    def _limit(self, ago: Ago) -> At:
        zones = defaultdict(list)
        for (each, zone), limit in self.limits.items():
            if each == ago:
                zones[limit].append(zone)
        if not zones:
            raise LookupError(f"No limits were computed for {ago}: call zone_limits(limits(condition), ...)")
        # Most zones agree, as clocks seldom change: they need not be listed.
        common, *others = sorted(zones, key=lambda limit: (-len(zones[limit]), limit))
        if not others:
            return instant(common)
        cases = [(self.customer.c.zone.in_(sorted(zones[limit])), instant(limit)) for limit in others]
        return case(*cases, else_=instant(common))


def instant(value: datetime) -> At:
    """An instant as a value of SQL."""
    return literal(value, UTCDateTime())


def limits(*conditions: Condition) -> set[Ago]:
    """The calendar durations that these conditions look back or ahead by."""
    agos = {ago for condition in conditions for part in walk(condition) for ago in _agos(part)}
    return {ago for ago in agos if not ago.duration.elapsed}


def zone_limits(agos: Iterable[Ago], zones: Iterable[str], now: datetime) -> dict[tuple[Ago, str], datetime]:
    """The instant that each comes to in each zone; once a turn, as SQL converts no zones."""
    known = sorted({"UTC", *zones})
    return {(ago, zone): ago.duration.after(now, zone, ago.sign) for ago in agos for zone in known}


def _agos(condition: Condition) -> Iterator[Ago]:
    match condition:
        case Did(within=within, where=where):
            yield from [*_within(within), *_where_agos(where)]
        case Engaged(within=within):
            yield from _within(within)
        case About(_, where):
            yield from _where_agos(where)
        case Answered(_, test):
            yield from _test_agos(test)
        case _:
            pass


def _within(within: Duration | None) -> list[Ago]:
    return [Ago(within, -1)] if within else []


def _where_agos(where: Where) -> Iterator[Ago]:
    for _, test in where.fields:
        yield from _test_agos(test)


def _test_agos(test: Test) -> Iterator[Ago]:
    for check in test:
        match check:
            case Timed(_, Ago() as ago):
                yield ago
            case Has(Where() as where):
                yield from _where_agos(where)
            case _:
                pass
