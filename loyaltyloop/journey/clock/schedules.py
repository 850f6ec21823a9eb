"""Schedules: five cron fields or an RRULE, told in local time."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import groupby, islice

from loyaltyloop.journey.clock.recurrence import Recurrence
from loyaltyloop.journey.clock.rrule import read_local, read_recurrence

# What a rule without a DTSTART counts from: a Monday.
EPOCH = datetime(2020, 1, 6, tzinfo=UTC).replace(tzinfo=None)
# A schedule that has no time in so long is one that never comes: 29 February has come by then.
LOOKED_THROUGH = timedelta(days=8 * 366)


def unreadable(schedule: str) -> str | None:
    """What is wrong with a schedule; None: nothing."""
    # Loaded when a schedule is written: `loop check` is to answer at once.
    from cronsim import CronSim, CronSimError

    try:
        if not _is_rrule(schedule):
            CronSim(schedule, EPOCH.replace(tzinfo=UTC))
            return None
        planned = _read(schedule)
    except (ValueError, CronSimError) as error:
        return str(error)
    if planned.begins is None and any(rule.count or rule.interval > 1 for rule in planned.rules):
        rule = schedule.removeprefix("RRULE:")
        return f"INTERVAL and COUNT count from a first instant: 'DTSTART:20260105T090000 RRULE:{rule}'"
    return None


def first_instants(schedule: str, number: int, zone: tzinfo = UTC) -> list[datetime]:
    """So many of the first local times of a readable schedule; fewer where eight years have no more.

    Looked for from its DTSTART on; without one, from 2020 on.
    """
    begin = (_read(schedule).begins if _is_rrule(schedule) else None) or EPOCH
    return list(islice(local_instants(schedule, begin, begin + LOOKED_THROUGH, zone), number))


def local_instants(schedule: str, start: datetime, end: datetime, zone: tzinfo) -> Iterator[datetime]:
    """The local times in [start, end] at which it is time. `start` and `end` are local times, too."""
    if _is_rrule(schedule):
        yield from _read(schedule).between(start, end)
        return
    from cronsim import CronSim

    for found in CronSim(schedule, start.replace(tzinfo=zone) - timedelta(minutes=1)):
        local = found.replace(tzinfo=None)
        if local > end:
            return
        yield local


def _is_rrule(schedule: str) -> bool:
    return any(word in schedule.upper() for word in ("FREQ=", "DTSTART", "RDATE"))


# ── rules and single times ──────────────────────────────────────────────────


@dataclass(frozen=True)
class _Planned:
    """Rules and single times, and the times that are left out. `begins`: the DTSTART."""

    begins: datetime | None
    rules: tuple[Recurrence, ...]
    dates: tuple[datetime, ...]
    but_not: frozenset[datetime]

    def between(self, start: datetime, end: datetime) -> Iterator[datetime]:
        single = (moment for moment in self.dates if start <= moment <= end)
        merged = heapq.merge(single, *(rule.between(start, end) for rule in self.rules))
        yield from (moment for moment, _ in groupby(merged) if moment not in self.but_not)


def _read(schedule: str) -> _Planned:
    """The schedule of these lines, in any order. A DTSTART alone is one instant. ValueError."""
    said: dict[str, list[str]] = {"DTSTART": [], "RRULE": [], "RDATE": [], "EXDATE": []}
    for line in schedule.upper().split():
        word, _, value = line.partition(":") if not line.startswith("FREQ=") else ("RRULE", ":", line)
        if ";" in word:
            raise ValueError(
                f"it is told in the shop's local time: write {word.partition(';')[0]}: and the time"
            )
        if word not in said:
            raise ValueError(f"'{word}' means nothing here: write {', '.join(said)}")
        said[word].append(value)
    starts, dates, but_not = (_times(said[word]) for word in ("DTSTART", "RDATE", "EXDATE"))
    if len(starts) > 1:
        raise ValueError("there are two DTSTART")
    begins = starts[0] if starts else None
    rules = tuple(read_recurrence(text, begins or EPOCH) for text in said["RRULE"])
    alone = starts if not rules and not dates else []
    return _Planned(begins, rules, tuple(sorted([*dates, *alone])), frozenset(but_not))


def _times(said: list[str]) -> list[datetime]:
    return [read_local(text) for value in said for text in value.split(",")]
