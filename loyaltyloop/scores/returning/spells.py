"""From a purchase of a product to the next of the same product by the same customer, or else to today."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from loyaltyloop.scores.purchases.past import Bools, Floats, Longs, Past
from loyaltyloop.scores.returning.purchases import today_of

_SPAN = 1 << 17  # wider than any number of days: three numbers are one that sorts like them
_PACE = 45.0  # days: the age of who came just now, with half a purchase taken for certain
TRAITS = 2  # columns: the customer's pace, and how often they had bought it before
_USUAL = 4.0  # the log of the pace that traits are counted from


@dataclass(frozen=True, eq=False)
class Spells:
    """A spell is a day on which a customer bought a product, ordered by (customer, product, day).

    `who`, `what`: places in the past's customers and products; `day`: of the purchase, whole days since 1970;
    `days`: until the next purchase of it, or where there was none (`open`) until today; `nth`: how often they
    had bought it before.
    """

    who: Longs
    what: Longs
    day: Longs
    days: Floats
    open: Bools
    nth: Longs
    traits: Floats

    def __len__(self) -> int:
        return len(self.who)

    @cached_property
    def ended(self) -> Bools:
        """Was it bought again?"""
        return ~self.open

    @cached_property
    def pair(self) -> Longs:
        """Spells of one customer and product have one number."""
        return np.cumsum(self.nth == 0) - 1

    def only(self, chosen: Bools) -> Spells:
        """These alone."""
        return Spells(
            self.who[chosen],
            self.what[chosen],
            self.day[chosen],
            self.days[chosen],
            self.open[chosen],
            self.nth[chosen],
            self.traits[chosen],
        )


def spells_of(past: Past) -> Spells:
    """All that were begun before today."""
    width = max(1, len(past.products))
    pair = past.who.astype(np.int64) * width + past.what
    distinct = _distinct(pair * _SPAN + past.day)
    pair, day = distinct // _SPAN, distinct % _SPAN
    first = _first_of(pair)
    last = np.append(first[1:], True)[: len(pair)]
    following = np.append(day[1:], 0)[: len(pair)]
    who = pair // width
    return Spells(
        who=who,
        what=pair % width,
        day=day,
        days=np.where(last, today_of(past), following).astype(np.float64) - day,
        open=last,
        nth=_nth(first),
        traits=np.column_stack([_pace(who, day), np.log1p(_nth(first))]),
    )


def _pace(who: Longs, day: Longs) -> Floats:
    """The log of the days from one purchase of a customer to the next, as it was known on each day."""
    key = who * _SPAN + day
    days = _distinct(key)
    first = _first_of(days // _SPAN)
    times = _nth(first) + 1
    age = days - days[np.arange(len(days)) - times + 1]
    found: Floats = np.log((age + _PACE) / (times + 0.5)) - _USUAL
    return found[np.searchsorted(days, key)]


def _distinct(numbers: Longs) -> Longs:
    """In order; sorting is several times as fast as `np.unique`, which hashes."""
    ordered = np.sort(numbers)
    return ordered[_first_of(ordered)]


def _first_of(groups: Longs) -> Bools:
    """Of numbers in order: which is the first of its kind?"""
    return np.append(True, groups[1:] != groups[:-1])[: len(groups)]


def _nth(first: Bools) -> Longs:
    """How many of its group stand before each."""
    place = np.arange(len(first))
    return place - np.maximum.accumulate(np.where(first, place, 0)) if len(first) else place
