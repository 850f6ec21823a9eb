"""Which products are bought together: cosine over the orders' baskets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

NEIGHBOURS = 20  # few neighbours beat many
SUPPORT = 2  # a pair seen once is chance, and its cosine is often 1
BIGGEST_BASKET = 300  # a wholesaler's whole range says nothing about what goes together
UNIT = 1_000_000  # weights are integers, so that their sums do not hang on an order
_BLOCK = 512

Neighbours = list[tuple[str, int]]


def neighbours(baskets: Iterable[Sequence[str]]) -> Iterator[tuple[str, Neighbours]]:
    """Each product, by id, with those bought together with it, nearest first (ties by id).

    `baskets`: the distinct products of each order. The weight of a pair is
    UNIT * orders with both / sqrt(orders with one * orders with the other), rounded.
    """
    kept = [basket for basket in baskets if len(basket) <= BIGGEST_BASKET]
    products = sorted({product for basket in kept for product in basket})
    if not products:
        return
    bought = _matrix(kept, products)
    counts = np.asarray(bought.sum(axis=0)).ravel()
    flipped = bought.T.tocsr()
    for start in range(0, len(products), _BLOCK):
        together = (flipped[start : start + _BLOCK] @ bought).tocsr()
        for row in range(together.shape[0]):
            found = _nearest(together, row, start + row, counts)
            if found:
                yield products[start + row], [(products[column], weight) for column, weight in found]


def _matrix(baskets: list[Sequence[str]], products: list[str]) -> sparse.csr_matrix:
    """Orders by products, 1 where bought."""
    index = {product: place for place, product in enumerate(products)}
    columns = np.array([index[product] for basket in baskets for product in basket], dtype=np.int64)
    ends = np.cumsum([0] + [len(basket) for basket in baskets])
    ones = np.ones(len(columns), dtype=np.int64)
    return sparse.csr_matrix((ones, columns, ends), shape=(len(baskets), len(products)))


def _nearest(
    together: sparse.csr_matrix, row: int, itself: int, counts: NDArray[np.int64]
) -> list[tuple[int, int]]:
    begin, end = together.indptr[row], together.indptr[row + 1]
    columns, both = together.indices[begin:end], together.data[begin:end]
    enough = (both >= SUPPORT) & (columns != itself)
    columns, both = columns[enough], both[enough]
    weights = np.rint(UNIT * both / np.sqrt(counts[itself] * counts[columns])).astype(np.int64)
    best = np.lexsort((columns, -weights))[:NEIGHBOURS]
    return list(zip(columns[best].tolist(), weights[best].tolist(), strict=True))


def blend(
    profiles: Sequence[Sequence[str]], near: Mapping[str, Neighbours], most: int
) -> list[list[tuple[str, int]]]:
    """For each profile (products somebody has) the products nearest to all of it, at most `most`.

    The weight is the sum over the profile; what stands in the profile is left out. Ties by id.
    """
    given = sorted({product for profile in profiles for product in profile if product in near})
    found = sorted({other for product in given for other, _ in near[product]})
    if not found:
        return [[] for _ in profiles]
    rows = {product: place for place, product in enumerate(given)}
    columns = {product: place for place, product in enumerate(found)}
    sums = _profiles(profiles, rows) @ _weights(given, near, columns)
    ranks = np.zeros(len(found), dtype=np.int64)
    heaviest: list[list[tuple[str, int]]] = []
    for row, profile in enumerate(profiles):
        own = [columns[product] for product in profile if product in columns]
        ranked = _heaviest(sums, row, own, ranks, most)
        heaviest.append([(found[column], weight) for column, weight in ranked])
    return heaviest


def _profiles(profiles: Sequence[Sequence[str]], rows: dict[str, int]) -> sparse.csr_matrix:
    known = [[rows[product] for product in dict.fromkeys(profile) if product in rows] for profile in profiles]
    places = np.array([place for profile in known for place in profile], dtype=np.int64)
    ends = np.cumsum([0] + [len(profile) for profile in known])
    ones = np.ones(len(places), dtype=np.int64)
    return sparse.csr_matrix((ones, places, ends), shape=(len(profiles), len(rows)))


def _weights(given: list[str], near: Mapping[str, Neighbours], columns: dict[str, int]) -> sparse.csr_matrix:
    places = np.array([columns[other] for product in given for other, _ in near[product]], dtype=np.int64)
    weights = np.array([weight for product in given for _, weight in near[product]], dtype=np.int64)
    ends = np.cumsum([0] + [len(near[product]) for product in given])
    return sparse.csr_matrix((weights, places, ends), shape=(len(given), len(columns)))


def _heaviest(
    sums: sparse.csr_matrix, row: int, own: list[int], ranks: NDArray[np.int64], most: int
) -> list[tuple[int, int]]:
    """Columns and weights of a row, the heaviest first. `ranks` is room to work in, a number a column."""
    begin, end = sums.indptr[row], sums.indptr[row + 1]
    columns, width = sums.indices[begin:end], len(ranks)
    # One number for weight and place: a partial sort then has no ties to break.
    ranks[columns] = sums.data[begin:end] * width + (width - 1 - columns)
    ranks[own] = 0
    found = ranks[columns]
    if len(found) > most:
        found = found[np.argpartition(found, -most)[-most:]]
    ordered = (divmod(rank, width) for rank in np.sort(found)[::-1].tolist())
    return [(width - 1 - rest, weight) for weight, rest in ordered if weight]
