"""When the quiet hours that hold now are over, minute by minute of the recipient's own clock.

Pure: the instant, the zone and the country are arguments. Public holidays are those of the `holidays`
package, nationwide, as observed; it is loaded when somebody first asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from loyaltyloop.journey.clock.times import load_zone, to_local
from loyaltyloop.journey.model import QuietHours

LONGEST = timedelta(days=400)  # windows that never end are refused by `loop check`
_DAY = timedelta(days=1)
# Where what is nationwide leaves out days on which nearly everybody is at home: 84 of 100 live in England.
_PARTS = {"GB": ("ENG",)}


def quiet_until(
    windows: Iterable[QuietHours], channel: str, purpose: str, zone: str, country: str, now: datetime
) -> datetime | None:
    """The first instant (UTC) from `now` on that no such window covers there; None: `now` is none of them."""
    mine = [window for window in windows if window.concerns(channel, purpose, country)]
    if not _covered(mine, now, zone, country):
        return None
    moment = now
    while moment - now < LONGEST:
        changes = _changes(mine, moment, zone)
        free = next((change for change in changes if not _covered(mine, change, zone, country)), None)
        if free is not None:
            return free
        moment = changes[-1]
    return moment


def is_quiet(
    windows: Iterable[QuietHours], channel: str, purpose: str, zone: str, country: str, moment: datetime
) -> bool:
    """Does any such window cover this instant there?"""
    mine = [window for window in windows if window.concerns(channel, purpose, country)]
    return _covered(mine, moment, zone, country)


def _covered(windows: Sequence[QuietHours], moment: datetime, zone: str, country: str) -> bool:
    if not windows:
        return False
    local = to_local(moment, zone).replace(tzinfo=None)
    return any(window.covers(local, lambda day: is_holiday(country, day)) for window in windows)


def _changes(windows: Sequence[QuietHours], moment: datetime, zone: str) -> list[datetime]:
    """Instants behind this one, within two days, at which a window may end; in order, never none.

    Ends and midnights on the clock, each time that the clock shows them, and where clocks change.
    """
    local = to_local(moment, zone)
    marks = {time(0)} | {window.end for window in windows if window.end is not None}
    shown = [
        datetime.combine(local.date() + timedelta(days=later), mark, load_zone(zone)).replace(fold=fold)
        for later in (0, 1)
        for mark in marks
        for fold in (0, 1)
    ]
    found = {one.astimezone(UTC) for one in shown} | set(_shifts(moment, zone))
    return sorted(one for one in found if one > moment)


def _shifts(moment: datetime, zone: str) -> Iterator[datetime]:
    """When clocks change there in the two days behind this instant, to the second."""
    for start in (moment, moment + _DAY):
        before, early, late = _offset(start, zone), start, start + _DAY
        if before == _offset(late, zone):
            continue
        while late - early > timedelta(seconds=1):
            middle = early + (late - early) / 2
            early, late = (middle, late) if _offset(middle, zone) == before else (early, middle)
        yield late.replace(microsecond=0)


def _offset(moment: datetime, zone: str) -> timedelta | None:
    return moment.astimezone(load_zone(zone)).utcoffset()


# ── holidays ────────────────────────────────────────────────────────────────


def is_holiday(country: str, day: date) -> bool:
    """Is it a public holiday there? The package knows every country of ISO 3166."""
    return day in _holidays(country, day.year)


@lru_cache(maxsize=4096)
def _holidays(country: str, year: int) -> frozenset[date]:
    import holidays

    parts = (None, *_PARTS.get(country, ()))
    known = (holidays.country_holidays(country, subdiv=part, years=year) for part in parts)
    return frozenset(day for found in known for day in found)
