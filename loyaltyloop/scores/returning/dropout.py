"""The MBG/NBD model: customers buy at a rate of their own, and may leave for good after any purchase.

Batislam, Denizel and Filiztekin, "Empirical validation and comparison of models for customer base analysis",
International Journal of Research in Marketing 24 (2007). Rates are spread as a gamma (`shape`, `scale` in
days), the chance to leave as a beta (`leave`, `stay`). Unlike with BG/NBD, who bought once may have left too.
Its chance to be alive is no score of lapse, as who buys rarely counts as alive; its chance to buy within so
many days is one, for any number of days, also from a history that is shorter than them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyaltyloop.scores.purchases.past import Floats
from loyaltyloop.scores.returning.traits import History

_UNIT = 30.0  # the mean age in the unit of time that it is fitted in: then parameters are near 1
_BOUND = 6.0  # of the parameters' logarithms
_PULL = 0.001  # towards 1: short histories leave parameters open
_SURE = 1e-4
_APART = 2e-3


@dataclass(frozen=True)
class Dropout:
    """The fitted parameters."""

    shape: float
    scale: float
    leave: float
    stay: float

    def chance(self, history: History, days: int) -> Floats:
        """Of each buyer: the probability to buy within so many days from `history.today` on."""
        again, _, age = _counted(history)
        silent = ((self.scale + age) / (self.scale + age + days)) ** (self.shape + again)
        found: Floats = np.clip((1 - silent) / (1 + self._left(history)), _SURE, 1 - _SURE)
        return found

    def purchases(self, history: History, days: int) -> Floats:
        """Of each buyer: how many purchases are expected within so many days, one a day at the most."""
        from scipy.special import hyp2f1

        again, _, age = _counted(history)
        leave = self.leave + (_APART if abs(self.leave - 1) < _APART / 2 else 0.0)  # the formula has a hole
        both, later = leave + self.stay + again, self.scale + age + days
        # By Euler's transformation, which keeps to numbers that can be written where histories are long.
        with np.errstate(over="ignore", invalid="ignore"):
            series = hyp2f1(both - self.shape - again, leave - 1, both, days / later)
            number = both / (leave - 1) * (1 - series * ((self.scale + age) / later) ** (leave - 1))
        # Where even so it cannot be written, next to everybody leaves after the first one.
        found = np.where(np.isfinite(number), number / (1 + self._left(history)), self.chance(history, days))
        return np.clip(found, _SURE, days)

    def _left(self, history: History) -> Floats:
        """The odds that they have left for good."""
        again, last, age = _counted(history)
        with np.errstate(over="ignore"):  # who came every day for years and then no more: without end
            silence = ((self.scale + age) / (self.scale + last)) ** (self.shape + again)
            found: Floats = silence * self.leave / (self.stay + again)
        return found

    @property
    def numbers(self) -> tuple[float, float, float, float]:
        """The parameters, in the order of the fields."""
        return self.shape, self.scale, self.leave, self.stay


def fit_dropout(history: History) -> Dropout:
    """By maximum likelihood, drawn a little towards plain values. Needs one buyer."""
    from scipy.optimize import minimize

    rows, weights = np.unique(np.column_stack(_counted(history)), axis=0, return_counts=True)
    unit = _UNIT / max(float(np.average(rows[:, 2], weights=weights)), 1.0)
    again, last, age = rows[:, 0], rows[:, 1] * unit, rows[:, 2] * unit
    share = weights / weights.sum()

    def loss(logs: Floats) -> float:
        return float(
            -(share * _log_likelihood(np.exp(logs), again, last, age)).sum() + _PULL * (logs**2).sum()
        )

    found = minimize(loss, np.zeros(4), method="L-BFGS-B", bounds=[(-_BOUND, _BOUND)] * 4)
    shape, scale, leave, stay = np.exp(np.round(found.x, 4)).tolist()
    return Dropout(shape, scale / unit, leave, stay)


def _counted(history: History) -> tuple[Floats, Floats, Floats]:
    """Repeat purchases, and the days from the first purchase to the last and to today."""
    return history.times - 1, history.age - history.idle, history.age


def _log_likelihood(parameters: Floats, again: Floats, last: Floats, age: Floats) -> Floats:
    from scipy.special import betaln, gammaln

    shape, scale, leave, stay = parameters
    rate = gammaln(shape + again) - gammaln(shape) + shape * np.log(scale)
    here = betaln(leave, stay + again + 1) - (shape + again) * np.log(scale + age)
    gone = betaln(leave + 1, stay + again) - (shape + again) * np.log(scale + last)
    total: Floats = rate + np.logaddexp(here, gone) - betaln(leave, stay)
    return total
