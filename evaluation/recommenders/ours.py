"""Loyalty Loop's own learned ranking, told of the history and nothing else."""

from __future__ import annotations

import numpy as np

from evaluation.recommenders.scored import Recommender
from evaluation.split import Split, Task
from loyaltyloop.scores.models.learners import Fallback
from loyaltyloop.scores.purchases.looks import no_looks
from loyaltyloop.scores.purchases.past import Ints
from loyaltyloop.scores.ranking import ranker
from loyaltyloop.scores.ranking.cohort import of_people
from loyaltyloop.scores.ranking.order import rank
from loyaltyloop.scores.ranking.shelf_side import ItemSide, item_side

_DEEP = 500  # so that ten are left when what was bought is filtered out


class Ranked:
    """One ranking for all tasks: for *new* what was bought is filtered out of it."""

    def __init__(self, cut: Split, fitted: ranker.Ranker, side: ItemSide) -> None:
        self._cut, self._fitted, self._side = cut, fitted, side

    def lists(self, who: Ints, task: Task, most: int) -> Ints:
        past, looks = of_people(self._cut.history, no_looks(), who.astype(np.int64))
        ranking = rank(self._fitted, self._side, past, looks, most if task == "all" else _DEEP)
        return ranking.what  # the history's products all have lines, so the side has the same places


def fit(cut: Split, seed: int) -> Recommender | None:
    """None: it says itself that there is too little to learn from."""
    fitted = ranker.fit(cut.history, cut.catalogue, no_looks(), seed)
    if isinstance(fitted, Fallback):
        return None
    return Ranked(cut, fitted, item_side(cut.history, cut.catalogue))
