"""All methods that foretell which products are bought again, judged after one cut-off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import numpy as np

from evaluation.buyers.facts import Answer, Question
from evaluation.buying import MEASURES
from evaluation.chances import measured
from evaluation.refills import ours, rates
from evaluation.refills.pairs import pairs_of
from evaluation.shop import Shop
from evaluation.split import split, within
from evaluation.tables import OURS, Table, table_of

MOST = 20_000  # pairs: of more, so many are drawn

Method = Callable[[Question], Answer | None]
REFILLS: Mapping[str, Method] = {
    OURS: ours.answer,
    "product's share": rates.product_share,
    "own rate": rates.own_rate,
    "nearness to the usual interval": rates.usual_interval,
}


def judge(shop: Shop, cut_off: datetime, days: int, seed: int) -> Table:
    """Each product that each customer had bought: is it bought again in the window?"""
    cut = split(shop, cut_off, days)
    question = Question(cut.history, cut.catalogue, days, seed)
    pairs = pairs_of(cut.history)
    again = cut.truth("repeat").pairs
    came = within(cut.pair(pairs.who, pairs.what), again)
    some = _some(len(came), seed)
    answers = {method: answer(question) for method, answer in REFILLS.items()}
    drawn = {
        method: measured(came[some], found.said[some], found.probability, pairs.who[some]) if found else {}
        for method, found in answers.items()
    }
    about = (
        f"Of {len(came):,} products that somebody had bought {came.sum():,} were bought again by them within"
        f" {days} days; {len(some):,} are judged"
    )
    people = len(np.unique(pairs.who[some]))
    title = f"What is bought again within {days} days"
    return table_of("refill", title, cut_off, people, MEASURES, drawn, about)


def _some(number: int, seed: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    if number <= MOST:
        return np.arange(number)
    return np.sort(np.random.default_rng(seed).choice(number, MOST, replace=False))
