"""Purchases as days: a customer who orders twice on one day made up their mind once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyaltyloop.scores.purchases.past import DAY, Bools, Floats, Longs, Past

_SPAN = 1 << 32  # wider than any number of days: customer and day in one number


@dataclass(frozen=True, eq=False)
class Purchases:
    """An entry for each day on which a customer bought, ordered by (customer, day).

    `people`: how many customers there are, with or without a purchase; `who`: their places; `day`: whole days
    since 1970 in UTC; `spend`: in major units of the shop's currency, what has no price counts nothing;
    `lines`: distinct products of the day's orders; `known`: the day after which the shop knew of it.
    """

    people: int
    who: Longs
    day: Longs
    spend: Floats
    lines: Floats
    known: Longs

    def before(self, day: int) -> Purchases:
        """What had been bought, and was known, at the start of this day."""
        return self._only((self.day < day) & (self.known < day))

    def of(self, chosen: Bools) -> Purchases:
        """Of these customers alone; the others keep their places and have bought nothing."""
        return self._only(chosen[self.who])

    def bought(self, start: int, end: int) -> Bools:
        """Of each customer: was there a purchase on a day in [start, end)?"""
        inside = (self.day >= start) & (self.day < end)
        return np.bincount(self.who[inside], minlength=self.people) > 0

    def spent(self, start: int, end: int) -> Floats:
        """What each customer spent on the days in [start, end), in major units."""
        inside = (self.day >= start) & (self.day < end)
        return np.bincount(self.who[inside], self.spend[inside], self.people).astype(np.float64)

    @property
    def buyers(self) -> Bools:
        """Who has bought at all."""
        return np.bincount(self.who, minlength=self.people) > 0

    def _only(self, entries: Bools) -> Purchases:
        return Purchases(
            self.people,
            self.who[entries],
            self.day[entries],
            self.spend[entries],
            self.lines[entries],
            self.known[entries],
        )


def purchases_of(past: Past) -> Purchases:
    """The days on which each customer of this past bought."""
    key = past.who.astype(np.int64) * _SPAN + past.day
    distinct, place = np.unique(key, return_inverse=True)
    amount = past.quantity * np.nan_to_num(past.price)
    known = np.full(len(distinct), np.iinfo(np.int64).max)
    np.minimum.at(known, place, past.arrived // DAY)
    return Purchases(
        people=len(past.customers),
        who=distinct // _SPAN,
        day=distinct % _SPAN,
        spend=np.bincount(place, amount, len(distinct)).astype(np.float64),
        lines=np.bincount(place, minlength=len(distinct)).astype(np.float64),
        known=known,
    )


def today_of(past: Past) -> int:
    """The first day that had not begun when `past` ended, whole days since 1970: the first to foretell."""
    return -(-past.now // DAY)
