"""Why a product stands in a list: the source that says it best, and the own product that it goes with."""

from __future__ import annotations

from typing import Final

import numpy as np

from loyaltyloop.journey.model import Source
from loyaltyloop.scores.purchases.looks import Kind
from loyaltyloop.scores.purchases.past import Floats, Ints, Longs
from loyaltyloop.scores.ranking.features import Judged
from loyaltyloop.scores.ranking.near import Near

WORDS: Final[tuple[Source, ...]] = (
    "repeat",
    "cart",
    "viewed",
    "bought_together",
    "trending",
    "popular_here",
    "favourite_category",
    "bestsellers",
)
_MUCH = 0.05  # what goes with a profile this much is told by it
_BLOCK = 4096


def told(pairs: Judged) -> tuple[Ints, Longs]:
    """Of each pair, a place in WORDS and the seed's place in the side's products (-1: none)."""
    seeds = _seeds(pairs)
    looked = [_looked(pairs, kind) for kind in (Kind.ADDED, Kind.VIEWED)]
    goes = (seeds >= 0) & (pairs.of_shelf(pairs.batch.goes) + pairs.of_shelf(pairs.batch.together) > _MUCH)
    conditions = [pairs.found[0], *looked, goes, _much_wanted(pairs), _known_country(pairs)]
    words = np.select(conditions, list(range(len(conditions))), WORDS.index("bestsellers"))
    bought_together = words == WORDS.index("bought_together")
    return words.astype(np.int32), np.where(bought_together, seeds, -1)


def _much_wanted(pairs: Judged) -> np.ndarray:
    """In demand lately: among the tenth of the shelf of which that is most true."""
    trend = pairs.batch.trend
    return pairs.of_fact("trend_14") >= (np.quantile(trend, 0.9) if len(trend) else np.inf)


def _known_country(pairs: Judged) -> np.ndarray:
    cohort = pairs.batch.cohort
    here = pairs.of_shelf(pairs.batch.here)
    return (cohort.country[pairs.who] < len(pairs.batch.side.countries)) & (here > 0)


def _looked(pairs: Judged, kind: Kind) -> np.ndarray:
    rows, what, _ = pairs.batch.cohort.looked(kind)
    number = max(1, len(pairs.batch.side.products))
    return np.isin(pairs.who * number + pairs.what, rows * number + what)


def _seeds(pairs: Judged) -> Longs:
    """The own product that says most for each: what it weighs in the profile times how they go together.

    What is bought together in one order is told before what is foretold; what is owned is told otherwise.
    """
    side = pairs.batch.side
    column = side.on_shelf[pairs.what]
    seeds = np.full(len(column), -1, np.int64)
    profile = pairs.batch.profile.toarray()
    for near in (side.together, side.goes):
        left = np.flatnonzero((column < len(side.shelf)) & ~pairs.found[0] & (seeds < 0))
        for start in range(0, len(left), _BLOCK):
            some = left[start : start + _BLOCK]
            found = _strongest(near, profile, pairs.rows[some], column[some])
            seeds[some] = np.where(found >= 0, side.shelf[found], -1)
    return seeds


def _strongest(near: Near, profile: Floats, rows: Longs, column: Ints) -> Longs:
    """Of each pair, the place on the shelf of the profile's product that weighs most; -1 where none does.

    Ties by place.
    """
    starts, owned, weights = near.by_column
    lengths = starts[column + 1] - starts[column]
    some = np.flatnonzero(lengths)
    found = np.full(len(rows), -1, np.int64)
    if not len(some):
        return found
    begins = np.cumsum(lengths[some]) - lengths[some]
    entries = np.arange(lengths.sum()) + np.repeat(starts[column[some]] - begins, lengths[some])
    says = profile[np.repeat(rows[some], lengths[some]), owned[entries]] * weights[entries]
    most = np.maximum.reduceat(says, begins)
    highest = np.flatnonzero(says == np.repeat(most, lengths[some]))
    first = highest[np.searchsorted(highest, begins)]
    found[some] = np.where(most > 0, owned[entries[first]], -1)
    return found
