"""Until when a customer waits: durations and dates as instants of each customer's own calendar."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from loyaltyloop.journey.clock.times import Duration, next_at, read_instant, to_instant, yearly_day
from loyaltyloop.journey.model import At, Until

YEARS = range(1900, 2900)


def waited(start: datetime, duration: Duration, at: At | None, zone: str) -> datetime:
    """The end of a wait from `start`: at least the duration, then the next such local time."""
    end = duration.after(start, zone)
    return next_at(end, zone, at.time, at.days) if at else end


def waited_in(
    zones: Iterable[str], start: datetime, duration: Duration, at: At | None
) -> dict[str, datetime]:
    """`waited` for each zone."""
    return {zone: waited(start, duration, at, zone) for zone in zones}


def target(until: Until, value: object, entered_at: datetime, at: At | None, zone: str) -> datetime | None:
    """The instant that an `until` names for one customer; None where its value is unknown.

    A yearly date (a birthday) is its next occurrence from entering on; other dates and instants stand.
    What no calendar means (year 1, year 9999: "none" and "for ever" in other systems) is unknown.
    """
    try:
        moment = _shifted(_moment(value, entered_at, zone), until, at, zone)
    except (OverflowError, ValueError):
        return None
    return moment if moment and moment.year in YEARS else None


def _shifted(moment: datetime | None, until: Until, at: At | None, zone: str) -> datetime | None:
    if moment is None:
        return None
    if until.offset:
        moment = until.offset.after(moment, zone, until.offset_sign)
    return next_at(moment, zone, at.time, at.days) if at else moment


def _moment(value: object, entered_at: datetime, zone: str) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return _next_yearly(value, entered_at, zone)
    if isinstance(value, str) and len(value) == len("2026-01-31"):
        day = read_instant(value)
        return to_instant(datetime.combine(day.date(), time()), zone) if day else None
    return read_instant(value)


def _next_yearly(day: date, entered_at: datetime, zone: str) -> datetime | None:
    for year in (entered_at.year - 1, entered_at.year, entered_at.year + 1, entered_at.year + 2):
        found = yearly_day(day.month, day.day, year, "feb28")
        if found is None:
            continue
        moment = to_instant(datetime.combine(found, time()), zone)
        if moment + timedelta(days=1) > entered_at:
            return moment
    return None


def value_of(
    until: Until, columns: Mapping[str, Any], attributes: Mapping[str, Any], trigger: Mapping[str, Any]
) -> object:
    """What `until: ATTRIBUTE`, `trigger.PROPERTY`, `STEP.expires` or `STEP.due` refers to.

    Of a gift it is the column `gift_expires`; of a score the column `score` holds what was kept.
    """
    if gift_of(until):
        return columns["gift_expires"]
    if score_of(until):
        return (columns["score"] or {}).get("due")
    if until.source.startswith("trigger."):
        return trigger.get(until.source.removeprefix("trigger."))
    return columns[until.source] if until.source in columns else attributes.get(until.source)


def gift_of(until: Until) -> str:
    """The `give` step whose end is meant; empty: it is none."""
    return _step_of(until, "expires")


def score_of(until: Until) -> str:
    """The `score` step whose `due` is meant; empty: it is none."""
    return _step_of(until, "due")


def _step_of(until: Until, wanted: str) -> str:
    step, dot, word = until.source.rpartition(".")
    return step if dot and word == wanted and step != "trigger" else ""


def reset_chain(
    end: datetime,
    events: Iterable[tuple[datetime, datetime]],
    over: Callable[[datetime], datetime],
    lateness: timedelta | None = None,
) -> datetime:
    """The end of a wait that each event starts anew, if it came before the end so far.

    `events`: (time, arrival), ascending. `over`: when a wait from an instant on ends. `lateness`: what
    arrives later than that after the end, counts not.
    """
    for moment, arrived_at in events:
        if moment >= end:
            break
        if lateness is None or arrived_at <= end + lateness:
            end = max(end, over(moment))
    return end
