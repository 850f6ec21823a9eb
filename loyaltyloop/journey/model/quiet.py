"""Quiet hours of shop.yaml: when nothing leaves, for whom, and on which days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from loyaltyloop.journey.clock.times import WEEKDAYS
from loyaltyloop.journey.model.words import Purpose

HOLIDAYS = "holidays"  # of `days`: the public holidays of the recipient's country


@dataclass(frozen=True)
class QuietHours:
    """Local times; a window may run over midnight (start > end), and is then of the day on which it begins.

    Without times it is whole days. `countries` (ISO 3166), `days` (mon ... sun, holidays): empty means all.
    """

    start: time | None
    end: time | None
    channels: tuple[str, ...] = ("email", "sms", "push")
    purposes: tuple[Purpose, ...] = ("marketing", "service")
    countries: tuple[str, ...] = ()
    days: tuple[str, ...] = ()

    def concerns(self, channel: str, purpose: str, country: str) -> bool:
        """Is it about such messages to somebody there? What is transactional is never held."""
        here = not self.countries or country in self.countries
        return here and channel in self.channels and purpose in self.purposes and purpose != "transactional"

    def covers(self, local: datetime, is_holiday: Callable[[date], bool]) -> bool:
        """Is this local time (no zone) inside the window? The end is outside."""
        day, moment = local.date(), local.time()
        if self.start is None or self.end is None:
            return self._on(day, is_holiday)
        if self.start <= self.end:
            return self.start <= moment < self.end and self._on(day, is_holiday)
        if moment >= self.start:
            return self._on(day, is_holiday)
        return moment < self.end and self._on(day - timedelta(days=1), is_holiday)

    def _on(self, day: date, is_holiday: Callable[[date], bool]) -> bool:
        if not self.days or WEEKDAYS[day.weekday()] in self.days:
            return True
        return HOLIDAYS in self.days and is_holiday(day)

    def __str__(self) -> str:
        """As a person says it."""
        hours = (
            "all day" if self.start is None or self.end is None else f"{self.start:%H:%M} to {self.end:%H:%M}"
        )
        days = f" on {', '.join(self.days)}" if self.days else ""
        return hours + days + (f" in {', '.join(self.countries)}" if self.countries else "")
