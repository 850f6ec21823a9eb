"""Some customers of a cohort at a time: their products scored by each kind of likeness."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from loyaltyloop.scores.purchases.past import Bools, Longs
from loyaltyloop.scores.ranking.cohort import Cohort
from loyaltyloop.scores.ranking.near import Near, Singles
from loyaltyloop.scores.ranking.shelf_side import ItemSide


@dataclass(frozen=True, eq=False)
class Batch:
    """The customers [start, stop) of a cohort. Scores are customers × shelf, with a column of 0 at the end
    for what is not on the shelf."""

    cohort: Cohort
    start: int
    stop: int
    allowed: Bools | None = None  # of the side's products: what may be offered; None: all

    @property
    def side(self) -> ItemSide:
        return self.cohort.side

    @property
    def rows(self) -> int:
        return self.stop - self.start

    @cached_property
    def own(self) -> slice:
        """The entries of `cohort.owned` that are of these customers."""
        start, stop = np.searchsorted(self.cohort.owned.row, [self.start, self.stop])
        return slice(int(start), int(stop))

    @cached_property
    def own_rows(self) -> Longs:
        """Of each of these entries: the customer's row in the batch."""
        return self.cohort.owned.row[self.own] - self.start

    @cached_property
    def own_shelf(self) -> tuple[Longs, Longs]:
        """What of the shelf is owned: rows in the batch and places on the shelf."""
        columns = self.side.on_shelf[self.cohort.owned.what[self.own]].astype(np.int64)
        on = columns < len(self.side.shelf)
        return self.own_rows[on], columns[on]

    @cached_property
    def barred(self) -> Longs:
        """Places on the shelf that may not be offered."""
        if self.allowed is None:
            return np.zeros(0, np.int64)
        return np.flatnonzero(~self.allowed[self.side.shelf])

    @cached_property
    def profile(self) -> sparse.csr_matrix:
        return self.cohort.profile[self.start : self.stop]

    @cached_property
    def goes(self) -> Singles:
        """Foretold by what they have."""
        return self._scores(self.side.goes)

    @cached_property
    def together(self) -> Singles:
        """Bought together with what they have."""
        return self._scores(self.side.together)

    @cached_property
    def alike(self) -> Singles:
        """Named like what they have."""
        return self._scores(self.side.alike)

    @cached_property
    def trend(self) -> Singles:
        """Of each product on the shelf, in demand lately."""
        return self.side.fact("trend_14")[self.side.shelf]

    @cached_property
    def here(self) -> Singles:
        """Popular in each customer's country."""
        return self._padded(self.side.here[self.cohort.country[self.start : self.stop]])

    def _scores(self, near: Near) -> Singles:
        found = (self.profile @ near.matrix).toarray()
        return self._padded(np.round(found, 5).astype(np.float32))

    def _padded(self, scores: Singles) -> Singles:
        return np.concatenate([scores, np.zeros((len(scores), 1), np.float32)], axis=1)
