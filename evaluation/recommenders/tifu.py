"""TIFU-kNN: how often and how lately a customer bought what, with that of customers alike.

Hu and others, Modeling Personalized Item Frequency Information for Next-basket Recommendation (2020), with
one group of orders, and the decay and neighbours that did best on a year of a gift shop.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from evaluation.recommenders.scored import Recommender, Scored
from evaluation.split import Split
from loyaltyloop.scores.purchases.past import Floats, Ints, Past

NEIGHBOURS = 100
DECAY = 0.98  # how much an order counts beside the one after it
OWN = 0.5  # what is the customer's own, the rest is the neighbours'


def fit(cut: Split, _seed: int) -> Recommender:
    """Neighbours by cosine of the customers' frequencies."""
    own = frequencies(cut.history)
    length = np.sqrt(np.asarray(own.multiply(own).sum(axis=1)).ravel())
    unit = sparse.diags(1 / np.maximum(length, 1e-12)) @ own

    def scores(who: Ints) -> Floats:
        alike = (unit[who] @ unit.T).toarray()
        alike[np.arange(len(who)), who] = -1
        near = np.argsort(-alike, axis=1, kind="stable")[:, :NEIGHBOURS]
        rows = np.repeat(np.arange(len(who)), near.shape[1])
        mean = sparse.csr_matrix(
            (np.full(near.size, 1 / near.shape[1]), (rows, near.ravel())), shape=alike.shape
        )
        return np.asarray((OWN * own[who] + (1 - OWN) * (mean @ own)).toarray())

    return Scored(cut, scores)


def frequencies(past: Past) -> sparse.csr_matrix:
    """Customers by products: the decayed share of the customer's orders that it is in."""
    orders, first = np.unique(past.order, return_index=True)
    who = past.who[first]
    back = _back(who)  # of each order, how many later ones its customer has
    total = np.bincount(who, minlength=len(past.customers))
    lines = (DECAY**back / total[who])[np.searchsorted(orders, past.order)]
    shape = (len(past.customers), len(past.products))
    found = sparse.csr_matrix((lines, (past.who, past.what)), shape=shape)
    found.sum_duplicates()
    return found


def _back(who: Ints) -> Ints:
    """Of orders in the order of time: the number of later ones of the same customer."""
    ranked = np.argsort(who, kind="stable")
    ends = np.searchsorted(who[ranked], who[ranked], side="right")
    back = np.empty(len(who), np.int32)
    back[ranked] = ends - 1 - np.arange(len(who))
    return back
