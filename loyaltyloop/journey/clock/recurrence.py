"""Recurrence rules of RFC 5545, told in local time: which times belong to a rule.

A rule is asked about a stretch of time and goes to its periods by arithmetic, so that looking costs by the
length of the stretch, whatever the rule: also where none of its periods holds a time. (By `COUNT` it is
counted from the rule's start.)
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice
from typing import Literal

Every = Literal["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"]
Numbers = frozenset[int]


@dataclass(frozen=True)
class Days:
    """Which days of a period; what is empty says nothing. Negative numbers count from the end.

    `weekdays`: (which, 0 for Monday to 6): the second Friday is (2, 4), every Friday (0, 4). `within_year`:
    which is counted in the year, not in the month. Weeks begin on `week_start`.
    """

    months: Numbers = frozenset()
    of_month: Numbers = frozenset()
    of_year: Numbers = frozenset()
    weeks: Numbers = frozenset()
    weekdays: frozenset[tuple[int, int]] = frozenset()
    within_year: bool = False
    week_start: int = 0

    def have(self, day: date) -> bool:
        """Is it one of them?"""
        length = calendar.monthrange(day.year, day.month)[1]
        return (
            (not self.months or day.month in self.months)
            and _among(self.of_month, day.day, length)
            and (not self.of_year or _among(self.of_year, _day_of_year(day), _length_of_year(day.year)))
            and (not self.weeks or _among(self.weeks, *self._week(day)))
            and (not self.weekdays or self._weekday_fits(day, length))
        )

    def _weekday_fits(self, day: date, length: int) -> bool:
        number = day.day
        if self.within_year:
            number, length = _day_of_year(day), _length_of_year(day.year)
        which = {0, (number - 1) // 7 + 1, -((length - number) // 7 + 1)}
        return any(weekday == day.weekday() and one in which for one, weekday in self.weekdays)

    def _week(self, day: date) -> tuple[int, int]:
        """The week's number, and how many its year has. It is of the year that has four of its days."""
        middle = date.fromordinal(day.toordinal() - (day.weekday() - self.week_start) % 7 + 3)
        last = date(middle.year, 12, 28)
        end = date.fromordinal(last.toordinal() - (last.weekday() - self.week_start) % 7 + 3)
        return (_day_of_year(middle) - 1) // 7 + 1, (_day_of_year(end) - 1) // 7 + 1


def _among(numbers: Numbers, number: int, length: int) -> bool:
    return not numbers or number in numbers or number - length - 1 in numbers


def _day_of_year(day: date) -> int:
    return day.timetuple().tm_yday


def _length_of_year(year: int) -> int:
    return 366 if calendar.isleap(year) else 365


@dataclass(frozen=True)
class Recurrence:
    """A rule: every `interval` periods from that of `start` on, those days, at those hours.

    `hours` may be empty with HOURLY alone: each. `positions`: which of a period's times; empty: all.
    """

    every: Every
    start: datetime
    days: Days
    hours: tuple[int, ...]
    minutes: tuple[int, ...] = (0,)
    seconds: tuple[int, ...] = (0,)
    positions: tuple[int, ...] = ()
    interval: int = 1
    count: int | None = None
    until: datetime | None = None

    def between(self, first: datetime, last: datetime) -> Iterator[datetime]:
        """Its times in [first, last], in order."""
        if self.count is None:
            yield from self._between(first, last)
            return
        counted = islice(self._between(self.start, last), self.count)
        yield from (moment for moment in counted if moment >= first)

    def _between(self, first: datetime, last: datetime) -> Iterator[datetime]:
        low, high = max(first, self.start), min(last, self.until or last)
        number, _ = _PERIODS[self.every]
        begin, week = number(self.start, self.days.week_start), self.days.week_start
        nearest = begin + (number(low, week) - begin) // self.interval * self.interval
        for period in range(nearest, number(high, week) + 1, self.interval):
            yield from (moment for moment in self._of_period(period) if low <= moment <= high)

    def _of_period(self, period: int) -> list[datetime]:
        _, days_of = _PERIODS[self.every]
        days = [
            day for day in map(date.fromordinal, days_of(period, self.days.week_start)) if self.days.have(day)
        ]
        hours = self.hours
        if self.every == "HOURLY":
            hour = period % 24
            hours = (hour,) if not hours or hour in hours else ()
        times = [
            time(hour, minute, second) for hour in hours for minute in self.minutes for second in self.seconds
        ]
        moments = [datetime.combine(day, at) for day in days for at in times]
        if not self.positions:
            return moments
        size = len(moments)
        chosen = {at - 1 if at > 0 else size + at for at in self.positions}
        return [moments[at] for at in sorted(chosen) if 0 <= at < size]


# ── periods: the number of the one that a moment is in, and the ordinals of the days of each ────────


def _year(moment: datetime, _: int) -> int:
    return moment.year


def _days_of_year(year: int, _: int) -> range:
    first = date(year, 1, 1).toordinal()
    return range(first, first + _length_of_year(year))


def _month(moment: datetime, _: int) -> int:
    return moment.year * 12 + moment.month - 1


def _days_of_month(number: int, _: int) -> range:
    year, month = divmod(number, 12)
    first = date(year, month + 1, 1).toordinal()
    return range(first, first + calendar.monthrange(year, month + 1)[1])


def _week(moment: datetime, week_start: int) -> int:
    return (moment.toordinal() - 1 - week_start) // 7


def _days_of_week(number: int, week_start: int) -> range:
    first = number * 7 + 1 + week_start
    return range(first, first + 7)


def _day(moment: datetime, _: int) -> int:
    return moment.toordinal()


def _hour(moment: datetime, _: int) -> int:
    return moment.toordinal() * 24 + moment.hour


_PERIODS: dict[str, tuple[Callable[[datetime, int], int], Callable[[int, int], range]]] = {
    "YEARLY": (_year, _days_of_year),
    "MONTHLY": (_month, _days_of_month),
    "WEEKLY": (_week, _days_of_week),
    "DAILY": (_day, lambda number, _: range(number, number + 1)),
    "HOURLY": (_hour, lambda number, _: range(number // 24, number // 24 + 1)),
}
