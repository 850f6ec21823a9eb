"""Item-kNN: products bought by the same customers as those that a customer has, 20 neighbours each."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from evaluation.recommenders.scored import Recommender, Scored, matrix
from evaluation.split import Split
from loyaltyloop.scores.purchases.past import Floats

NEIGHBOURS = 20
_BLOCK = 512


def fit(cut: Split, _seed: int) -> Recommender:
    """Cosine of the products' customers; a customer's score of a product is the sum over what they have."""
    bought = matrix(cut.history)
    length = np.sqrt(np.asarray(bought.sum(axis=0)).ravel())
    near = nearest(bought @ sparse.diags(1 / length))
    return Scored(cut, lambda who: (bought[who] @ near).toarray())


def nearest(weights: sparse.csr_matrix, itself: bool = False) -> sparse.csr_matrix:
    """Products by products: the inner product of their columns, the NEIGHBOURS highest of each row."""
    flipped = weights.T.tocsr()
    rows = range(0, flipped.shape[0], _BLOCK)
    kept = [_highest((flipped[start : start + _BLOCK] @ weights).toarray(), start, itself) for start in rows]
    return sparse.vstack(kept).tocsr()


def _highest(alike: Floats, start: int, itself: bool) -> sparse.csr_matrix:
    if not itself:
        alike[np.arange(len(alike)), start + np.arange(len(alike))] = 0
    ranked = np.argsort(-alike, axis=1, kind="stable")[:, :NEIGHBOURS]
    values = np.take_along_axis(alike, ranked, axis=1)
    rows = np.repeat(np.arange(len(alike)), ranked.shape[1])
    return sparse.csr_matrix((values.ravel(), (rows, ranked.ravel())), shape=alike.shape)
