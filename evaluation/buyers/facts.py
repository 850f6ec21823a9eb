"""What simple methods know of a customer: how many days they bought on, when first and last, for how much."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np

from loyaltyloop.scores.purchases.catalogue import Catalogue
from loyaltyloop.scores.purchases.past import DAY, Bools, Floats, Longs, Past, seconds_of

CUT_OFFS = 4  # earlier ones that a method is trained on
APART = timedelta(days=30)


class Answer(NamedTuple):
    """A number a customer: the higher, the likelier they buy. `probability`: is it one, of the window?"""

    said: Floats
    probability: bool


@dataclass(frozen=True, eq=False)
class Facts:
    """Of those who had bought: `who`, their places; `days`, distinct days of a purchase; days from the first
    to the last of them (`between`), from the first to the cut-off (`known`), and all they spent (`spent`).
    """

    who: Longs
    days: Longs
    between: Longs
    known: Longs
    spent: Floats

    @property
    def since(self) -> Longs:
        """Days since the last purchase."""
        return self.known - self.between


@dataclass(frozen=True, eq=False)
class Question:
    """Who of the customers of `past` buys within `days` after `past.as_of`?"""

    past: Past
    catalogue: Catalogue
    days: int
    seed: int


def facts_of(past: Past) -> Facts:
    """As of `past.as_of`."""
    who = np.unique(past.who).astype(np.int64)
    both = np.unique(past.who.astype(np.int64) << 32 | past.day)
    buyer, day = both >> 32, both & 0xFFFF_FFFF
    first, last = np.searchsorted(buyer, who), np.searchsorted(buyer, who, side="right") - 1
    today = past.now // DAY
    paid = np.nan_to_num(past.price) * past.quantity
    spent = np.bincount(past.who, paid, minlength=len(past.customers)).astype(np.float64)
    return Facts(who, last - first + 1, day[last] - day[first], today - day[first], spent[who])


def bought_within(past: Past, who: Longs, start: datetime, days: int) -> Bools:
    """Did each of these buy anything in the window?"""
    buyers = past.who[past.between(start, start + timedelta(days=days))]
    return np.isin(who, buyers)


def lessons(question: Question) -> Iterator[tuple[Facts, Bools]]:
    """The facts as of four earlier cut-offs, 30 days apart, whose windows had ended, and who bought."""
    past, window = question.past, timedelta(days=question.days)
    for back in range(CUT_OFFS):
        start = past.as_of - window - APART * back
        if len(past) and seconds_of(start) > past.at[0]:
            facts = facts_of(past.before(start))
            yield facts, bought_within(past, facts.who, start, question.days)
