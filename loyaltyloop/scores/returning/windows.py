"""Earlier days on which a forecast could have been made, and what it would have been told."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from loyaltyloop.scores.purchases.past import Floats
from loyaltyloop.scores.returning.dropout import Dropout
from loyaltyloop.scores.returning.purchases import Purchases
from loyaltyloop.scores.returning.traits import History, traits

STEP = 15  # days from one window to the next
MOST = 26  # windows: they reach back over a year, so that the same season is among them
_SEEN = 30  # days of orders that a shop must have had before the first window
_PEOPLE = 30  # customers who must have been known before it: of what came later, nothing could be told then
_SURE = 1e-6
_EARLY = 200  # one purchase in so many may be older than the shop: tests, dates that stand for none
_SILENCE = 60  # days without a purchase that tell them from the shop's first ones


@dataclass(frozen=True)
class Window:
    """Days [start, end) after a day on which a forecast could have been made."""

    start: int
    end: int

    @property
    def days(self) -> int:
        return self.end - self.start


def length_of(purchases: Purchases, today: int, days: int) -> int:
    """How long windows may be: as long as asked, but at most two fifths of what the shop sold through."""
    return min(days, 2 * (today - first_day(purchases)) // 5)


def first_day(purchases: Purchases) -> int:
    """The day of the first purchase, but for a few from long before all others. Needs one."""
    early = np.sort(purchases.day)[: len(purchases.day) // _EARLY + 2]
    silences = np.flatnonzero(np.diff(early) > _SILENCE)
    return int(early[silences[-1] + 1 if len(silences) else 0])


def windows(purchases: Purchases, today: int, days: int) -> list[Window]:
    """Windows that had ended by `today`, the newest first."""
    newest = today - days
    oldest = min(max(first_day(purchases) + _SEEN, _known(purchases) + 1), newest)
    return [Window(start, start + days) for start in range(newest, oldest - 1, -STEP)][:MOST]


def _known(purchases: Purchases) -> int:
    """The day after which enough customers were known; of a shop that has fewer, all of them."""
    first = np.full(purchases.people, np.iinfo(np.int64).max)
    np.minimum.at(first, purchases.who, np.maximum(purchases.day, purchases.known))
    there = np.sort(first[purchases.buyers])
    return int(there[:_PEOPLE][-1])


def some(purchases: Purchases, most: int, seed: int) -> Purchases:
    """Of at most so many customers, drawn by the seed: more of them teach little."""
    buyers = np.flatnonzero(purchases.ever)
    if len(buyers) <= most:
        return purchases
    chosen = np.zeros(purchases.people, np.bool_)
    chosen[np.random.default_rng(seed).choice(buyers, most, replace=False)] = True
    return purchases.of(chosen)


def columns_of(history: History, dropout: Dropout, days: int) -> tuple[list[str], Floats]:
    """Names of the columns, and a row of numbers for each buyer: traits, and what MBG/NBD says."""
    columns = {**traits(history), "dropout": logit(dropout.chance(history, days))}
    return list(columns), np.column_stack(list(columns.values()))


@cache
def names_of_columns() -> tuple[str, ...]:
    """As they are counted now: a model that was learned of others cannot be asked."""
    day, amount = np.zeros(1, np.int64), np.ones(1)
    somebody = History(Purchases(1, day, day, amount, amount, day), 1)
    return tuple(columns_of(somebody, Dropout(1.0, 1.0, 1.0, 1.0), 1)[0])


def logit(chance: Floats) -> Floats:
    """The log of the odds."""
    sure = np.clip(chance, _SURE, 1 - _SURE)
    found: Floats = np.log(sure / (1 - sure))
    return found


def chance_of(odds: Floats) -> Floats:
    """The probability whose log of the odds it is."""
    from scipy.special import expit

    found: Floats = expit(odds)
    return found


def places(history: History, values: Floats) -> Floats:
    """A number a buyer as a number a customer: nan for who has not bought."""
    found = np.full(history.purchases.people, np.nan)
    found[history.buyers] = values
    return found
