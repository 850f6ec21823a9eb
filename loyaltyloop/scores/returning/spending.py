"""What customers spend who buy at all: a ridge regression of the log of the amount, and what makes it a mean.

The exponential of a mean of logs is below the mean of amounts, the more so the more they are spread. So what
was spent is divided by it, in ten bands (Duan, "Smearing estimate", Journal of the American Statistical
Association 78, 1983, band by band), each drawn to what holds for all. The newest window has a third of the
say: prices and assortments drift. An amount that is beyond belief (a slip of the keys, a test with a million)
counts as the most that can be believed: else it alone would raise what is expected of everybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loyaltyloop.scores.models.learners import Fallback
from loyaltyloop.scores.purchases.past import Floats, Longs
from loyaltyloop.scores.returning.purchases import Purchases
from loyaltyloop.scores.returning.returns import Returns, odds_of, standard
from loyaltyloop.scores.returning.traits import History
from loyaltyloop.scores.returning.windows import Window, columns_of, names_of_columns

FEWEST = 100  # amounts to learn from
_HELD = 30.0
_BELIEVED = 6.0  # standard deviations of the log of the amount from what is expected
_USUAL = 0.99  # the share of amounts that the deviation is taken of: those next to what is expected
_LEAST_SPREAD = 0.5  # the deviation at the least: twenty times as much as is expected may be
_BANDS = 10
_STEADY = 100.0  # amounts: a band leans as much on all as on so many of its own
_NEWEST = 1 / 3
_DIGITS = 8


@dataclass(frozen=True, eq=False)
class Spending:
    """`weights` of the columns and `usual`: the log of the amount; `bands`: their middles, and `factors`."""

    centre: Floats
    scale: Floats
    weights: Floats
    usual: float
    bands: Floats
    factors: Floats

    def amount(self, history: History, returns: Returns) -> Floats:
        """Of each buyer: what is expected of them within the learned days if they buy, in major units."""
        _, rows = columns_of(history, returns.dropout, returns.learned)
        logs = self.usual + odds_of(standard(rows, self.centre, self.scale), self.weights)
        found: Floats = np.exp(logs) * np.interp(logs, self.bands, self.factors)
        return found

    def parts(self) -> dict[str, NDArray[Any]]:
        """As arrays, for `artifact.pack`."""
        return {
            "spend centre": self.centre,
            "spend scale": self.scale,
            "spend weights": self.weights,
            "spend usual": np.array([self.usual]),
            "spend bands": self.bands,
            "spend factors": self.factors,
        }

    @staticmethod
    def of(arrays: Mapping[str, NDArray[Any]]) -> Spending:
        """What `parts` gave. ValueError for anything else."""
        try:
            found = Spending(
                centre=arrays["spend centre"],
                scale=arrays["spend scale"],
                weights=arrays["spend weights"],
                usual=float(arrays["spend usual"][0]),
                bands=arrays["spend bands"],
                factors=arrays["spend factors"],
            )
        except (KeyError, TypeError, IndexError) as error:
            raise ValueError(f"no model of what is spent: {error}") from error
        columns = found.centre.shape, found.scale.shape, found.weights.shape
        bands = found.bands.shape, found.factors.shape
        if set(columns) != {(len(names_of_columns()),)} or bands[0] != bands[1] or not found.bands.size:
            raise ValueError("no model of what is spent: its columns do not match")
        return found


def fit_spending(purchases: Purchases, returns: Returns, found: Sequence[Window]) -> Spending | Fallback:
    """From what was spent in these windows, the newest first, by those who bought in them."""
    rows, spent, window = _examples(purchases, returns, found)
    if len(spent) < FEWEST:
        return Fallback(f"fewer than {FEWEST} purchases are known by their prices")
    centre, scale = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-9)
    logs, weights, usual = _regression(standard(rows, centre, scale), np.log(spent))
    spent = _believed(logs, spent)
    bands, factors = _factors(logs, spent)
    factors = np.round(factors * _drift(logs, spent, window == 0) ** _NEWEST, _DIGITS)
    return Spending(centre, scale, weights, usual, np.round(bands, _DIGITS), factors)


def _examples(
    purchases: Purchases, returns: Returns, found: Sequence[Window]
) -> tuple[Floats, Floats, Longs]:
    rows, spent = [], []
    for window in found:
        history = History(purchases.before(window.start), window.start)
        _, columns = columns_of(history, returns.dropout, window.days)
        amounts = purchases.spent(window.start, window.end)[history.buyers]
        rows.append(columns[amounts > 0])
        spent.append(amounts[amounts > 0])
    which = np.repeat(np.arange(len(found)), [len(one) for one in spent])
    return np.vstack(rows), np.concatenate(spent), which


def _regression(rows: Floats, logs: Floats) -> tuple[Floats, Floats, float]:
    """What it says of these rows, its weights, and its intercept."""
    from sklearn.linear_model import Ridge
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        model = Ridge(_HELD, solver="cholesky").fit(rows, logs)
    weights, usual = np.round(model.coef_, _DIGITS), round(float(model.intercept_), _DIGITS)
    return usual + odds_of(rows, weights), weights, usual


def _believed(logs: Floats, spent: Floats) -> Floats:
    """None further above what was expected than can be believed."""
    apart = np.log(spent) - logs
    furthest = np.quantile(np.abs(apart), _USUAL)
    spread = max(float(apart[np.abs(apart) <= furthest].std()), _LEAST_SPREAD)
    found: Floats = np.minimum(spent, np.exp(logs + _BELIEVED * spread))
    return found


def _drift(logs: Floats, spent: Floats, newest: NDArray[np.bool_]) -> float:
    """By how much more was spent in the newest window than in all, as the logs say; 1 where nothing was."""
    if not newest.any():
        return 1.0
    return _ratio(logs[newest], spent[newest]) / _ratio(logs, spent)


def _factors(logs: Floats, spent: Floats) -> tuple[Floats, Floats]:
    """The middles of ten bands of the logs, and what was spent there for each unit that the logs say."""
    said, overall = np.exp(logs), _ratio(logs, spent)
    bands = [band for band in np.array_split(np.argsort(logs, kind="stable"), _BANDS) if len(band)]
    middles = np.array([logs[band].mean() for band in bands])
    factors = [
        (spent[band].sum() + _STEADY * said[band].mean() * overall)
        / (said[band].mean() * (len(band) + _STEADY))
        for band in bands
    ]
    return middles, np.array(factors)


def _ratio(logs: Floats, spent: Floats) -> float:
    """What was spent for each unit that the logs say."""
    return float(spent.sum() / np.exp(logs).sum())
