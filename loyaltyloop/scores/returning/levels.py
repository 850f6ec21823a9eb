"""How lively the coming window will be: the one thing about it that its customers' pasts do not tell.

Levels are offsets to the log of the odds. Windows that have ended each had one. What is expected lies between
three voices: the mean of all windows, the newest of them, and MBG/NBD's total as of today, which knows of the
days after the newest window began as well. The fewer windows there were, the more MBG/NBD counts. A shop that
has been through the season before also says how the level changed then.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from loyaltyloop.scores.purchases.past import Floats
from loyaltyloop.scores.returning.windows import STEP, Window, chance_of

YEAR = 365
_NEWEST = 1 / 3  # of the newest window, beside the mean of all
_SEASON = 2 / 3  # of what last year says, beside both
_STEPS = 60  # halvings: exact to the last digit that counts
_WIDEST = 12.0


def level_of(found: Sequence[Window], offsets: Floats, foreseen: float) -> float:
    """The offset of the window that begins when the newest of these ends.

    `found`: windows, the newest first, with their `offsets`; `foreseen`: the offset with which as many would
    come as MBG/NBD foresees.
    """
    usual = (1 - _NEWEST) * offsets.mean() + _NEWEST * offsets[0]
    change = last_year(found, offsets)
    if change is not None:
        usual = (1 - _SEASON) * usual + _SEASON * (offsets[0] + change)
    days = found[0].days
    trust = days / (days + found[0].start - found[-1].start)
    return float((1 - trust) * usual + trust * foreseen)


def last_year(found: Sequence[Window], offsets: Floats) -> float | None:
    """How the level rose a year ago from the window before this day to that after; None: not known."""
    today, days = found[0].end, found[0].days
    after, before = (_near(found, offsets, today - YEAR - back) for back in (0, days))
    return None if after is None or before is None else after - before


def _near(found: Sequence[Window], offsets: Floats, start: int) -> float | None:
    away = np.array([abs(window.start - start) for window in found])
    near = away < STEP
    return float(offsets[near].mean()) if near.any() else None


def total_level(odds: Floats, chances: Floats) -> float:
    """What must be added to these odds so that as many are foreseen as these chances foresee."""
    wanted = float(chances.sum())
    low, high = -_WIDEST, _WIDEST
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if chance_of(odds + middle).sum() < wanted else (low, middle)
    return round((low + high) / 2, 6)
