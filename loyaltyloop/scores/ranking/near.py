"""What goes with what: sparse weights between the products of a shelf, out of what buyers have in common."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from loyaltyloop.scores.purchases.past import Floats, Ints

Singles = NDArray[np.float32]

_UNIT = 10_000  # weights are whole parts of it: the last places of long sums differ between machines
_BLOCK = 256
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, eq=False)
class Near:
    """A sparse matrix of a shelf's n products: row = what somebody has, column = what goes with it.

    `starts`: int32[n + 1]; `others`: the columns of a row, ascending; `weights`: not 0.
    """

    starts: Ints
    others: Ints
    weights: Singles

    @cached_property
    def matrix(self) -> sparse.csr_matrix:
        """The same as scipy knows it."""
        number = len(self.starts) - 1
        return sparse.csr_matrix((self.weights, self.others, self.starts), shape=(number, number))

    @cached_property
    def by_column(self) -> tuple[Ints, Ints, Singles]:
        """Turned round: starts of each column, the rows in it, ascending, and the weights."""
        turned = self.matrix.tocsc()
        return turned.indptr, turned.indices, turned.data


def ease(bought: sparse.csr_matrix, damping: float, most: int) -> Near:
    """Weights that foretell a product from the others, the `most` furthest from 0 for each product foretold.

    `bought`: customers × products; `damping`: lambda, as many buyers. Steck, "Embarrassingly Shallow
    Autoencoders for Sparse Data" (2019): B = I - P / diag(P), P = (X'X + lambda I)^-1.
    """
    number = bought.shape[1]
    if not number:
        return _near([], 0)
    gram = np.asarray((bought.T @ bought).todense(), np.float64)
    gram[np.diag_indices(number)] += damping
    inverse = _inverse(gram)
    inverse /= -np.diag(inverse)
    inverse[np.diag_indices(number)] = 0.0
    return _near([_furthest(inverse.T[start : start + _BLOCK], most) for start in _blocks(number)], number)


def cosine(bought: sparse.csr_matrix, most: int, support: int = 2) -> Near:
    """Both / sqrt(one * other) of products that `support` rows have in common, the `most` for each product.

    `bought`: orders or customers × products, 1 where bought.
    """
    number = bought.shape[1]
    counts = np.maximum(1.0, np.asarray(bought.sum(axis=0)).ravel())
    flipped = bought.T.tocsr()
    parts = []
    for start in _blocks(number):
        both = np.asarray((flipped[start : start + _BLOCK] @ bought).todense(), np.float64)
        rows = np.arange(len(both))
        both[both < support] = 0.0
        both[rows, start + rows] = 0.0
        parts.append(_furthest(both / np.sqrt(counts[start + rows, None] * counts), most))
    return _near(parts, number)


def alike(names: Sequence[str], most: int) -> Near:
    """Products whose names share words, rare words counting more: cosine of TF-IDF, the `most` for each."""
    words = _words(names)
    seen = np.asarray((words > 0).sum(axis=0)).ravel()
    weighed = words @ sparse.diags_array(np.log((1 + len(names)) / (1 + seen)))
    length = np.sqrt(np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel())
    unit = (sparse.diags_array(1 / np.maximum(1e-9, length)) @ weighed).tocsr()
    parts = []
    for start in _blocks(len(names)):
        both = (unit[start : start + _BLOCK] @ unit.T).toarray()
        both[np.arange(len(both)), start + np.arange(len(both))] = 0.0
        parts.append(_furthest(both, most))
    return _near(parts, len(names))


def _words(names: Sequence[str]) -> sparse.csr_matrix:
    """Names × words of two letters and more, 1 where the name has it."""
    places: dict[str, int] = {}
    rows = [sorted({word for word in _WORD.findall(name.casefold()) if len(word) > 1}) for name in names]
    columns = [places.setdefault(word, len(places)) for row in rows for word in row]
    ends = np.cumsum([0, *(len(row) for row in rows)])
    return sparse.csr_matrix((np.ones(len(columns)), columns, ends), shape=(len(names), len(places)))


def _blocks(number: int) -> range:
    return range(0, number, _BLOCK)


def _furthest(dense: Floats, most: int) -> tuple[Ints, Ints, NDArray[np.int64]]:
    """The `most` numbers of each row that are furthest from 0: row, column, and number in whole parts."""
    parts = np.rint(dense * _UNIT).astype(np.int64)
    width = parts.shape[1]
    if width > most:
        # place and weight in one number: a partial sort then has no ties to break
        ranks = np.abs(parts) * width + (width - 1 - np.arange(width))
        limit = np.partition(ranks, width - most, axis=1)[:, width - most]
        parts[ranks < limit[:, None]] = 0
    rows, columns = np.nonzero(parts)
    return rows.astype(np.int32), columns.astype(np.int32), parts[rows, columns]


def _near(parts: list[tuple[Ints, Ints, Any]], number: int) -> Near:
    """Of blocks of rows that say of a product what it goes with: turned round."""
    if not parts:
        return Near(np.zeros(number + 1, np.int32), np.zeros(0, np.int32), np.zeros(0, np.float32))
    foretold = np.concatenate(
        [rows + start for (rows, _, _), start in zip(parts, _blocks(number), strict=True)]
    )
    owned = np.concatenate([columns for _, columns, _ in parts])
    weights = np.concatenate([values for _, _, values in parts]) / _UNIT
    by_row = np.lexsort((foretold, owned))
    starts = np.concatenate([[0], np.cumsum(np.bincount(owned, minlength=number))])
    return Near(
        starts.astype(np.int32), foretold[by_row].astype(np.int32), weights[by_row].astype(np.float32)
    )


def _inverse(gram: Floats) -> Floats:
    """Of a positive definite matrix, by one thread: what several add up hangs on their number."""
    from scipy.linalg import lapack
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        factor, failed = lapack.dpotrf(np.asfortranarray(gram), lower=True, overwrite_a=True)
        inverse, wrong = lapack.dpotri(factor, lower=True, overwrite_c=True)
    if failed or wrong:
        raise ValueError("the products' weights cannot be had: the matrix is not positive definite")
    lower = np.tril(inverse)
    return np.ascontiguousarray(lower + np.tril(lower, -1).T)
