"""Loyalty Loop's own `lapse`, turned round."""

from __future__ import annotations

from evaluation.buyers.facts import Answer, Question
from loyaltyloop.scores.models.learners import Fallback, Known
from loyaltyloop.scores.purchases.looks import no_looks
from loyaltyloop.scores.returning.lapse import LapseLearner


def answer(question: Question) -> Answer | None:
    """None: it says itself that there is too little to learn from."""
    known = Known(question.past, question.catalogue, no_looks())
    fitted = LapseLearner(question.days).fit(known, question.seed)
    return None if isinstance(fitted, Fallback) else Answer(1 - fitted.score(known), True)
