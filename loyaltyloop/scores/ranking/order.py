"""A cohort's products in the learned order, each with the source that it is told by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyaltyloop.scores.purchases.looks import Looks
from loyaltyloop.scores.purchases.past import Bools, Ints, Longs, Past
from loyaltyloop.scores.ranking.batch import Batch
from loyaltyloop.scores.ranking.candidates import candidates
from loyaltyloop.scores.ranking.cohort import cohort_of
from loyaltyloop.scores.ranking.features import Judged, features
from loyaltyloop.scores.ranking.learning import batches
from loyaltyloop.scores.ranking.near import Singles
from loyaltyloop.scores.ranking.ranker import Ranker
from loyaltyloop.scores.ranking.shelf_side import ItemSide
from loyaltyloop.scores.ranking.told import told

NONE = -1


@dataclass(frozen=True, eq=False)
class Ranking:
    """A row a customer, in the order of `past.customers`, and a column a place of the list, best first.

    `what`: places in `products` (those of the side), NONE where a list ends; `scores`: only their order
    within a row means something; `source`: places in `told.WORDS`; `seed`: the place of the customer's own
    product that it goes with, NONE where there is none.
    """

    products: tuple[str, ...]
    what: Ints
    scores: Singles
    source: Ints
    seed: Ints


def rank(
    ranker: Ranker, side: ItemSide, past: Past, looks: Looks, top: int, allowed: Bools | None = None
) -> Ranking:
    """The `top` products for each of `past.customers` as of `past.as_of`.

    `past` and `looks` are of the cohort alone. `allowed`: of each of `side.products`, may it be offered.
    The same customers, asked again, get the same; ties by product id.
    """
    from threadpoolctl import threadpool_limits

    cohort = cohort_of(side, past, looks)
    shape = (cohort.rows, top)
    ranking = Ranking(
        side.products,
        np.full(shape, NONE, np.int32),
        np.zeros(shape, np.float32),
        np.full(shape, NONE, np.int32),
        np.full(shape, NONE, np.int32),
    )
    with threadpool_limits(limits=1):
        for one in batches(cohort):
            _fill(ranking, ranker, Batch(cohort, one.start, one.stop, allowed), top)
    return ranking


def _fill(ranking: Ranking, ranker: Ranker, batch: Batch, top: int) -> None:
    rows, what = candidates(batch)
    scores = ranker.scores(features(Judged(batch, rows, what)))
    best, column = _best(rows, what, scores, top)
    rows, what = rows[best], what[best]
    words, seeds = told(Judged(batch, rows, what))
    at = (rows + batch.start, column)
    ranking.what[at], ranking.scores[at] = what, scores[best]
    ranking.source[at], ranking.seed[at] = words, seeds


def _best(rows: Longs, what: Longs, scores: Singles, top: int) -> tuple[Longs, Longs]:
    """Which entries are the `top` of their row, by row and place; and these places."""
    ranked = np.lexsort((what, -scores, rows))
    place = np.arange(len(ranked)) - np.searchsorted(rows, rows)
    return ranked[place < top], place[place < top]
