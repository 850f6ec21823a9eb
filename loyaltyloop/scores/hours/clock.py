"""Instants as local time, for many at once: the zones' rules are asked once a zone and year."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from loyaltyloop.journey.clock.times import load_zone

Longs = NDArray[np.int64]

_HOUR = 3600
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def local_seconds(at: Longs, zone: str) -> Longs:
    """Seconds since 1970 (UTC) → seconds since 1970 as the zone's clocks count them."""
    if not len(at):
        return at
    years = range(_year(int(at.min())), _year(int(at.max())) + 1)
    since, offset = (
        np.concatenate(column) for column in zip(*(_spans(zone, one) for one in years), strict=True)
    )
    local: Longs = at + offset[np.searchsorted(since, at, side="right") - 1]
    return local


def _year(seconds: int) -> int:
    return (_EPOCH + timedelta(seconds=seconds)).year


@lru_cache(maxsize=4096)
def _spans(zone: str, year: int) -> tuple[Longs, Longs]:
    """From when on in this year (UTC) clocks are how far ahead of UTC; both in seconds, in order."""
    first = int((datetime(year, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds())
    last = int((datetime(year + 1, 1, 1, tzinfo=UTC) - _EPOCH).total_seconds())
    spans = [(first, _offset(zone, first))]
    for day in range(first, last, 24 * _HOUR):
        end = min(day + 24 * _HOUR, last) - 1
        if _offset(zone, end) != spans[-1][1]:
            spans += _changes(zone, day - 1, end)
    since, offset = zip(*spans, strict=True)
    return np.array(since, np.int64), np.array(offset, np.int64)


def _changes(zone: str, start: int, end: int) -> list[tuple[int, int]]:
    """The seconds in (start, end] at which clocks change there: once a day, as everywhere."""
    before = _offset(zone, start)
    while end - start > 1:
        middle = (start + end) // 2
        start, end = (middle, end) if _offset(zone, middle) == before else (start, middle)
    return [(end, _offset(zone, end))]


def _offset(zone: str, seconds: int) -> int:
    ahead = (_EPOCH + timedelta(seconds=seconds)).astimezone(load_zone(zone)).utcoffset()
    return int(ahead.total_seconds()) if ahead is not None else 0
