"""Purchases as days: a customer who orders twice on one day made up their mind once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from loyaltyloop.scores.purchases.past import DAY, Bools, Floats, Longs, Lost, Past

_SPAN = 1 << 32  # wider than any number of days: customer and day in one number


@dataclass(frozen=True, eq=False)
class Purchases:
    """An entry for each day on which a customer bought, ordered by (customer, day).

    `people`: how many customers there are, with or without a purchase; `who`: their places; `day`: whole days
    since 1970 in UTC; `spend`: in major units of the shop's currency, what has no price counts nothing;
    `lines`: distinct products of the day's orders; `known`: the day after which the shop knew of all of it.
    `undone`: what stands no more, and did on earlier days; and what was known of a day before all of it was.
    """

    people: int
    who: Longs
    day: Longs
    spend: Floats
    lines: Floats
    known: Longs
    undone: Undone | None = None

    def before(self, day: int) -> Purchases:
        """What had been bought, and was known, at the start of this day; also what was called off later."""
        early = self._only((self.day < day) & (self.known < day))
        if self.undone is None:
            return early
        there = self.undone.only((self.undone.bought.day < day) & (self.undone.bought.known < day))
        standing = there.gone >= day
        return _undo(_together(early, there.only(standing).bought), there.only(~standing))

    def of(self, chosen: Bools) -> Purchases:
        """Of these customers alone; the others keep their places and have bought nothing."""
        undone = None if self.undone is None else self.undone.only(chosen[self.undone.bought.who])
        return replace(self._only(chosen[self.who]), undone=undone)

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

    @property
    def ever(self) -> Bools:
        """Likewise, or had before it was called off."""
        return self.buyers if self.undone is None else self.buyers | self.undone.bought.buyers

    def _only(self, entries: Bools) -> Purchases:
        return Purchases(
            self.people,
            self.who[entries],
            self.day[entries],
            self.spend[entries],
            self.lines[entries],
            self.known[entries],
        )


@dataclass(frozen=True, eq=False)
class Undone:
    """What was called off, entries in any order. `gone`: the day after which that was known."""

    bought: Purchases
    gone: Longs

    def only(self, entries: Bools) -> Undone:
        """These alone."""
        return Undone(self.bought._only(entries), self.gone[entries])


def purchases_of(past: Past) -> Purchases:
    """The days on which each customer of this past bought."""
    found = _together(_lines_of(past, len(past.customers)))
    if past.lost is None:
        return found
    return _undo(found, Undone(_lines_of(past.lost, found.people), past.lost.gone // DAY))


def _undo(found: Purchases, more: Undone) -> Purchases:
    """The same, with more that is undone."""
    if found.undone is None:
        return replace(found, undone=more)
    bought = Purchases(found.people, *_columns([found.undone.bought, more.bought]))
    return replace(found, undone=Undone(bought, np.concatenate([found.undone.gone, more.gone])))


def _columns(parts: Sequence[Purchases]) -> tuple[Longs, Longs, Floats, Floats, Longs]:
    """Customers, days, spend, lines and known days of all entries."""
    return (
        np.concatenate([one.who for one in parts]),
        np.concatenate([one.day for one in parts]),
        np.concatenate([one.spend for one in parts]),
        np.concatenate([one.lines for one in parts]),
        np.concatenate([one.known for one in parts]),
    )


def _lines_of(lines: Past | Lost, people: int) -> Purchases:
    """An entry a line, as they stand."""
    amount = (lines.quantity * np.nan_to_num(lines.price)).astype(np.float64)
    who, day = lines.who.astype(np.int64), lines.at // DAY
    return Purchases(people, who, day, amount, np.ones(len(who)), lines.arrived // DAY)


def _together(*parts: Purchases) -> Purchases:
    """The entries of all, those of a customer and day as one.

    Where some of these were known before the others, they stand by themselves until all are.
    """
    who, day, spend, lines, known = _columns(parts)
    distinct, place = np.unique(who * _SPAN + day, return_inverse=True)
    last = np.full(len(distinct), np.iinfo(np.int64).min)
    np.maximum.at(last, place, known)
    spent, number = (
        np.bincount(place, values, len(distinct)).astype(np.float64) for values in (spend, lines)
    )
    found = Purchases(parts[0].people, distinct // _SPAN, distinct % _SPAN, spent, number, last)
    early = known < last[place]
    if not early.any():
        return found
    alone = Purchases(found.people, who, day, spend, lines, known)._only(early)
    return replace(found, undone=Undone(alone, last[place][early]))


def today_of(past: Past) -> int:
    """The first day that had not begun when `past` ended, whole days since 1970: the first to foretell."""
    return -(-past.now // DAY)


def teaching_day_of(past: Past) -> int:
    """The day that had begun when `past` ended: it is not over, and what came in it teaches nothing yet."""
    return past.now // DAY
