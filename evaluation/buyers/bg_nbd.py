"""BG/NBD: customers buy at rates of their own, and may drop out for good after each purchase.

Fader, Hardie and Lee, "Counting Your Customers" the Easy Way (2005): equation (6) and the appendix.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, gammaln

from evaluation.buyers.facts import Answer, Facts, Question, facts_of
from loyaltyloop.scores.purchases.past import Floats

_PENALTY = 0.001  # on the logarithms, so that a short history has an answer, too


class Rates(NamedTuple):
    """Purchases: gamma (r, alpha, in days); dropping out: beta (a, b)."""

    r: float
    alpha: float
    a: float
    b: float


def alive(question: Question) -> Answer:
    """P(alive): for whoever bought once it is 1, whenever that was."""
    facts = facts_of(question.past)
    return Answer(chance_alive(facts, fitted(facts)), True)


def buys(question: Question) -> Answer:
    """P(alive), and buys within the window: a purchase comes before any dropping out."""
    facts = facts_of(question.past)
    rates = fitted(facts)
    start = rates.alpha + facts.known
    none = (start / (start + question.days)) ** (rates.r + facts.days - 1)
    return Answer(chance_alive(facts, rates) * (1 - none), True)


def fitted(facts: Facts) -> Rates:
    """By maximum likelihood."""
    found = minimize(
        _loss, np.array([0.0, 3.0, 0.0, 0.0]), (facts,), method="L-BFGS-B", bounds=[(-8, 12)] * 4
    )
    return Rates(*np.exp(found.x).tolist())


def _loss(logs: Floats, facts: Facts) -> float:
    r, alpha, a, b = np.exp(logs)
    again, known = (facts.days - 1).astype(float), facts.known.astype(float)
    common = gammaln(r + again) - gammaln(r) + r * np.log(alpha) + betaln(a, b + again) - betaln(a, b)
    staying = -(r + again) * np.log(alpha + known)
    leaving = np.log(a) - np.log(b + np.maximum(again, 1) - 1) - (r + again) * np.log(alpha + facts.between)
    either = np.where(again > 0, np.logaddexp(staying, leaving), staying)
    return float(-(common + either).mean() + _PENALTY * np.square(logs).mean())


def chance_alive(facts: Facts, rates: Rates) -> Floats:
    """Of each customer: has not dropped out by the cut-off."""
    again = (facts.days - 1).astype(float)
    odds = (rates.alpha + facts.known) / (rates.alpha + facts.between)
    gone = rates.a / (rates.b + np.maximum(again, 1) - 1) * odds ** (rates.r + again)
    return np.where(again > 0, 1 / (1 + gone), 1.0)
