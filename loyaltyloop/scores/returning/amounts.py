"""Measures of forecasts of amounts, most of which are 0 and a few of which are thousands."""

from __future__ import annotations

import numpy as np

from loyaltyloop.scores.purchases.past import Floats
from loyaltyloop.scores.training.judging import Measure

_POWER = 1.5
_LEAST = 0.01  # a forecast of nothing is infinitely wrong where something comes


def deviance(came: Floats, said: Floats) -> float:
    """Tweedie's mean deviance of power 1.5: least for who foretells means, and not ruled by a few large ones.

    As `sklearn.metrics.mean_tweedie_deviance`.
    """
    least = np.maximum(said, _LEAST)
    rest = 2 - _POWER
    terms = (
        came**rest / ((1 - _POWER) * rest) - came * least ** (1 - _POWER) / (1 - _POWER) + least**rest / rest
    )
    return float(2 * terms.mean())


def gini(came: Floats, said: Floats) -> float:
    """How well it ranks: 1 as well as what came itself, 0 as chance. nan where nothing came."""
    if not came.sum():
        return float("nan")
    best = _reached(came, came)
    return _reached(came, said) / best if best else float("nan")


def _reached(came: Floats, said: Floats) -> float:
    shares = np.cumsum(came[np.argsort(-said, kind="stable")]) / came.sum()
    return float(shares.mean() - (len(came) + 1) / (2 * len(came)))


DEVIANCE = Measure("deviance", deviance, higher_is_better=False)
GINI = Measure("Gini", gini)
