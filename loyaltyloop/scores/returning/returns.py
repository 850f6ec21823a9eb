"""The probability that a customer buys within so many days: a logistic regression on what earlier days told.

One row a customer and earlier day. Each window has a level of its own, so that what is the season's is not
mistaken for the customers'. Which level the coming window will have is another question: see `levels.py`.
Where a shop's history is too short for windows as long as asked, shorter ones are learned from, and MBG/NBD
tells how much more the longer time brings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loyaltyloop.scores.models.learners import Fallback
from loyaltyloop.scores.purchases.past import Bools, Floats, Longs
from loyaltyloop.scores.returning.dropout import Dropout, fit_dropout
from loyaltyloop.scores.returning.levels import level_of, total_level
from loyaltyloop.scores.returning.purchases import Purchases
from loyaltyloop.scores.returning.traits import History
from loyaltyloop.scores.returning.windows import (
    Window,
    chance_of,
    columns_of,
    length_of,
    logit,
    names_of_columns,
    some,
    windows,
)

MOST = 10_000  # customers to learn from: more teach little
MOST_RARE = 50_000  # likewise where few come back; training then takes 1.4 GB
FEWEST = 30  # who came back, and who did not, in the newest window
SHORTEST = 14  # days of a window
_SOLD = 35  # days that a shop must have sold through for windows of that length
_HELD = 30.0  # how strongly coefficients are held near 0 (ridge), in rows
_HELD_LEVEL = 2.0
_FAR = 4.0  # standard deviations: what lies further out than was learned from counts as this far
_DIGITS = 8


@dataclass(frozen=True, eq=False)
class Returns:
    """`days`: what is asked; `learned`: the days of the windows that it was learned from."""

    days: int
    learned: int
    names: tuple[str, ...]
    centre: Floats
    scale: Floats
    weights: Floats
    level: float
    dropout: Dropout

    def chance(self, history: History) -> Floats:
        """Of each buyer: the probability to buy within `days` from `history.today` on."""
        return chance_of(self._odds(history) + self._more(history))

    def chance_learned(self, history: History) -> Floats:
        """Likewise within `learned` days."""
        return chance_of(self._odds(history))

    def more_purchases(self, history: History) -> Floats:
        """Of each buyer: how many purchases `days` bring for each one that `learned` days bring."""
        whole, part = (self.dropout.purchases(history, days) for days in (self.days, self.learned))
        return whole / part

    def _odds(self, history: History) -> Floats:
        _, rows = columns_of(history, self.dropout, self.learned)
        return self.level + odds_of(standard(rows, self.centre, self.scale), self.weights)

    def _more(self, history: History) -> Floats:
        """What the rest of the days add to the log of the odds."""
        longer, shorter = (logit(self.dropout.chance(history, days)) for days in (self.days, self.learned))
        return longer - shorter

    def parts(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """As arrays and a document, for `artifact.pack`."""
        arrays = {"centre": self.centre, "scale": self.scale, "weights": self.weights}
        numbers = np.array([self.level, *self.dropout.numbers])
        names = list(self.names)
        return {**arrays, "numbers": numbers}, {"days": self.days, "learned": self.learned, "names": names}

    @staticmethod
    def of(arrays: Mapping[str, NDArray[Any]], document: Mapping[str, Any]) -> Returns:
        """What `parts` gave. ValueError for anything else."""
        try:
            level, *dropout = arrays["numbers"].tolist()
            found = Returns(
                days=int(document["days"]),
                learned=int(document["learned"]),
                names=tuple(document["names"]),
                centre=arrays["centre"],
                scale=arrays["scale"],
                weights=arrays["weights"],
                level=float(level),
                dropout=Dropout(*dropout),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"no model of who comes back: {error}") from error
        if not found.centre.shape == found.scale.shape == found.weights.shape == (len(found.names),):
            raise ValueError("no model of who comes back: its columns do not match")
        if found.names != names_of_columns():
            raise ValueError(
                "a model of who comes back that was learned of other columns than are counted now"
            )
        return found


def drawn(purchases: Purchases, today: int, days: int, seed: int) -> Purchases:
    """What some customers bought, drawn by the seed: of more where few come back within `days`."""
    start = today - length_of(purchases, today, days) if len(purchases.day) else today
    back = _back(purchases, start, today)
    enough = 2 * FEWEST * len(back) // int(back.sum()) if back.any() else MOST_RARE
    return some(purchases, min(max(MOST, enough), MOST_RARE), seed)


def fit_returns(purchases: Purchases, today: int, days: int, seed: int) -> Returns | Fallback:
    """From all that was bought before `today`."""
    everybody = purchases.before(today)
    known = drawn(everybody, today, days, seed)
    if not len(known.day):
        return Fallback("nobody has bought anything yet")
    learned = length_of(known, today, days)
    if learned < SHORTEST:
        return Fallback(f"there are less than {_SOLD} days of orders to learn from")
    found = windows(known, today, learned)
    if why := _too_few(known, found[0]):
        whom = "" if known is everybody else f", among {known.ever.sum():,} drawn from all"
        return Fallback(why + whom)
    return _fitted(known, today, days, found)


def _too_few(purchases: Purchases, window: Window) -> str | None:
    back = _back(purchases, window.start, window.end)
    if back.sum() < FEWEST:
        return f"fewer than {FEWEST} customers bought again in the newest {window.days} days to learn from"
    if (~back).sum() < FEWEST:
        return f"fewer than {FEWEST} customers bought nothing in the newest {window.days} days to learn from"
    return None


def _back(purchases: Purchases, start: int, end: int) -> Bools:
    """Of each who had bought before: did they on a day in [start, end)?"""
    found: Bools = purchases.bought(start, end)[purchases.before(start).buyers]
    return found


def _fitted(purchases: Purchases, today: int, days: int, found: Sequence[Window]) -> Returns:
    now = History(purchases, today)
    dropout = fit_dropout(now)
    names, rows, came, window = _examples(purchases, dropout, found)
    centre, scale = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-9)
    weights, intercept, offsets = _regression(standard(rows, centre, scale), came, window)
    learned = found[0].days
    _, latest = columns_of(now, dropout, learned)
    odds = intercept + odds_of(standard(latest, centre, scale), weights)
    foreseen = total_level(odds, dropout.chance(now, learned))
    level = level_of(found, offsets, foreseen)
    return Returns(
        days, learned, tuple(names), centre, scale, weights, round(intercept + level, _DIGITS), dropout
    )


def _examples(
    purchases: Purchases, dropout: Dropout, found: Sequence[Window]
) -> tuple[list[str], Floats, Floats, Longs]:
    """Columns; and for each customer and window: a row, whether they bought in it, and which window it is."""
    names: list[str] = []
    rows, came = [], []
    for window in found:
        history = History(purchases.before(window.start), window.start)
        names, some_rows = columns_of(history, dropout, window.days)
        rows.append(some_rows)
        came.append(purchases.bought(window.start, window.end)[history.buyers].astype(np.float64))
    which = np.repeat(np.arange(len(found)), [len(one) for one in came])
    return names, np.vstack(rows), np.concatenate(came), which


def _regression(rows: Floats, came: Floats, window: Longs) -> tuple[Floats, float, Floats]:
    """Weights of the columns, the intercept, and how far each window's level is from it; ridge."""
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    levels = (window[:, None] == np.arange(window[-1] + 1)).astype(np.float64)
    columns = rows.shape[1]
    strength = 1 / np.sqrt(np.repeat([_HELD, _HELD_LEVEL], [columns, levels.shape[1]]))
    with threadpool_limits(1):  # sums do not hang on how many threads add them
        model = LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-8, max_iter=100)
        model.fit(np.hstack([rows, levels]) * strength, came)
    found = np.round(model.coef_[0] * strength, _DIGITS)
    return found[:columns], float(model.intercept_[0]), found[columns:]


def standard(rows: Floats, centre: Floats, scale: Floats) -> Floats:
    """Columns in standard deviations from their means, none further out than was learned from."""
    found: Floats = np.clip((rows - centre) / scale, -_FAR, _FAR)
    return found


def odds_of(rows: Floats, weights: Floats) -> Floats:
    """The weighted sum of each row; not by matrix routines, whose sums hang on the number of threads."""
    found: Floats = np.einsum("ij,j->i", rows, weights)
    return found
