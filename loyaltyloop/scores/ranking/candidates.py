"""Where products to be ranked come from: one function a source, one line in the registry.

A source gives, for the customers of a batch, rows (places in the batch) and products (places in the side).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from loyaltyloop.scores.purchases.looks import Kind
from loyaltyloop.scores.purchases.past import Bools, Longs
from loyaltyloop.scores.ranking.batch import Batch
from loyaltyloop.scores.ranking.cohort import FADES
from loyaltyloop.scores.ranking.near import Singles
from loyaltyloop.scores.ranking.shelf_side import FADE

Pairs = tuple[Longs, Longs]

MOST_OWN = 60
MOST_LOOKED = 100  # of each kind: a bot looks through the whole catalogue
_TREND = 0.02  # how much being in demand adds to what goes with a profile, in the first choice alone


def own(batch: Batch) -> Pairs:
    """What they bought most often and lately."""
    owned = batch.cohort.owned
    faded, what = owned.faded[batch.own, FADES.index(FADE)], owned.what[batch.own]
    kept = _first(batch.own_rows, faded, what, MOST_OWN)
    return batch.own_rows[kept], what[kept]


def goes(batch: Batch) -> Pairs:
    """Foretold by what they have, and in demand."""
    return highest(batch, batch.goes[:, :-1] + _TREND * batch.trend, 60)


def together(batch: Batch) -> Pairs:
    """Bought together with what they have."""
    return highest(batch, batch.together[:, :-1], 20)


def alike(batch: Batch) -> Pairs:
    """Named like what they have."""
    return highest(batch, batch.alike[:, :-1], 15)


def trending(batch: Batch) -> Pairs:
    """In demand lately."""
    return highest(batch, np.broadcast_to(batch.trend, (batch.rows, len(batch.trend))), 15)


def popular_here(batch: Batch) -> Pairs:
    """Popular in their country."""
    return highest(batch, batch.here[:, :-1], 10)


def viewed(batch: Batch) -> Pairs:
    """What they looked at most often and lately."""
    return _looked(batch, Kind.VIEWED)


def cart(batch: Batch) -> Pairs:
    """Likewise what they put into a basket."""
    return _looked(batch, Kind.ADDED)


SOURCES: Mapping[str, Callable[[Batch], Pairs]] = {
    "own": own,
    "goes": goes,
    "together": together,
    "alike": alike,
    "trending": trending,
    "popular_here": popular_here,
    "viewed": viewed,
    "cart": cart,
}


def candidates(batch: Batch) -> Pairs:
    """Of all sources, each pair once, by row and product."""
    number = max(1, len(batch.side.products))
    keys = [rows * number + what for rows, what in (source(batch) for source in SOURCES.values())]
    distinct = np.unique(np.concatenate(keys))
    rows, what = distinct // number, distinct % number
    if batch.allowed is None:
        return rows, what
    return rows[batch.allowed[what]], what[batch.allowed[what]]


def highest(batch: Batch, scores: Singles, most: int) -> Pairs:
    """The `most` products of the shelf with the highest positive scores that a customer does not have.

    Ties by place, as the shelf has it.
    """
    left = np.array(scores, np.float32)
    left[batch.own_shelf] = 0.0
    left[:, batch.barred] = 0.0
    width = left.shape[1]
    if width > most:
        left[left < _limit(left, most)] = 0.0
    rows, columns = np.nonzero(left > 0)
    kept = _first(rows, left[rows, columns], columns, most) if width > most else slice(None)
    rows, columns = rows[kept], columns[kept]
    return rows.astype(np.int64), batch.side.shelf[columns].astype(np.int64)


def _limit(scores: Singles, most: int) -> Singles:
    """Of each row, its `most`-highest score."""
    place = scores.shape[1] - most
    return np.partition(scores, place, axis=1)[:, place : place + 1]


def _first(rows: Longs, scores: NDArray[np.floating], what: Longs, most: int) -> Bools:
    """Which entries are among the `most` highest of their row; `rows` ascend, ties by `what`."""
    ranked = np.lexsort((what, -scores, rows))
    place = np.arange(len(rows)) - np.searchsorted(rows, rows)
    kept = np.zeros(len(rows), np.bool_)
    kept[ranked] = place < most
    return kept


def _looked(batch: Batch, kind: Kind) -> Pairs:
    rows, what, weights = batch.cohort.looked(kind)
    mine = slice(*np.searchsorted(rows, [batch.start, batch.stop]).tolist())
    rows, what = rows[mine] - batch.start, what[mine]
    kept = _first(rows, weights[mine], what, MOST_LOOKED)
    return rows[kept], what[kept]
