"""All methods that foretell who buys again, judged after one cut-off. A purchase is a customer's day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import numpy as np

from evaluation.buyers import bg_nbd, boosting, frequency, logistic, ours, rank_sum, recency
from evaluation.buyers.facts import Answer, Question
from evaluation.chances import measured
from evaluation.shop import Shop
from evaluation.split import split
from evaluation.tables import OURS, Measure, Table, table_of

Method = Callable[[Question], Answer | None]
BUYERS: Mapping[str, Method] = {
    OURS: ours.answer,
    "recency": recency.answer,
    "frequency": frequency.answer,
    "rank sum of both": rank_sum.answer,
    "BG/NBD, P(alive)": bg_nbd.alive,
    "BG/NBD, P(buys in the window)": bg_nbd.buys,
    "logistic regression": logistic.answer,
    "HistGradientBoosting": boosting.answer,
}
MEASURES = (
    Measure("AUC"),
    Measure("AP"),
    Measure("Brier", -1),
    Measure("ECE", -1),
    Measure("foretold / seen", 0, 2),
)


def judge(shop: Shop, cut_off: datetime, days: int, seed: int) -> Table:
    """Everybody who had bought before the cut-off is judged."""
    cut = split(shop, cut_off, days)
    question = Question(cut.history, cut.catalogue, days, seed)
    came = np.isin(np.arange(len(cut.history.customers)), cut.customers[cut.window.who])
    answers = ((method, answer(question)) for method, answer in BUYERS.items())
    drawn = {method: measured(came, *found) if found else {} for method, found in answers}
    about = f"{came.sum():,} of them bought within {days} days"
    return table_of("lapse", f"Who buys within {days} days", cut_off, len(came), MEASURES, drawn, about)
