"""How well lists of products find what was bought: Recall, HR, NDCG, MAP at K, and what was possible at all.

The protocol: who is judged has an order before the cut-off and bought something of the task in the window.
A product twice in a list counts once; for *new* what was bought before is dropped before places are counted
(for *repeat*, what was not). Whoever gets no list scores 0. What was first sold in the window stays in the
truth: nobody can find it, and the ceilings say what could be reached.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from evaluation.intervals import Drawn, mean
from evaluation.split import Split, Task, Truth, within
from loyaltyloop.scores.purchases.past import Bools, Floats, Ints, Longs

K = 10
MEASURES = ("ndcg", "recall", "hr", "map")
SEGMENTS: Mapping[str, tuple[int, int]] = {"1 order": (1, 1), "2-4 orders": (2, 4), "5+ orders": (5, 1 << 40)}

_GAINS = 1 / np.log2(np.arange(2, K + 2))
_IDEAL = np.concatenate([[0.0], np.cumsum(_GAINS)])


@dataclass(frozen=True, eq=False)
class Found:
    """Of each customer judged: the measures at K; `orders` before the cut-off. `coverage`: products shown to
    anybody, of those sold before; `served`: customers with a list, of those judged.
    """

    measures: Mapping[str, Floats]
    orders: Longs
    coverage: float
    served: float

    @cached_property
    def drawn(self) -> Mapping[str, Drawn]:
        """The mean of each measure over the customers."""
        return {name: mean(values) for name, values in self.measures.items()}

    def segment(self, name: str) -> tuple[int, Drawn]:
        """Of those with so many orders before: how many they are, and their mean NDCG."""
        least, most = SEGMENTS[name]
        of_these = (self.orders >= least) & (self.orders <= most)
        return int(of_these.sum()), mean(self.measures["ndcg"][of_these])


def find(cut: Split, task: Task, truth: Truth, lists: Ints) -> Found:
    """Judge `lists`: a row each of `truth.who`, places of products, best first, -1 for none."""
    pairs = cut.pair(truth.who[:, None], lists)
    counting = _counting(cut, task, lists, pairs)
    top = _first(counting)
    hits = top & within(pairs, truth.pairs)
    place = np.maximum(np.cumsum(counting, axis=1) - 1, 0)
    gains = np.where(hits, _GAINS[np.minimum(place, K - 1)], 0.0)
    precision = np.where(hits, np.cumsum(hits, axis=1) / (place + 1), 0.0)
    number, most = hits.sum(axis=1), np.minimum(truth.size, K)
    measures = {
        "ndcg": gains.sum(axis=1) / _IDEAL[most],
        "recall": number / truth.size,
        "hr": (number > 0).astype(np.float64),
        "map": precision.sum(axis=1) / most,
    }
    shown = len(np.unique(lists[top])) / len(cut.history.products)
    return Found(measures, cut.orders[truth.who], shown, float(top.any(axis=1).mean()))


def ceilings(truth: Truth) -> dict[str, float]:
    """What whoever knew the truth would reach with products that had been sold before."""
    most, reach = np.minimum(truth.size, K), np.minimum(truth.known, K)
    return {
        "ndcg": float((_IDEAL[reach] / _IDEAL[most]).mean()),
        "recall": float((reach / truth.size).mean()),
    }


def _counting(cut: Split, task: Task, lists: Ints, pairs: Longs) -> Bools:
    """Which entries count: those that name a product for the first time, and of the task."""
    counting = (lists >= 0) & ~_repeated(lists)
    if task == "all":
        return counting
    again = within(pairs, cut.bought)
    return counting & (again if task == "repeat" else ~again)


def _repeated(lists: Ints) -> Bools:
    """Entries that stand in their row before."""
    ranked = np.argsort(lists, axis=1, kind="stable")
    ordered = np.take_along_axis(lists, ranked, axis=1)
    same = np.zeros(lists.shape, bool)
    same[:, 1:] = ordered[:, 1:] == ordered[:, :-1]
    repeated = np.zeros(lists.shape, bool)
    np.put_along_axis(repeated, ranked, same, axis=1)
    return repeated


def _first(counting: Bools) -> Bools:
    """The first K that count of each row."""
    return counting & (np.cumsum(counting, axis=1) <= K)
