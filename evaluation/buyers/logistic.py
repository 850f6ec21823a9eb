"""Logistic regression on the logarithms of recency, frequency and value, trained on four earlier cut-offs."""

from __future__ import annotations

import numpy as np

from evaluation.buyers.facts import Answer, Facts, Question, facts_of, lessons
from loyaltyloop.scores.purchases.past import Floats


def answer(question: Question) -> Answer | None:
    """None: the history is too short for a window that had ended."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    known, came = taught(question)
    if len(np.unique(came)) < 2:
        return None
    model = make_pipeline(StandardScaler(), LogisticRegression())
    model.fit(known, came)
    return Answer(model.predict_proba(logarithms(facts_of(question.past)))[:, 1], True)


def taught(question: Question) -> tuple[Floats, Floats]:
    """What was known at the earlier cut-offs, and who bought after them (0 or 1)."""
    found = [(logarithms(facts), came.astype(np.float64)) for facts, came in lessons(question)]
    if not found:
        return np.zeros((0, 3)), np.zeros(0)
    known, came = zip(*found, strict=True)
    return np.concatenate(known), np.concatenate(came)


def logarithms(facts: Facts) -> Floats:
    """Recency, frequency, value: three columns."""
    return np.log1p(np.column_stack([facts.since, facts.days, facts.spent]).astype(np.float64))
