"""Boosted trees for means (Poisson's loss) on recency, frequency, value, trained on four earlier cut-offs."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from evaluation.buyers.facts import APART, Question, facts_of, lessons
from evaluation.buyers.logistic import logarithms
from evaluation.spenders.amounts import spent_within
from loyaltyloop.scores.purchases.past import Floats


def foretell(question: Question) -> Floats | None:
    """None: the history is too short for a window that had ended, or nothing was spent."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    known, came = [], []
    for back, (facts, _) in enumerate(lessons(question)):
        start = question.past.as_of - timedelta(days=question.days) - APART * back
        known.append(logarithms(facts))
        came.append(spent_within(question.past, facts.who, start, question.days))
    if not known or not np.concatenate(came).sum():
        return None
    model = HistGradientBoostingRegressor(
        loss="poisson", learning_rate=0.05, max_iter=100, max_leaf_nodes=8, random_state=question.seed
    )
    model.fit(np.concatenate(known), np.concatenate(came))
    return np.asarray(model.predict(logarithms(facts_of(question.past))), np.float64)
