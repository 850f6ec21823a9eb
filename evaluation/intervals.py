"""Figures with 95 % intervals: a bootstrap over customers, 1,000 times, from seed 0.

Every method is measured on the same resamples, so differences of two methods are paired.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from loyaltyloop.scores.purchases.past import Floats, Longs

TIMES = 1000
_BLOCK = 50


class Interval(NamedTuple):
    """A figure, and between what it lies in 95 of 100 resamples."""

    value: float
    low: float
    high: float


class Drawn(NamedTuple):
    """A figure of all, and of each resample."""

    value: float
    draws: Floats

    @property
    def interval(self) -> Interval:
        """Without resamples that can be measured it is its own interval."""
        drawn = self.draws[np.isfinite(self.draws)]
        low, high = np.percentile(drawn, [2.5, 97.5]) if len(drawn) else (self.value, self.value)
        return Interval(self.value, float(low), float(high))

    def less(self, other: Drawn) -> Drawn:
        """This minus the other, resample by resample."""
        return Drawn(self.value - other.value, self.draws - other.draws)


def mean(values: Floats) -> Drawn:
    """Of one number a customer; of nobody it is nan."""
    if not len(values):
        return Drawn(float("nan"), np.zeros(0))
    draws = [values[rows].mean(axis=1) for rows in resamples(len(values))]
    return Drawn(float(values.mean()), np.concatenate(draws))


def resamples(number: int) -> Iterator[Longs]:
    """Rows of places, fifty at a time: who is in each resample. The same for each equal number."""
    dice = np.random.default_rng(0)
    for _ in range(TIMES // _BLOCK):
        yield np.stack([dice.integers(0, number, number) for _ in range(_BLOCK)])


def multiplicities(number: int) -> Iterator[Floats]:
    """The same resamples: how often each customer is in each."""
    for rows in resamples(number):
        offset = np.arange(len(rows))[:, None] * number
        counts = np.bincount((rows + offset).ravel(), minlength=len(rows) * number)
        yield counts.reshape(len(rows), number).astype(np.float64)
