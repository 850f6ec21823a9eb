"""When an hour of the day next comes where somebody lives, outside their quiet hours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import lru_cache

from loyaltyloop.journey.clock.quiet import is_quiet
from loyaltyloop.journey.clock.times import next_at
from loyaltyloop.journey.model import QuietHours

HOURS = range(24)
DEFAULT_HOUR = 10  # the good hour of those of whom nothing is known, in a shop of which nothing is
_TRIES = 10  # such days; windows that cover an hour on so many of them are all but always
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Openings:
    """From when on (UTC), on which days of the week (empty: any), and outside which quiet hours.

    `channel` None: what is waited for leaves by none, and no hours are quiet. `until`: what comes later is
    too late where there is an earlier hour.
    """

    start: datetime
    days: tuple[str, ...] = ()
    windows: tuple[QuietHours, ...] = ()
    channel: str | None = None
    purpose: str = "marketing"
    until: datetime | None = None

    def next(self, hour: int, zone: str, country: str) -> datetime | None:
        """The next time that it is so late there, outside the quiet hours; None: not in the next ten days.

        An hour that clocks jump over is the first instant behind it; of one that comes twice, the first.
        """
        moment = self.start
        for _ in range(_TRIES):
            moment = next_at(moment, zone, time(hour), self.days)
            if not self._is_quiet(moment, zone, country):
                return moment
            moment += _MOMENT
        return None

    def first(self, hours: Iterator[int], zone: str, country: str) -> tuple[int, datetime]:
        """Of hours in the order of their worth the first that is open, and when it next comes."""
        for hour in (ranked := list(hours)):
            if (moment := self.next(hour, zone, country)) is not None:
                return hour, moment
        return ranked[0], next_at(self.start, zone, time(ranked[0]), self.days)

    def table(self, zone: str, country: str) -> tuple[datetime | None, ...]:
        """When each hour of the day next comes; None for those that are never open.

        Where none is, all are: the gate then holds what leaves.
        """
        return _table(self, zone, country)

    def _is_quiet(self, moment: datetime, zone: str, country: str) -> bool:
        if self.channel is None:
            return False
        return is_quiet(self.windows, self.channel, self.purpose, zone, country, moment)


# Kept, as thousands who live in one place ask at one instant.
@lru_cache(maxsize=4096)
def _table(openings: Openings, zone: str, country: str) -> tuple[datetime | None, ...]:
    found = [openings.next(hour, zone, country) for hour in HOURS]
    if not any(found):
        return _table(replace(openings, channel=None), zone, country)
    until = openings.until
    if until is not None and any(one is not None and one < until for one in found):
        return tuple(one if one is not None and one < until else None for one in found)
    return tuple(found)
