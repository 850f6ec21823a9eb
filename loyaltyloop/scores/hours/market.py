"""The hours of a market and of the shop, and how much they weigh beside a person's own.

A person's hours are taken for draws of a distribution of their own, which is itself drawn around their
country's by Dirichlet(weight x country's), and the country's around the shop's likewise; of such a model the
expected distribution of a person is (own counts + weight x country's) / (days + weight). How the weights are
found: T. Minka, "Estimating a Dirichlet distribution" (2000), section on the leave-one-out likelihood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loyaltyloop.journey.clock.openings import DEFAULT_HOUR
from loyaltyloop.scores.hours.happenings import Floats, Hours, counted, smoothed

# Of a shop without data: a wave around the clock, highest at 10:00.
DEFAULT: Floats = (1 + np.cos(2 * np.pi * (np.arange(24) - DEFAULT_HOUR) / 24)) / 24
SHOP_WEIGHT = 100.0  # days that the default weighs beside the shop's own
COUNTRY_WEIGHT = 50.0  # days that the shop weighs beside a country's own, and
PERSON_WEIGHT = 10.0  # the country beside a person's, where too little is known to learn it
ENOUGH = 20  # days, or people in two countries, to learn from
WEIGHTS = tuple(float(2**power) for power in range(11))
_MOST_DAYS = 5_000  # to learn from
_ROUNDS = 2  # how a person counts for the market hangs on the weight, and the weight on the market
_HARDLY = 1e-12  # what is foretold of an hour in which nobody ever was
_SHOWN = 9  # decimals: sums may differ behind them by their order

Ints = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Level:
    """A distribution as it is used: `own` (24, of its own data), and which share (`rest`) is left to the
    level above."""

    own: Floats
    rest: float


@dataclass(frozen=True, eq=False)
class Market:
    """One facet of a shop: `shop` above the default, `countries` above the shop, `weight` of a country's
    distribution beside a person's own days."""

    shop: Level
    countries: dict[str, Level]
    weight: float


def learn(hours: Hours, countries: Sequence[str | None]) -> Market | None:
    """The market of these people; `countries`: of each. None where nothing has happened."""
    if not len(hours):
        return None
    counts = counted(hours, len(countries))
    names = sorted({one for one in countries if one})
    place = {name: number for number, name in enumerate(names)}
    where = np.array([place[one] if one else -1 for one in countries], np.int32)
    weight = PERSON_WEIGHT
    for _ in range(_ROUNDS):
        told = _as_told(counts, weight)
        shop = _above(told.sum(axis=0), SHOP_WEIGHT)
        mean = shop.own + shop.rest * DEFAULT
        beside = _country_weight(told, where, len(names), mean)
        levels = [_above(told[where == number].sum(axis=0), beside) for number in range(len(names))]
        means = np.array([*(one.own + one.rest * mean for one in levels), mean])
        weight = _person_weight(hours, counts, means[where])
    return Market(shop, dict(zip(names, levels, strict=True)), weight)


def _above(counts: Floats, weight: float) -> Level:
    total = float(counts.sum()) + weight
    return Level(np.round(smoothed(counts) / total, _SHOWN), round(weight / total, _SHOWN))


def _as_told(counts: Floats, weight: float) -> Floats:
    """What each person tells of the market: days of one person are alike, so many of them tell less.

    By the design effect (L. Kish, "Survey Sampling", 1965): n days of one count as n / (1 + (n - 1) r), and
    r, how alike they are, is 1 / (1 + weight) under the Dirichlet.
    """
    days = counts.sum(axis=1, keepdims=True)
    told: Floats = counts / np.maximum(1 + (days - 1) / (1 + weight), 1)
    return told


def _country_weight(told: Floats, where: Ints, number: int, mean: Floats) -> float:
    """That which foretells each person best from the rest of their country."""
    known = (where >= 0) & (told.sum(axis=1) > 0)
    if len(np.unique(where[known])) < 2 or np.count_nonzero(known) < ENOUGH:
        return COUNTRY_WEIGHT
    mine, place = told[known], where[known]
    sums = np.zeros((number, 24))
    np.add.at(sums, place, mine)
    others = sums[place] - mine
    return _likeliest(mine, smoothed(others), others.sum(axis=1, keepdims=True), mean)


def _person_weight(hours: Hours, counts: Floats, means: Floats) -> float:
    """That which foretells each day best from the person's other days; of very many days every so many."""
    whose = np.zeros(int(hours.day.max()) + 1, np.int32)
    whose[hours.day] = hours.who
    several = np.flatnonzero(np.bincount(whose, minlength=len(counts))[whose] > 1)
    if len(several) < ENOUGH:
        return PERSON_WEIGHT
    chosen = several[:: 1 + len(several) // _MOST_DAYS]
    mine, who = _days(hours, chosen, len(whose)), whose[chosen]
    others = np.maximum(counts[who] - mine, 0)
    return _likeliest(mine, smoothed(others), others.sum(axis=1, keepdims=True), means[who])


def _days(hours: Hours, chosen: NDArray[np.int64], number: int) -> Floats:
    """[chosen day, hour of the day]: what is counted of each."""
    place = np.full(number, -1, np.int64)
    place[chosen] = np.arange(len(chosen))
    mine = place[hours.day] >= 0
    cell = place[hours.day[mine]] * 24 + hours.hour[mine]
    sums = np.bincount(cell, hours.weight[mine], len(chosen) * 24)
    return np.asarray(sums, np.float64).reshape(-1, 24)


def _likeliest(seen: Floats, others: Floats, total: Floats, mean: Floats) -> float:
    """Of WEIGHTS that by which (others + weight x mean) / (total + weight) foretells what was seen best."""

    def likelihood(weight: float) -> float:
        foretold = (others + weight * mean) / (total + weight)
        return round(float((seen * np.log(foretold + _HARDLY)).sum()), 6)

    return max(WEIGHTS, key=likelihood)
