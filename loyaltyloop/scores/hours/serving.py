"""The good hour of each of a cohort: the likeliest of those that are open, when it next comes, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
from sqlalchemy import Connection

from loyaltyloop.journey.clock.openings import Openings
from loyaltyloop.scores.hours.belief import LITTLE, Belief, Reason, Wants, believe
from loyaltyloop.scores.hours.happenings import FACETS, Facet, Floats, counted, hours_of, local_times
from loyaltyloop.scores.hours.reading import market_of, read_happenings
from loyaltyloop.scores.recommending.figures import read_figures
from loyaltyloop.store.people.zones import country_name

_BATCH = 10_000  # people whose distributions are held at once
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class People:
    """Who is asked about, a column each: ids of customers, their zones and countries, and the channel of the
    message of each (None: not known)."""

    customers: Sequence[int]
    zones: Sequence[str]
    countries: Sequence[str | None]
    channels: Sequence[str | None]

    def parts(self) -> Iterator[tuple[int, People]]:
        """Some at a time, with the place of the first."""
        for start in range(0, len(self.customers), _BATCH):
            some = slice(start, start + _BATCH)
            yield (
                start,
                People(self.customers[some], self.zones[some], self.countries[some], self.channels[some]),
            )


@dataclass(frozen=True)
class Chosen:
    """An hour of the day where somebody lives, when it next comes (UTC), and why it was chosen."""

    hour: int
    at: datetime
    why: str


def choose_alike(
    connection: Connection,
    people: People,
    wants: Wants,
    now: datetime,
    openings: Callable[[str, str | None], Openings],
    country: str,
) -> list[Chosen]:
    """`openings`: by zone and channel. `country`: the shop's, for the quiet hours of those without one."""
    found: list[Chosen] = []
    for _, some in people.parts():
        tables = _tables(some, openings, country)
        belief = _belief(connection, some, wants, now)
        found += _of_tables(belief, some, tables)
    return found


def choose_each(
    connection: Connection,
    people: People,
    wants: Wants,
    now: datetime,
    openings: Sequence[Openings],
    country: str,
) -> list[Chosen]:
    """The same where everybody has `openings` of their own."""
    found: list[Chosen] = []
    for start, some in people.parts():
        belief = _belief(connection, some, wants, now)
        ranked = belief.ranked()
        open_ = [
            openings[start + place].first(iter(hours), some.zones[place], some.countries[place] or country)
            for place, hours in enumerate(ranked.tolist())
        ]
        hours = np.array([hour for hour, _ in open_], np.int64)
        whys = _whys(belief, hours, ranked[:, 0], some.countries)
        found += [Chosen(hour, at, why) for (hour, at), why in zip(open_, whys, strict=True)]
    return found


Table = tuple[datetime | None, ...]


def _tables(
    people: People, openings: Callable[[str, str | None], Openings], country: str
) -> tuple[list[Table], Any]:
    """When each hour next comes, for each place and channel; and which of them is whose."""
    numbers: dict[tuple[str, str | None, str | None], int] = {}
    keys = zip(people.zones, people.countries, people.channels, strict=True)
    whose = np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)
    tables = [openings(zone, channel).table(zone, where or country) for zone, where, channel in numbers]
    return tables, whose


def _of_tables(belief: Belief, people: People, tables: tuple[list[Table], Any]) -> list[Chosen]:
    times, whose = tables
    open_ = np.array([[one is not None for one in table] for table in times])[whose]
    hours = belief.best(open_)
    whys = _whys(belief, hours, belief.best(np.ones_like(open_)), people.countries)
    return [
        Chosen(hour, at, why)
        for hour, place, why in zip(hours.tolist(), whose.tolist(), whys, strict=True)
        if (at := times[place][hour]) is not None
    ]


def _whys(belief: Belief, hours: Any, likeliest: Any, countries: Sequence[str | None]) -> list[str]:
    told = zip(belief.reasons(hours), hours.tolist(), likeliest.tolist(), countries, strict=True)
    return [_why(reason, hour, best, where) for reason, hour, best, where in told]


@lru_cache(maxsize=8192)
def _why(reason: Reason, hour: int, likeliest: int, country: str | None) -> str:
    """The reason, as a person says it."""
    but = "" if hour == likeliest else f" ({likeliest:02}:00 would be better, and is not open to it)"
    if reason.level in ("nothing", LITTLE):
        return f"{reason.level} is known yet: {hour:02}:00{but}"
    usual = reason.width is not None
    match reason.level:
        case "person":
            who = "they usually" if usual else "they often"
        case "country":
            who = f"{'most' if usual else 'many'} in {country_name(country or '')}"
        case _:
            who = f"{'most' if usual else 'many'} customers"
    return f"{who} {reason.deed} {_when(hour, reason.width)}{but}"


def _when(hour: int, width: int | None) -> str:
    if width is None:
        return f"around {hour:02}:00"
    return f"between {(hour - width) % 24:02}:00 and {(hour + width + 1) % 24:02}:00"


def _belief(connection: Connection, people: People, wants: Wants, now: datetime) -> Belief:
    """What is known of them by now, and of their markets as of the week's beginning."""
    markets = _markets(connection, people.countries, now)
    ids, first, place = np.unique(np.array(people.customers), return_index=True, return_inverse=True)
    zones = [people.zones[one] for one in first.tolist()]
    found = read_happenings(connection, ids.tolist(), zones, now + _MOMENT)
    local = local_times(found, zones)

    def counts(facet: Facet) -> Floats:
        return counted(hours_of(found, local, facet, now), len(ids))[place]

    parts = np.empty((2, 4, len(place), 24))
    for facet, mine in _by_facet(people.channels).items():
        own = {"buying": counts("buying")[mine], facet: counts(facet)[mine]}
        where = [people.countries[one] for one in mine.tolist()]
        parts[:, :, mine] = believe(own, markets, where, (facet, "buying"), wants).parts
    return Belief(parts)


def _by_facet(channels: Sequence[str | None]) -> dict[Facet, Any]:
    """What browsing means for each message's channel: the places of those messages."""
    named = np.array([channel or "" for channel in channels])
    facets: dict[Facet, Any] = {}
    for facet in FACETS[1:]:
        mine = np.flatnonzero(named == facet.partition(".")[2])
        if len(mine):
            facets[facet] = mine
    return facets


def _markets(connection: Connection, countries: Sequence[str | None], now: datetime) -> Mapping[Facet, Any]:
    names = {one for one in countries if one is not None}
    keys = [*FACETS, *(f"{facet}/{name}" for facet in FACETS for name in names)]
    figures = read_figures(connection, "hours", now, keys)
    found = {facet: market_of(facet, figures) for facet in FACETS}
    return {facet: market for facet, market in found.items() if market is not None}
