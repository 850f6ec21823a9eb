"""What a pair of customer and product is judged by: one function a feature, one line in the registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from loyaltyloop.scores.purchases.looks import Kind
from loyaltyloop.scores.purchases.past import Bools, Floats, Longs
from loyaltyloop.scores.ranking.batch import Batch
from loyaltyloop.scores.ranking.facts import FACTS
from loyaltyloop.scores.ranking.near import Singles

_NEVER = 1000.0  # days
_GAP = 30.0  # days that a customer who bought once is taken to wait


@dataclass(frozen=True, eq=False)
class Judged:
    """The pairs of a batch: `rows` (ascending, places in the batch) and `what` (places in the side)."""

    batch: Batch
    rows: Longs
    what: Longs

    @cached_property
    def who(self) -> Longs:
        """Places in the cohort."""
        return self.rows + self.batch.start

    @cached_property
    def found(self) -> tuple[Bools, Longs]:
        """Is the product owned, and where in `cohort.owned`; 0 where not."""
        number = max(1, len(self.batch.side.products))
        owned, start = self.batch.cohort.owned, self.batch.own.start
        keys = self.batch.own_rows * number + owned.what[self.batch.own]
        mine = self.rows * number + self.what
        place = np.searchsorted(keys, mine)
        there = place < len(keys)
        there[there] = keys[place[there]] == mine[there]
        return there, np.where(there, place + start, 0)

    def of_owned(self, values: Floats, otherwise: float = 0.0) -> Floats:
        """A column of `cohort.owned`, `otherwise` for what is not owned."""
        there, place = self.found
        return np.where(there, values[place], otherwise) if len(values) else np.full(len(there), otherwise)

    def of_shelf(self, scores: Singles) -> Singles:
        """The pair's entry of a batch's scores."""
        return scores[self.rows, self.batch.side.on_shelf[self.what]]

    def of_fact(self, name: str) -> Singles:
        return self.batch.side.fact(name)[self.what]

    def rank(self, values: NDArray[np.floating]) -> Floats:
        """The logarithm of the place of each among those of its customer, 0 the highest; ties by product."""
        ranked = np.lexsort((self.what, -values, self.rows))
        place = np.empty(len(ranked))
        place[ranked] = np.arange(len(ranked)) - np.searchsorted(self.rows, self.rows)
        return np.log1p(place)


def _due(pairs: Judged) -> Floats:
    """Days since the last purchase over the days that are usual between two: own, shrunk to the product's."""
    owned = pairs.batch.cohort.owned
    orders = pairs.of_owned(owned.orders)
    span = pairs.of_owned(owned.first) - pairs.of_owned(owned.last)
    usual = np.expm1(pairs.of_fact("interval"))
    gap = (span + usual) / np.maximum(1.0, orders)
    return np.where(orders > 0, pairs.of_owned(owned.last) / np.maximum(1.0, gap), -1.0)


def _rate(pairs: Judged) -> Floats:
    """In which share of the customer's orders it was."""
    return pairs.of_owned(pairs.batch.cohort.owned.orders) / np.maximum(1.0, _orders(pairs))


def _rate_since(pairs: Judged) -> Floats:
    """Orders with it over the days since it was first bought, per customer's mean gap."""
    cohort = pairs.batch.cohort
    span = pairs.of_owned(cohort.owned.first) + _GAP
    return pairs.of_owned(cohort.owned.orders) / span * 100


def _in_last(pairs: Judged) -> Floats:
    """Was it in the last order?"""
    last = pairs.of_owned(pairs.batch.cohort.owned.last, _NEVER)
    return (last <= pairs.batch.cohort.since_last[pairs.who] + 1e-9).astype(np.float64)


def _orders(pairs: Judged) -> Floats:
    return pairs.batch.cohort.orders[pairs.who]


def _price_off(pairs: Judged) -> Floats:
    """How far the price is from what the customer pays, in spreads."""
    mean, spread = pairs.batch.cohort.prices
    return (pairs.of_fact("price") - mean[pairs.who]) / (spread[pairs.who] + 0.3)


def _taste(pairs: Judged) -> Floats:
    """The share of the product's category in what the customer buys."""
    side, batch = pairs.batch.side, pairs.batch
    taste = batch.cohort.taste[batch.start : batch.stop].toarray()
    padded = np.concatenate([taste, np.zeros((len(taste), 1))], axis=1)
    return padded[pairs.rows, side.category[pairs.what]]


def _again(pairs: Judged) -> Floats:
    """The share of a customer's lines that bought something again."""
    cohort = pairs.batch.cohort
    distinct = np.bincount(cohort.owned.row, minlength=cohort.rows)
    return (1.0 - distinct / np.maximum(1.0, cohort.lines))[pairs.who]


def _faded(column: int) -> Callable[[Judged], Floats]:
    return lambda pairs: pairs.of_owned(pairs.batch.cohort.owned.faded[:, column])


def _fact(name: str) -> Callable[[Judged], Singles]:
    return lambda pairs: pairs.of_fact(name)


def _looked(kind: Kind) -> Callable[[Judged], Floats]:
    def look(pairs: Judged) -> Floats:
        rows, what, weights = pairs.batch.cohort.looked(kind)
        number = max(1, len(pairs.batch.side.products))
        keys, mine = rows * number + what, pairs.who * number + pairs.what
        place = np.minimum(np.searchsorted(keys, mine), max(0, len(keys) - 1))
        if not len(keys):
            return np.zeros(len(mine))
        return np.where(keys[place] == mine, weights[place], 0.0)

    return look


Feature = Callable[[Judged], "NDArray[np.floating]"]

FEATURES: Mapping[str, Feature] = {
    "orders_with": lambda pairs: pairs.of_owned(pairs.batch.cohort.owned.orders),
    "faded_30": _faded(0),
    "faded_120": _faded(1),
    "faded_365": _faded(2),
    "rate": _rate,
    "rate_since": _rate_since,
    "last": lambda pairs: np.log1p(pairs.of_owned(pairs.batch.cohort.owned.last, _NEVER)),
    "first": lambda pairs: np.log1p(pairs.of_owned(pairs.batch.cohort.owned.first, _NEVER)),
    "due": _due,
    "in_last": _in_last,
    "own_pieces": lambda pairs: pairs.of_owned(pairs.batch.cohort.owned.pieces),
    "own_rank": lambda pairs: pairs.rank(_faded(1)(pairs)),
    "goes": lambda pairs: pairs.of_shelf(pairs.batch.goes),
    "goes_rank": lambda pairs: pairs.rank(pairs.of_shelf(pairs.batch.goes)),
    "together": lambda pairs: pairs.of_shelf(pairs.batch.together),
    "together_rank": lambda pairs: pairs.rank(pairs.of_shelf(pairs.batch.together)),
    "alike": lambda pairs: pairs.of_shelf(pairs.batch.alike),
    "alike_rank": lambda pairs: pairs.rank(pairs.of_shelf(pairs.batch.alike)),
    "here": lambda pairs: pairs.of_shelf(pairs.batch.here),
    "price_off": _price_off,
    "taste": _taste,
    "orders": lambda pairs: np.log1p(_orders(pairs)),
    "since_last": lambda pairs: np.log1p(pairs.batch.cohort.since_last[pairs.who]),
    "since_first": lambda pairs: np.log1p(pairs.batch.cohort.since_first[pairs.who]),
    "lines": lambda pairs: np.log1p(pairs.batch.cohort.lines[pairs.who]),
    "again": _again,
    "viewed": _looked(Kind.VIEWED),
    "added": _looked(Kind.ADDED),
    **{f"of_{name}": _fact(name) for name in FACTS},
}


def features(pairs: Judged) -> Singles:
    """Pairs × len(FEATURES)."""
    columns = [np.asarray(feature(pairs), np.float32) for feature in FEATURES.values()]
    return np.stack(columns, axis=1) if len(pairs.rows) else np.zeros((0, len(FEATURES)), np.float32)
