"""Schedules: five cron fields or an RRULE, told in local time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dateutil.rrule import rrule, rruleset

# What a rule without a DTSTART counts from: a Monday.
EPOCH = datetime(2020, 1, 6, tzinfo=UTC).replace(tzinfo=None)
_COUNTS = re.compile(r"\bCOUNT=|\bINTERVAL=0*(?!1\b)\d")


def unreadable(schedule: str) -> str | None:
    """What is wrong with a schedule; None: nothing."""
    # Loaded when a schedule is written: `loop check` is to answer at once.
    from cronsim import CronSim, CronSimError

    try:
        if not _is_rrule(schedule):
            CronSim(schedule, EPOCH.replace(tzinfo=UTC))
            return None
        _rrule(schedule)
    except (ValueError, TypeError, CronSimError) as error:
        return str(error)
    if "DTSTART" not in schedule and _COUNTS.search(schedule):
        rule = schedule.removeprefix("RRULE:")
        return f"INTERVAL and COUNT count from a first instant: 'DTSTART:20260105T090000 RRULE:{rule}'"
    return None


def local_instants(schedule: str, start: datetime, end: datetime, zone: tzinfo) -> Iterator[datetime]:
    """The local times in [start, end] at which it is time. `start` and `end` are local times, too."""
    if _is_rrule(schedule):
        yield from _rrule(schedule).between(start, end, inc=True)
        return
    from cronsim import CronSim

    for found in CronSim(schedule, start.replace(tzinfo=zone) - timedelta(minutes=1)):
        local = found.replace(tzinfo=None)
        if local > end:
            return
        yield local


def _is_rrule(schedule: str) -> bool:
    return "FREQ=" in schedule or "DTSTART" in schedule


def _rrule(schedule: str) -> rrule | rruleset:
    """The rule, from its own DTSTART or the epoch on. A DTSTART alone is one instant. ValueError."""
    from dateutil.rrule import rrulestr

    lines = [f"RRULE:{line}" if line.startswith("FREQ=") else line for line in schedule.split()]
    if not any(line.startswith(("RRULE:", "RDATE")) for line in lines):
        lines.append("RRULE:FREQ=DAILY;COUNT=1")
    if re.search(r"DTSTART(;TZID|:\w*Z)", schedule):
        raise ValueError("it is told in the shop's local time: leave out 'Z' and 'TZID'")
    if re.search("FREQ=(MINUTELY|SECONDLY)", schedule):
        raise ValueError("nothing is sent to everybody more often than hourly")
    return rrulestr("\n".join(lines), dtstart=EPOCH)
