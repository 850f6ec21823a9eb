"""All methods that foretell what customers will spend, judged after one cut-off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import numpy as np

from evaluation.buyers.facts import Question
from evaluation.intervals import Drawn, resamples
from evaluation.shop import Shop
from evaluation.spenders import boosting, gamma_gamma, ours, rates
from evaluation.split import Split, split
from evaluation.tables import OURS, Measure, Table, table_of
from loyaltyloop.scores.purchases.past import Floats
from loyaltyloop.scores.returning.amounts import deviance, gini
from loyaltyloop.scores.training.measures import absolute_error, total_ratio

Method = Callable[[Question], Floats | None]
SPENDERS: Mapping[str, Method] = {
    OURS: ours.foretell,
    "everybody the mean": rates.the_mean,
    "spent a day so far": rates.past_rate,
    "spent in the last window": rates.last_window,
    "BG/NBD with gamma-gamma": gamma_gamma.foretell,
    "HistGradientBoosting": boosting.foretell,
}
MEASURES = (
    Measure("Gini"),
    Measure("deviance", -1, 2),
    Measure("mean error", -1, 1),
    Measure("foretold / seen", 0, 2),
)
_OF = {"Gini": gini, "deviance": deviance, "mean error": absolute_error, "foretold / seen": total_ratio}


def judge(shop: Shop, cut_off: datetime, days: int, seed: int) -> Table:
    """Everybody who had bought before the cut-off is judged."""
    cut = split(shop, cut_off, days)
    question = Question(cut.history, cut.catalogue, days, seed)
    came = _spent(cut)
    found = {method: foretell(question) for method, foretell in SPENDERS.items()}
    drawn = {method: {} if said is None else _measured(came, said) for method, said in found.items()}
    about = f"They spent {came.sum():,.0f} within {days} days, {came.mean():,.2f} each"
    return table_of("value", f"What is spent within {days} days", cut_off, len(came), MEASURES, drawn, about)


def _spent(cut: Split) -> Floats:
    """In the window, by each customer of the history."""
    who = cut.customers[cut.window.who]
    known = who >= 0
    paid = np.nan_to_num(cut.window.price[known]) * cut.window.quantity[known]
    return np.bincount(who[known], paid, minlength=len(cut.history.customers)).astype(np.float64)


def _measured(came: Floats, said: Floats) -> dict[str, Drawn]:
    """A forecast that is the same for everybody ranks nobody."""
    rows = np.concatenate(list(resamples(len(came))))
    return {
        name: Drawn(of(came, said), np.array([of(came[row], said[row]) for row in rows]))
        for name, of in _OF.items()
        if of is not gini or np.ptp(said) > 0
    }
