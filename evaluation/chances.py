"""How good probabilities are: AUC, AP, Brier, ECE, and all that was foretold for each that came.

Each is measured on all customers and on 1,000 resamples of them, given as multiplicities: a row a resample,
how often each customer is in it. So one sort serves all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from evaluation.intervals import Drawn, multiplicities
from loyaltyloop.scores.purchases.past import Bools, Floats, Longs

BINS = 10

Weighed = Callable[[Floats], Floats]
"""Rows of multiplicities → a figure each."""


def measured(came: Bools, said: Floats, probability: bool, whose: Longs | None = None) -> dict[str, Drawn]:
    """All measures of a forecast; of one that is no probability only those of its ranking.

    `whose`: the customer of each entry, where a customer may have several: they are drawn together.
    """
    figures = {"AUC": _auc(came, said), "AP": _average_precision(came, said)}
    if probability:
        figures |= {
            "Brier": _brier(came, said),
            "ECE": _calibration(came, said),
            "foretold / seen": _total(came, said),
        }
    return _drawn(figures, np.arange(len(came)) if whose is None else whose)


def _drawn(figures: Mapping[str, Weighed], whose: Longs) -> dict[str, Drawn]:
    """Of all, and of the resamples."""
    whole = np.ones((1, len(whose)))
    people, place = np.unique(whose, return_inverse=True)
    values = {name: float(figure(whole)[0]) for name, figure in figures.items()}
    draws: dict[str, list[Floats]] = {name: [] for name in figures}
    for some in multiplicities(len(people)):
        times = some[:, place]
        for name, figure in figures.items():
            draws[name].append(figure(times))
    return {name: Drawn(value, np.concatenate(draws[name])) for name, value in values.items()}


def _auc(came: Bools, said: Floats) -> Weighed:
    """How often one who bought ranks above one who did not; equals count half."""
    ranked, starts = _groups(said)

    def of(times: Floats) -> Floats:
        bought, stayed = _in_groups(times, came, ranked, starts)
        above = np.cumsum(bought, axis=1) - bought / 2
        pairs = bought.sum(axis=1) * stayed.sum(axis=1)
        return np.asarray((above * stayed).sum(axis=1) / np.where(pairs > 0, pairs, np.nan))

    return of


def _average_precision(came: Bools, said: Floats) -> Weighed:
    """The mean precision over steps of recall, as scikit-learn has it: equals are one step."""
    ranked, starts = _groups(said)

    def of(times: Floats) -> Floats:
        bought, stayed = _in_groups(times, came, ranked, starts)
        hits = np.cumsum(bought, axis=1)
        precision = hits / np.maximum(hits + np.cumsum(stayed, axis=1), 1)
        total = bought.sum(axis=1)
        return np.asarray((precision * bought).sum(axis=1) / np.where(total > 0, total, np.nan))

    return of


def _brier(came: Bools, said: Floats) -> Weighed:
    """The mean of the squared error."""
    error = np.square(said - came)
    return lambda times: np.asarray(times @ error / times.sum(axis=1))


def _calibration(came: Bools, said: Floats) -> Weighed:
    """Expected calibration error in ten bins of equal width: |foretold - seen| of each, by its customers."""
    place = np.minimum((said * BINS).astype(np.int64), BINS - 1)
    gaps = np.zeros((len(said), BINS))
    gaps[np.arange(len(said)), place] = said - came
    return lambda times: np.asarray(np.abs(times @ gaps).sum(axis=1) / times.sum(axis=1))


def _total(came: Bools, said: Floats) -> Weighed:
    """The sum of what was foretold by the number of those who bought."""

    def of(times: Floats) -> Floats:
        seen = times @ came.astype(np.float64)
        return np.asarray(times @ said / np.where(seen > 0, seen, np.nan))

    return of


def _groups(said: Floats) -> tuple[Longs, Longs]:
    """Places, the highest first, and where a new value begins."""
    ranked = np.argsort(-said, kind="stable")
    fresh = np.concatenate([[True], np.diff(said[ranked]) != 0])
    return ranked, np.flatnonzero(fresh)


def _in_groups(times: Floats, came: Bools, ranked: Longs, starts: Longs) -> tuple[Floats, Floats]:
    """Of each group of equals how many bought, and how many did not."""
    ordered, bought = times[:, ranked], came[ranked]
    return (
        np.add.reduceat(ordered * bought, starts, axis=1),
        np.add.reduceat(ordered * ~bought, starts, axis=1),
    )
