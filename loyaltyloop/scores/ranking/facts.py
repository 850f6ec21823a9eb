"""What is counted of each product over all customers: one function a fact, one line in the registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from loyaltyloop.scores.purchases.past import DAY, Floats, Longs, Past

STEADY = 10.0  # orders that damp what was hardly ever bought


@dataclass(frozen=True, eq=False)
class Sold:
    """The lines of a `Past`, `what` being places among `number` products that were sold."""

    past: Past
    what: Longs
    number: int

    @cached_property
    def age(self) -> Floats:
        """Of each line, in days before `as_of`."""
        return (self.past.now - self.past.at) / DAY

    def counts(self, since: float) -> Floats:
        """In how many orders of the last `since` days each product was."""
        return np.bincount(self.what[self.age <= since], minlength=self.number).astype(np.float64)

    def share(self, since: float) -> Floats:
        """Counts over the number of orders of these days."""
        orders = len(np.unique(self.past.order[self.age <= since]))
        found: Floats = self.counts(since) / max(1, orders)
        return found

    @cached_property
    def gaps(self) -> tuple[Longs, Floats]:
        """Of each time that somebody bought a product again: which, and days since the time before."""
        ranked = np.lexsort((self.past.at, self.what, self.past.who))
        what, who, age = self.what[ranked], self.past.who[ranked], self.age[ranked]
        again = (what[1:] == what[:-1]) & (who[1:] == who[:-1])
        return what[1:][again], (age[:-1] - age[1:])[again]

    @cached_property
    def buyers(self) -> Floats:
        """Distinct customers of each product."""
        pairs = np.unique(self.past.who.astype(np.int64) * self.number + self.what)
        return np.bincount(pairs % self.number, minlength=self.number).astype(np.float64)


def _last_sold(sold: Sold) -> Floats:
    idle = np.full(sold.number, np.inf)
    np.minimum.at(idle, sold.what, sold.age)
    found: Floats = np.log1p(idle)
    return found


def _first_sold(sold: Sold) -> Floats:
    oldest = np.zeros(sold.number)
    np.maximum.at(oldest, sold.what, sold.age)
    found: Floats = np.log1p(oldest)
    return found


def _bought_again(sold: Sold) -> Floats:
    """The share of purchases that were bought again by the same customer, shrunk to the shop's."""
    again = np.bincount(sold.gaps[0], minlength=sold.number)
    total = sold.counts(np.inf)
    found: Floats = (again + STEADY * again.sum() / max(1.0, total.sum())) / (total + STEADY)
    return found


def _interval(sold: Sold) -> Floats:
    """Mean days to the next purchase, shrunk to the shop's; the logarithm."""
    what, days = sold.gaps
    usual = days.mean() if len(days) else 30.0
    total = np.bincount(what, days, minlength=sold.number)
    found: Floats = np.log1p((total + STEADY * usual) / (np.bincount(what, minlength=sold.number) + STEADY))
    return found


def _price(sold: Sold) -> Floats:
    """The logarithm of what a piece cost; the shop's mean where that is not known."""
    known = np.isfinite(sold.past.price) & (sold.past.price > 0)
    logs = np.log(sold.past.price[known])
    what = sold.what[known]
    count = np.bincount(what, minlength=sold.number)
    usual = logs.mean() if len(logs) else 0.0
    return np.where(count > 0, np.bincount(what, logs, minlength=sold.number) / np.maximum(1, count), usual)


def _pieces(sold: Sold) -> Floats:
    """The mean logarithm of pieces in a line: what is bought by the dozen."""
    logs = np.log1p(np.maximum(0, sold.past.quantity))
    return np.bincount(sold.what, logs, minlength=sold.number) / np.maximum(1.0, sold.counts(np.inf))


def _against(lately: float, before: float) -> Callable[[Sold], Floats]:
    def trend(sold: Sold) -> Floats:
        """Orders lately / sqrt(orders of longer + 10), the highest being 1."""
        found = sold.counts(lately) / np.sqrt(sold.counts(before) + STEADY)
        return found / max(1e-9, float(found.max(initial=0.0)))

    return trend


FACTS: Mapping[str, Callable[[Sold], Floats]] = {
    "sold_7": lambda sold: sold.share(7),
    "sold_14": lambda sold: sold.share(14),
    "sold_30": lambda sold: sold.share(30),
    "sold_90": lambda sold: sold.share(90),
    "sold": lambda sold: sold.share(np.inf),
    "trend_14": _against(14, np.inf),
    "trend_30": _against(30, 120),
    "buyers": lambda sold: np.log1p(sold.buyers),
    "last_sold": _last_sold,
    "first_sold": _first_sold,
    "bought_again": _bought_again,
    "interval": _interval,
    "price": _price,
    "pieces": _pieces,
}
