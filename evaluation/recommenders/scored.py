"""What most simple methods have in common: a number for each customer and product, the highest first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from scipy import sparse

from evaluation.split import Split, Task, within
from loyaltyloop.scores.purchases.past import Floats, Ints, Past

BLOCK = 256  # customers at a time: a row of numbers each, one a product

Scores = Callable[[Ints], Floats]
"""A row for each of these customers (places), a number a product; -inf: never."""


class Recommender(Protocol):
    """A method that was fitted on a history."""

    def lists(self, who: Ints, task: Task, most: int) -> Ints:
        """A row of products (places) for each, best first, at most so many, -1 for none."""
        ...


class Scored:
    """By its scores; of equals the product that comes first by id."""

    def __init__(self, cut: Split, scores: Scores) -> None:
        self._cut = cut
        self._scores = scores

    def lists(self, who: Ints, task: Task, most: int) -> Ints:
        """For *new* without what each has bought, for *repeat* of that alone."""
        blocks = [self._block(who[start : start + BLOCK], task, most) for start in range(0, len(who), BLOCK)]
        return np.concatenate(blocks) if blocks else np.zeros((0, most), np.int32)

    def _block(self, who: Ints, task: Task, most: int) -> Ints:
        scores = self._scores(who)
        if task != "all":
            products = np.arange(scores.shape[1])
            again = within(self._cut.pair(who[:, None], products[None, :]), self._cut.bought)
            scores = np.where(again if task == "repeat" else ~again, scores, -np.inf)
        ranked = np.argsort(-scores, axis=1, kind="stable")[:, :most]
        never = np.take_along_axis(scores, ranked, axis=1) == -np.inf
        return np.where(never, -1, ranked).astype(np.int32)


def matrix(past: Past) -> sparse.csr_matrix:
    """Customers by products: 1 where bought, once or often."""
    counts = orders_matrix(past)
    counts.data = np.ones_like(counts.data)
    return counts


def orders_matrix(past: Past) -> sparse.csr_matrix:
    """Customers by products: in how many orders."""
    shape = (len(past.customers), len(past.products))
    found = sparse.csr_matrix((np.ones(len(past)), (past.who, past.what)), shape=shape)
    found.sum_duplicates()
    return found


def popularity(past: Past) -> Floats:
    """Of each product the orders that it is in."""
    return np.bincount(past.what, minlength=len(past.products)).astype(np.float64)
