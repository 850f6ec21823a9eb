"""BG/NBD for how often, gamma-gamma for how much: the usual model of what customers are worth.

Fader, Hardie and Lee (2005), equation (10); Fader and Hardie, The Gamma-Gamma Model of Monetary Value (2013).
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln, hyp2f1

from evaluation.buyers.bg_nbd import Rates, chance_alive, fitted
from evaluation.buyers.facts import Facts, Question, facts_of
from loyaltyloop.scores.purchases.past import Floats

_PENALTY = 0.001


def foretell(question: Question) -> Floats:
    """The purchases expected in the window, times the amount expected of each."""
    facts = facts_of(question.past)
    return _purchases(facts, fitted(facts), question.days) * _amount(facts)


def _purchases(facts: Facts, rates: Rates, days: int) -> Floats:
    again = (facts.days - 1).astype(float)
    r, alpha, a, b = rates
    start = alpha + facts.known
    rest = (start / (start + days)) ** (r + again)
    # Where a is 1 the formula is 0 / 0; beside it, it is nearly what it is there.
    a = a + 1e-6 if abs(a - 1) < 1e-6 else a
    shape = hyp2f1(r + again, b + again, a + b + again - 1, days / (start + days))
    bought = np.maximum((a + b + again - 1) / (a - 1) * (1 - rest * shape), 0)
    return np.asarray(bought * chance_alive(facts, rates))


def _amount(facts: Facts) -> Floats:
    """The mean of a customer's purchases, drawn to that of all: less, the more of them there are."""
    times, mean = facts.days.astype(float), facts.spent / facts.days
    paid = mean > 0
    if not paid.any():
        return mean
    found = minimize(
        _loss,
        np.array([0.0, 1.0, np.log(mean[paid].mean())]),
        (times[paid], mean[paid]),
        method="L-BFGS-B",
        bounds=[(-6, 6), (0.05, 6), (-10, 15)],
    )
    p, q, scale = np.exp(found.x)
    return np.asarray(p * (scale + times * mean) / (p * times + q - 1))


def _loss(logs: Floats, times: Floats, mean: Floats) -> float:
    p, q, scale = np.exp(logs)
    shape = p * times
    terms = gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(scale)
    terms += (shape - 1) * np.log(mean) + shape * np.log(times) - (shape + q) * np.log(scale + mean * times)
    return float(-terms.mean() + _PENALTY * np.square(logs).mean())
