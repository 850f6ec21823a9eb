"""Durations, local times and zones. Every function takes its instants; none asks the clock.

Instants are aware UTC datetimes. Zones come from the pinned `tzdata` package alone, so that two machines
agree. A local time in a gap is the first instant after it; in an overlap, the first occurrence.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_UNITS = {
    "second": ("seconds", 1),
    "minute": ("seconds", 60),
    "hour": ("seconds", 3600),
    "day": ("days", 1),
    "week": ("days", 7),
    "month": ("months", 1),
    "year": ("months", 12),
}
_PART = re.compile(r"(\d{1,6}) ?(second|minute|hour|day|week|month|year)s?")
_ISO = re.compile(
    r"P(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})W)?(?:(\d{1,6})D)?"
    r"(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?"
)
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?"
    r"(Z|[+-]([01]\d|2[0-3]):?[0-5]\d)"
)
LONGEST_DAYS = 3660


@dataclass(frozen=True)
class Duration:
    """Calendar months and days in somebody's zone, then elapsed seconds."""

    months: int = 0
    days: int = 0
    seconds: int = 0

    @classmethod
    def of(cls, text: str) -> Duration:
        """`2 days`, `90 minutes`, `1 month 3 days`, `P2D`, `PT48H`. ValueError says what to write."""
        total = _read_iso(text) if text.startswith("P") else _read_words(text)
        if total is None:
            raise ValueError(f"{text!r} is no duration: write for example '90 minutes', '2 days' or 'PT48H'")
        if total == cls():
            raise ValueError(f"{text!r} is no time at all: write at least '1 second'")
        if total.at_most_days() > LONGEST_DAYS:
            raise ValueError(f"{text!r} is longer than ten years")
        return total

    def at_most_days(self) -> float:
        """An upper bound in days, to compare durations by."""
        return self.months * 31 + self.days + self.seconds / 86400

    @property
    def elapsed(self) -> bool:
        """Is it elapsed time alone, the same in every zone?"""
        return not (self.months or self.days)

    def after(self, instant: datetime, zone: str, sign: int = 1) -> datetime:
        """The instant this much later (`sign` -1: earlier) by the calendar of `zone`; UTC."""
        moved = instant
        if not self.elapsed:
            local = instant.astimezone(load_zone(zone)).replace(tzinfo=None)
            day = add_months(local.date(), sign * self.months) + timedelta(days=sign * self.days)
            moved = to_instant(datetime.combine(day, local.time()), zone)
        return moved + timedelta(seconds=sign * self.seconds)

    def before(self, instant: datetime, zone: str) -> datetime:
        """The instant this much earlier by the calendar of `zone`; UTC."""
        return self.after(instant, zone, -1)

    def __str__(self) -> str:
        """As a person writes it."""
        words = [_count(self.months, "month"), _count(self.days, "day")]
        hours, rest = divmod(self.seconds, 3600)
        minutes, seconds = divmod(rest, 60)
        words += [_count(hours, "hour"), _count(minutes, "minute"), _count(seconds, "second")]
        return " ".join(word for word in words if word)


def _count(number: int, unit: str) -> str:
    return "" if not number else f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def _read_words(text: str) -> Duration | None:
    parts = _PART.findall(text)
    if not parts or " ".join(_PART.sub("", text).split()):
        return None
    total = {"months": 0, "days": 0, "seconds": 0}
    for number, unit in parts:
        kind, size = _UNITS[unit]
        total[kind] += int(number) * size
    return Duration(**total)


def _read_iso(text: str) -> Duration | None:
    found = _ISO.fullmatch(text)
    if not found or not any(found.groups()):
        return None
    y, mo, w, d, h, mi, s = (int(group or 0) for group in found.groups())
    return Duration(y * 12 + mo, w * 7 + d, h * 3600 + mi * 60 + s)


def read_time(text: str) -> time:
    """`"09:00"`: hours and minutes. ValueError says what to write."""
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError(f'{text!r} is no time of day: write it as "09:00", from 00:00 to 23:59')
    return time(int(found[1]), int(found[2]))


def add_months(day: date, months: int) -> date:
    """The same day so many months later, clamped to the month's end."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Every IANA zone of the pinned data."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text().split())


@lru_cache(maxsize=1024)
def load_zone(name: str) -> ZoneInfo:
    """The zone of that IANA name, from the pinned data. ValueError if there is none."""
    if name not in zone_names():
        raise ValueError(f"{name!r} is no time zone: write an IANA name such as 'Europe/London'")
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


def to_instant(local: datetime, zone: str) -> datetime:
    """A naive local time as a UTC instant: first of an overlap, first instant after a gap."""
    info = load_zone(zone)
    late = local.replace(tzinfo=info, fold=0).astimezone(UTC)
    if late.astimezone(info).replace(tzinfo=None) == local:
        return late
    early = local.replace(tzinfo=info, fold=1).astimezone(UTC)
    return _transition(early, late, info)


def _transition(before: datetime, after: datetime, info: ZoneInfo) -> datetime:
    """The first instant in (before, after] with the offset that holds at `after`."""
    offset = after.astimezone(info).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=int((after - before).total_seconds()) // 2)
        if middle.astimezone(info).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after


def to_local(instant: datetime, zone: str) -> datetime:
    """The naive local time of an instant."""
    return instant.astimezone(load_zone(zone)).replace(tzinfo=None)


def next_at(instant: datetime, zone: str, at: time | None, days: tuple[str, ...] = ()) -> datetime:
    """The first instant from `instant` on at which it is `at` on one of `days` in the zone; UTC.

    Without `at`: `instant` itself on such a day, else the first instant of the next such day.
    """
    local = to_local(instant, zone)
    for ahead in range(9):
        day = local.date() + timedelta(days=ahead)
        if days and WEEKDAYS[day.weekday()] not in days:
            continue
        if at is None and not ahead:
            return instant
        moment = to_instant(datetime.combine(day, at or time(0)), zone)
        if moment >= instant:
            return moment
    raise AssertionError("a week has every weekday")


def yearly_day(month: int, day: int, year: int, feb29: str) -> date | None:
    """The day in `year` of a yearly date; None: not this year (`leap_only`)."""
    if (month, day) != (2, 29) or calendar.isleap(year):
        return date(year, month, day)
    return {"feb28": date(year, 2, 28), "mar1": date(year, 3, 1)}.get(feb29)


def read_instant(text: object) -> datetime | None:
    """An ISO date (its first instant in UTC) or instant with an offset; None for all else."""
    if not isinstance(text, str):
        return None
    try:
        if _DATE.fullmatch(text):
            return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
        if _INSTANT.fullmatch(text):
            return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return None
