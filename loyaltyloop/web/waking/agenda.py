"""Which journey is to be woken when. Pure: the present is an argument.

A burst is gathered into one wake; two wakes of a journey are not closer than the shop wants its turns; and
whatever comes in between has its own at the end of that time. Nothing is swallowed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

GATHER = timedelta(seconds=0.2)  # after the first that calls for a wake
SLOT = timedelta(seconds=0.5)  # what arrives later is told apart no finer, so that little is remembered
FARTHEST = timedelta(minutes=1)  # nothing is held longer; a clock that was set back holds up nobody
MOST_REASONS = 50
_LONGEST = 80  # characters of a reason


@dataclass(frozen=True)
class Wake:
    """A journey to be woken, and why: names of events, sorted."""

    journey: str
    reasons: tuple[str, ...]

    @property
    def why(self) -> str:
        """In a few words: `Order Completed`, `Order Completed and 2 more`."""
        first, *others = [reason[:_LONGEST] for reason in self.reasons] or ["what has arrived"]
        return f"{first} and {len(others)} more" if others else first


@dataclass
class _Alarm:
    """Of one journey. `wanted`: from when on a turn finds something → why."""

    last: datetime | None = None
    wanted: dict[datetime, set[str]] = field(default_factory=dict)

    def at(self, apart: timedelta) -> datetime | None:
        if not self.wanted:
            return None
        soon = min(self.wanted) + GATHER
        return max(soon, self.last + apart) if self.last else soon


class Agenda:
    """What is to be woken. `apart`: between two wakes of one journey, at least."""

    def __init__(self, apart: timedelta = timedelta(0)) -> None:
        self.apart = apart
        self._alarms: dict[str, _Alarm] = {}
        self._not_before: datetime | None = None

    def want(self, journey: str, ready: datetime, reason: str, now: datetime) -> None:
        """A turn from `ready` on has something to do."""
        alarm = self._alarms.setdefault(journey, _Alarm())
        there = min((one for one in alarm.wanted if one <= now), default=ready)  # one place for all of it
        reasons = alarm.wanted.setdefault(slot(ready, now) if ready > now else there, set())
        if len(reasons) < MOST_REASONS:
            reasons.add(reason)

    def keep(self, journeys: Iterable[str]) -> None:
        """Forget all but these."""
        kept = set(journeys)
        self._alarms = {name: alarm for name, alarm in self._alarms.items() if name in kept}

    def next(self) -> datetime | None:
        """When somebody is to be woken next."""
        times = [at for alarm in self._alarms.values() if (at := alarm.at(self.apart))]
        if not times:
            return None
        return max(min(times), self._not_before) if self._not_before else min(times)

    def due(self, now: datetime) -> list[Wake]:
        """Who is to be woken now, by name."""
        self._look_at_the_clock(now)
        if self._not_before and now < self._not_before:
            return []
        return [
            Wake(name, tuple(sorted(_until(alarm, now))))
            for name, alarm in sorted(self._alarms.items())
            if (at := alarm.at(self.apart)) and at <= now
        ]

    def done(self, wakes: Iterable[Wake], now: datetime) -> None:
        """These were woken at `now`, the same as they were due at: a turn that begins later sees it all."""
        self._not_before = None
        for wake in wakes:
            alarm = self._alarms[wake.journey]
            alarm.last = now
            alarm.wanted = {ready: why for ready, why in alarm.wanted.items() if ready > now}

    def put_off(self, until: datetime) -> None:
        """Nobody can be woken before."""
        self._not_before = until

    def _look_at_the_clock(self, now: datetime) -> None:
        """Where it was set back, what lies too far ahead is forgotten."""
        if self._not_before and self._not_before > now + FARTHEST:
            self._not_before = None
        for alarm in self._alarms.values():
            if alarm.last and alarm.last > now:
                alarm.last = None
            for ready in [one for one in alarm.wanted if one > now + FARTHEST]:
                alarm.wanted.setdefault(now, set()).update(alarm.wanted.pop(ready))


def slot(ready: datetime, now: datetime) -> datetime:
    """The instant, not before `ready`, under which what lies ahead is remembered."""
    start = now.replace(microsecond=0)
    slots = -((start - min(ready, now + FARTHEST)) // SLOT)
    return start + slots * SLOT


def _until(alarm: _Alarm, now: datetime) -> set[str]:
    return {reason for ready, reasons in alarm.wanted.items() if ready <= now for reason in reasons}
