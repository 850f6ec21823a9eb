"""Measures of forecasts, and the data of the plots that model cards show.

`came` and `said` have an entry a customer: what happened (0 or 1, or an amount), and what was foretold. Where
the measure was taken customer by customer already (NDCG), `said` is that measure and `mean` sums it up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import rankdata

from loyaltyloop.scores.purchases.past import Floats, Longs
from loyaltyloop.scores.training.judging import Measure, Plot, Series

BINS = 10


def mean(_came: Floats, said: Floats) -> float:
    """Of what was measured customer by customer."""
    return float(said.mean())


def brier(came: Floats, said: Floats) -> float:
    """Mean squared error of probabilities (Brier 1950): calibration and ranking in one."""
    return float(np.square(said - came).mean())


def absolute_error(came: Floats, said: Floats) -> float:
    """Mean absolute error."""
    return float(np.abs(said - came).mean())


def auc(came: Floats, said: Floats) -> float:
    """How often one to whom it happened ranks above one to whom not; ties count half. nan: one class."""
    happened = came > 0
    positive = int(happened.sum())
    negative = len(came) - positive
    if not positive or not negative:
        return float("nan")
    above = rankdata(said)[happened].sum() - positive * (positive + 1) / 2
    return float(above / (positive * negative))


def total_ratio(came: Floats, said: Floats) -> float:
    """All that was foretold for each one that came: 1 is right. nan where nothing came."""
    return float(said.sum() / came.sum()) if came.sum() else float("nan")


def calibration_error(came: Floats, said: Floats) -> float:
    """Expected calibration error: ten bins of equally many customers, |foretold - seen|, weighted by size."""
    edges = _tenths(said)
    counts = np.bincount(edges, minlength=BINS)
    gaps = np.bincount(edges, said - came, BINS)
    return float(np.abs(gaps).sum() / counts.sum())


BRIER = Measure("Brier score", brier, higher_is_better=False)
AUC = Measure("AUC", auc)
ECE = Measure("calibration error", calibration_error, higher_is_better=False)
MAE = Measure("mean absolute error", absolute_error, higher_is_better=False)
TOTAL = Measure("foretold / seen", total_ratio)


def calibration(came: Floats, said: Mapping[str, Floats], x: str, y: str) -> Plot:
    """Foretold and seen by tenths of the customers: on the diagonal it is right."""
    series = []
    for name, foretold in said.items():
        tenth = _tenths(foretold)
        counts = np.maximum(np.bincount(tenth, minlength=BINS), 1)
        across, up = (np.bincount(tenth, values, BINS) / counts for values in (foretold, came))
        filled = np.flatnonzero(np.bincount(tenth, minlength=BINS))
        series.append(Series(name, _rounded(across[filled]), _rounded(up[filled])))
    return Plot("Foretold and seen, by tenths of the customers", x, y, "line", tuple(series), diagonal=True)


def gains(came: Floats, said: Mapping[str, Floats], x: str, y: str) -> Plot:
    """Who writes to the first tenth, two tenths, ... by this forecast reaches what share of what came?"""
    steps = np.linspace(0, 1, 2 * BINS + 1)
    series = []
    for name, foretold in said.items():
        reached = np.concatenate([[0.0], np.cumsum(came[np.argsort(-foretold, kind="stable")])])
        share = reached[np.rint(steps * len(came)).astype(int)] / max(reached[-1], 1e-12)
        series.append(Series(name, _rounded(steps), _rounded(share)))
    return Plot("Reached by writing to the first of the list", x, y, "line", tuple(series), diagonal=True)


def by_segment(segment: Longs, names: Sequence[str], said: Mapping[str, Floats], title: str, y: str) -> Plot:
    """The mean of a measure in each segment; `segment` says in which place of `names` each customer is."""
    counts = np.bincount(segment, minlength=len(names))
    there = np.flatnonzero(counts).tolist()
    labels = tuple(f"{names[place]} ({counts[place]:,})" for place in there)
    series = (
        Series(name, labels, _rounded(np.bincount(segment, values, len(names))[there] / counts[there]))
        for name, values in said.items()
    )
    return Plot(title, "", y, "bars", tuple(series))


def _tenths(said: Floats) -> Longs:
    """In which tenth of the customers, by what was foretold, each one is."""
    place = np.empty(len(said), np.int64)
    place[np.argsort(said, kind="stable")] = np.arange(len(said))
    return place * BINS // max(len(said), 1)


def _rounded(values: Floats) -> tuple[float, ...]:
    return tuple(np.round(values, 6).tolist())
