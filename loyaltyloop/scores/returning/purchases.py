"""Purchases as days: a customer who orders twice on one day made up their mind once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from loyaltyloop.scores.purchases.past import DAY, Bools, Floats, Longs, Lost, Past

_SPAN = 1 << 32  # wider than any number of days: customer and day in one number


@dataclass(frozen=True, eq=False)
class Purchases:
    """An entry for each day on which a customer bought, ordered by (customer, day).

    `people`: how many customers there are, with or without a purchase; `who`: their places; `day`: whole days
    since 1970 in UTC; `spend`: in major units of the shop's currency, what has no price counts nothing;
    `lines`: distinct products of the day's orders; `known`: the day after which the shop knew of it.
    `undone`: what stands no more, and did on earlier days.
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
        return replace(_together(early, there.only(standing).bought), undone=there.only(~standing))

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
    """What was called off, an entry a line in any order. `gone`: the day after which that was known."""

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
    return replace(found, undone=Undone(_lines_of(past.lost, found.people), past.lost.gone // DAY))


def _lines_of(lines: Past | Lost, people: int) -> Purchases:
    """An entry a line, as they stand."""
    amount = (lines.quantity * np.nan_to_num(lines.price)).astype(np.float64)
    who, day = lines.who.astype(np.int64), lines.at // DAY
    return Purchases(people, who, day, amount, np.ones(len(who)), lines.arrived // DAY)


def _together(*parts: Purchases) -> Purchases:
    """The entries of all, those of a customer and day as one."""
    who, day, spend, lines, known = (
        np.concatenate([getattr(one, name) for one in parts])
        for name in ("who", "day", "spend", "lines", "known")
    )
    distinct, place = np.unique(who * _SPAN + day, return_inverse=True)
    first = np.full(len(distinct), np.iinfo(np.int64).max)
    np.minimum.at(first, place, known)
    spent, number = (
        np.bincount(place, values, len(distinct)).astype(np.float64) for values in (spend, lines)
    )
    return Purchases(parts[0].people, distinct // _SPAN, distinct % _SPAN, spent, number, first)


def today_of(past: Past) -> int:
    """The first day that had not begun when `past` ended, whole days since 1970: the first to foretell."""
    return -(-past.now // DAY)


def teaching_day_of(past: Past) -> int:
    """The day that had begun when `past` ended: it is not over, and what came in it teaches nothing yet."""
    return past.now // DAY
