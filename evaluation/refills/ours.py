"""Loyalty Loop's own `refill`: the chance that a product is bought again within the window."""

from __future__ import annotations

from evaluation.buyers.facts import Answer, Question
from loyaltyloop.scores.models.learners import Fallback, Known
from loyaltyloop.scores.purchases.looks import no_looks
from loyaltyloop.scores.returning.refilling import RefillLearner


def answer(question: Question) -> Answer | None:
    """None: it says itself that there is too little to learn from."""
    known = Known(question.past, question.catalogue, no_looks())
    fitted = RefillLearner().fit(known, question.seed)
    return None if isinstance(fitted, Fallback) else Answer(fitted.needs(known).within(question.days), True)
