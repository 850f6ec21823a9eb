"""Item-item with BM25's weights: products that few buy, and customers who buy little, say more.

Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009), with customers as
texts and products as their words.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from evaluation.recommenders.neighbours import nearest
from evaluation.recommenders.scored import Recommender, Scored, matrix
from evaluation.split import Split

K1 = 100.0  # as is usual for purchases: what bought is the length of the text
B = 0.8


def fit(cut: Split, _seed: int) -> Recommender:
    """The inner product of weighted columns; a product is a neighbour of itself."""
    bought = matrix(cut.history)
    near = nearest(weighted(bought), itself=True)
    return Scored(cut, lambda who: (bought[who] @ near).toarray())


def weighted(bought: sparse.csr_matrix) -> sparse.csr_matrix:
    """BM25's weight of each purchase."""
    found = bought.tocoo()
    rows, columns = bought.shape
    rarity = np.log(rows) - np.log1p(np.bincount(found.col, minlength=columns))
    total = np.asarray(bought.sum(axis=1)).ravel()
    length = 1 - B + B * total / total.mean()
    values = found.data * (K1 + 1) / (K1 * length[found.row] + found.data) * rarity[found.col]
    return sparse.csr_matrix((values, (found.row, found.col)), shape=bought.shape)
