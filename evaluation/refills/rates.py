"""Simple chances: the product's share; the customer's own rate; how near the product's usual interval is."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from evaluation.buyers.facts import Answer, Question
from evaluation.refills.pairs import bought_again, pairs_of
from loyaltyloop.scores.purchases.past import DAY, Floats, Past

_STEADY = 20.0  # pairs: products with few lean on the share of all


def product_share(question: Question) -> Answer | None:
    """Of those who had the product when the last window began, who bought it in it. None: nobody had any."""
    past, start = question.past, question.past.as_of - timedelta(days=question.days)
    earlier = pairs_of(past.before(start))
    if not len(earlier.who):
        return None
    again = bought_again(earlier, past, past.between(start, past.as_of))
    had, back = (np.bincount(earlier.what, one, len(past.products)) for one in (None, again))
    share = (back + _STEADY * again.mean()) / (had + _STEADY)
    return Answer(share[pairs_of(past).what], True)


def own_rate(question: Question) -> Answer:
    """Days on which they bought it by days since they first did, as if at a steady rate (Poisson)."""
    pairs = pairs_of(question.past)
    rate = (pairs.days - 1) / np.maximum(pairs.known, 1)
    return Answer(1 - np.exp(-rate * question.days), True)


def usual_interval(question: Question) -> Answer:
    """First those whose last purchase is as long ago as the product's usual interval (the median)."""
    pairs, usual = pairs_of(question.past), _medians(question.past)
    return Answer(-np.abs(np.log(np.maximum(pairs.waited, 0.5) / usual[pairs.what])), False)


def _medians(past: Past) -> Floats:
    """Of each product the middle of the days between two purchases; that of all where there is none."""
    ranked = np.lexsort((past.at, past.what, past.who))
    who, what, at = past.who[ranked], past.what[ranked], past.at[ranked]
    same = (np.diff(who) == 0) & (np.diff(what) == 0)
    product, days = what[1:][same], np.maximum(np.diff(at)[same] / DAY, 0.5)
    usual = np.full(len(past.products), np.median(days) if len(days) else 30.0)
    by_product = np.lexsort((days, product))
    named, first, number = np.unique(product[by_product], return_index=True, return_counts=True)
    usual[named] = days[by_product][first + number // 2]
    return usual
