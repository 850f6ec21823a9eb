"""Simple rates: everybody the mean; what they spent a day so far; what they spent in the last window."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from evaluation.buyers.facts import Question, facts_of, lessons
from evaluation.spenders.amounts import spent_within
from loyaltyloop.scores.purchases.past import Floats

_SHORTEST = 30  # days: who came yesterday did not spend so much on every day


def the_mean(question: Question) -> Floats | None:
    """Of the customers at the newest earlier cut-off. None: the history is too short for one."""
    start = question.past.as_of - timedelta(days=question.days)
    earlier = [facts.who for facts, _ in lessons(question)]
    if not earlier:
        return None
    mean = spent_within(question.past, earlier[0], start, question.days).mean()
    return np.full(len(facts_of(question.past).who), mean)


def past_rate(question: Question) -> Floats:
    """All they spent, by the days since their first purchase (30 at least), for so many days."""
    facts = facts_of(question.past)
    return facts.spent / np.maximum(facts.known, _SHORTEST) * question.days


def last_window(question: Question) -> Floats:
    """The same again."""
    start = question.past.as_of - timedelta(days=question.days)
    return spent_within(question.past, facts_of(question.past).who, start, question.days)
