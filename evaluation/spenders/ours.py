"""Loyalty Loop's own `value`."""

from __future__ import annotations

from evaluation.buyers.facts import Question
from loyaltyloop.scores.models.learners import Fallback, Known
from loyaltyloop.scores.purchases.looks import no_looks
from loyaltyloop.scores.purchases.past import Floats
from loyaltyloop.scores.returning.value import ValueLearner


def foretell(question: Question) -> Floats | None:
    """None: it says itself that there is too little to learn from."""
    known = Known(question.past, question.catalogue, no_looks())
    fitted = ValueLearner(question.days).fit(known, question.seed)
    return None if isinstance(fitted, Fallback) else fitted.score(known)
