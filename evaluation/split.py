"""A cut through a shop's time: what was known before it, and what was bought in the window after it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Literal

import numpy as np

from evaluation.shop import Shop, latest_prices
from loyaltyloop.scores.purchases.catalogue import Catalogue
from loyaltyloop.scores.purchases.past import Ints, Longs, Past

Task = Literal["all", "new", "repeat"]
TASKS: tuple[Task, ...] = ("all", "new", "repeat")


@dataclass(frozen=True, eq=False)
class Truth:
    """What the customers judged bought in the window, of one task.

    `who`: their places in the history, ascending; `size`: distinct products each, also those that were never
    sold before; `known`: how many of them had been; `pairs`: those, as `Split.pair`, ascending.
    """

    who: Ints
    size: Longs
    known: Longs
    pairs: Longs


@dataclass(frozen=True, eq=False)
class Split:
    """`history`: customers and products with a line before `cut_off`, and nobody else, as a store would give
    it on that day; `window`: the lines of [cut_off, end), with places in the shop's own numbering.
    """

    cut_off: datetime
    end: datetime
    history: Past
    catalogue: Catalogue
    window: Past
    customers: Longs  # of each place of the window's customers: its place in the history, or -1
    products: Longs  # likewise

    def pair(self, who: Ints | Longs, what: Ints | Longs) -> Longs:
        """A customer and a product of the history as one number."""
        return who.astype(np.int64) * len(self.history.products) + what

    @cached_property
    def bought(self) -> Longs:
        """The distinct pairs of the history, ascending."""
        return np.unique(self.pair(self.history.who, self.history.what))

    @cached_property
    def orders(self) -> Longs:
        """Of each customer of the history, the number of orders."""
        _, first = np.unique(self.history.order, return_index=True)
        return np.bincount(self.history.who[first], minlength=len(self.history.customers)).astype(np.int64)

    def truth(self, task: Task) -> Truth:
        """What to find: any product, those never bought before by this customer, or those bought before."""
        width = len(self.products)
        both = np.unique(self.customers[self.window.who] * width + self.window.what)
        both = both[both >= 0]  # who had never ordered is not judged
        who, what = both // width, self.products[both % width]
        sold = what >= 0
        again = sold & within(self.pair(who, what), self.bought)
        chosen = {"all": np.ones(len(who), bool), "new": ~again, "repeat": again}[task]
        judged, place = np.unique(who[chosen], return_inverse=True)
        known = sold[chosen]
        return Truth(
            judged.astype(np.int32),
            np.bincount(place, minlength=len(judged)),
            np.bincount(place[known], minlength=len(judged)),
            self.pair(who[chosen & sold], what[chosen & sold]),
        )


def split(shop: Shop, cut_off: datetime, days: int) -> Split:
    """Cut a shop's time at an instant; the window is `days` long. `ValueError`: nothing before or after."""
    end = cut_off + timedelta(days=days)
    before, window = shop.past.before(cut_off), shop.past.only(shop.past.between(cut_off, end))
    if not len(before) or not len(window):
        raise ValueError(
            f"{shop.name} has no orders {'after' if len(before) else 'before'} {cut_off:%Y-%m-%d}"
        )
    history, customers, products = trimmed(before)
    kept = np.flatnonzero(products >= 0)
    catalogue = Catalogue(
        tuple(shop.catalogue.names[one] for one in kept),
        tuple(shop.catalogue.categories[one] for one in kept),
        latest_prices(history),
    )
    return Split(cut_off, end, history, catalogue, window, customers, products)


def trimmed(past: Past) -> tuple[Past, Longs, Longs]:
    """Without the customers and products that have no line; and the new place of each, or -1."""
    who, customers = _renumbered(past.who, len(past.customers))
    what, products = _renumbered(past.what, len(past.products))
    buyers, sold = np.flatnonzero(customers >= 0), np.flatnonzero(products >= 0)
    less = replace(
        past,
        customers=past.customers[buyers],
        countries=tuple(past.countries[one] for one in buyers),
        products=tuple(past.products[one] for one in sold),
        who=who,
        what=what,
    )
    return less, customers, products


def _renumbered(places: Ints, number: int) -> tuple[Ints, Longs]:
    used = np.unique(places)
    fresh = np.full(number, -1, np.int64)
    fresh[used] = np.arange(len(used))
    return fresh[places].astype(np.int32), fresh


def within(values: Longs, ascending: Longs) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Of each value, of any shape: does it stand in the ascending ones?"""
    if not len(ascending):
        return np.zeros(values.shape, bool)
    found: Longs = np.minimum(np.searchsorted(ascending, values), len(ascending) - 1)
    return np.asarray(ascending[found] == values)
