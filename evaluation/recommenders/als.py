"""ALS: factors of customers and products by turns, with confidence in what was bought.

Hu, Koren and Volinsky, Collaborative Filtering for Implicit Feedback Datasets (2008).
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from evaluation.recommenders.scored import Recommender, Scored, orders_matrix
from evaluation.split import Split
from loyaltyloop.scores.purchases.past import Floats

FACTORS = 64
ROUNDS = 15
CONFIDENCE = 1.0
PENALTY = 0.01


def fit(cut: Split, seed: int) -> Recommender:
    """The confidence in a purchase is 1 + CONFIDENCE * orders."""
    counts = orders_matrix(cut.history)
    flipped = counts.T.tocsr()
    dice = np.random.default_rng(seed)
    customers, products = (dice.random((number, FACTORS)) * 0.01 for number in counts.shape)
    for _ in range(ROUNDS):
        customers = _solved(counts, products)
        products = _solved(flipped, customers)
    return Scored(cut, lambda who: customers[who] @ products.T)


def _solved(counts: sparse.csr_matrix, others: Floats) -> Floats:
    """The best factors of each row, given those of the columns."""
    gram = others.T @ others + PENALTY * np.eye(FACTORS)
    found = np.zeros((counts.shape[0], FACTORS))
    for row in np.flatnonzero(np.diff(counts.indptr)):
        inside = slice(counts.indptr[row], counts.indptr[row + 1])
        bought = others[counts.indices[inside]]
        confidence = CONFIDENCE * counts.data[inside]
        left = gram + (bought.T * confidence) @ bought
        found[row] = np.linalg.solve(left, (1 + confidence) @ bought)
    return found
