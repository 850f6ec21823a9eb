"""BPR: factors by which what was bought comes before what was not, learned from pairs drawn at random.

Rendle and others, BPR: Bayesian Personalized Ranking from Implicit Feedback (2009).
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from evaluation.recommenders.scored import Recommender, Scored, matrix
from evaluation.split import Split, within
from loyaltyloop.scores.purchases.past import Floats

FACTORS = 64
ROUNDS = 40
RATE = 0.05
PENALTY = 0.002
BATCH = 2048


def fit(cut: Split, seed: int) -> Recommender:
    """Stochastic descent in small batches; the last factor of a product is its own worth."""
    bought = matrix(cut.history).tocoo()
    who, what, dice = bought.row, bought.col, np.random.default_rng(seed)
    customers, products = ((dice.random((number, FACTORS + 1)) - 0.5) / FACTORS for number in bought.shape)
    customers[:, FACTORS], products[:, FACTORS] = 1, 0
    for _ in range(ROUNDS):
        drawn = dice.integers(0, len(who), len(who))
        others = what[dice.integers(0, len(who), len(who))]
        fair = ~within(cut.pair(who[drawn], others), cut.bought)
        for start in range(0, len(drawn), BATCH):
            part = slice(start, start + BATCH)
            rows = drawn[part][fair[part]]
            _step(customers, products, who[rows], what[rows], others[part][fair[part]])
    return Scored(cut, lambda who: customers[who] @ products.T)


def _step(
    customers: Floats, products: Floats, who: np.ndarray, better: np.ndarray, worse: np.ndarray
) -> None:
    mine, good, bad = customers[who], products[better], products[worse]
    doubt = 1 / (1 + np.exp(((good - bad) * mine).sum(axis=1)))[:, None]
    change = RATE * (doubt * (good - bad) - PENALTY * mine)
    change[:, FACTORS] = 0
    _add(customers, who, change)
    _add(products, better, RATE * (doubt * mine - PENALTY * good))
    _add(products, worse, RATE * (-doubt * mine - PENALTY * bad))


def _add(factors: Floats, rows: np.ndarray, change: Floats) -> None:
    ones = sparse.csr_matrix((np.ones(len(rows)), (rows, np.arange(len(rows)))), (len(factors), len(rows)))
    touched = np.unique(rows)
    factors[touched] += ones[touched] @ change
