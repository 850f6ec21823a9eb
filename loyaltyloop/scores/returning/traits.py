"""What is told of a customer's purchases, as columns of numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from loyaltyloop.scores.purchases.past import Bools, Floats, Longs
from loyaltyloop.scores.returning.purchases import Purchases

FADES = (15, 45, 120)  # days in which a purchase counts half as much
RECENT = (30, 60, 90)  # days
_MONTH = 30.0  # days: the gap that is thought usual of who bought once; e^4 is near two of them
_USUAL = 4.0


@dataclass(frozen=True, eq=False)
class History:
    """Sums over the purchases of each customer who bought before `today`; arrays have an entry each.

    `times`: days with a purchase; `age`, `idle`: days since the first and the last of them.
    """

    purchases: Purchases
    today: int

    @cached_property
    def buyers(self) -> Longs:
        """Their places among the customers, ascending."""
        return np.flatnonzero(self.purchases.buyers)

    @cached_property
    def who(self) -> Longs:
        """Of each purchase: the place of its customer among the buyers."""
        return np.searchsorted(self.buyers, self.purchases.who)

    @cached_property
    def times(self) -> Floats:
        return self.sums(np.ones(len(self.who)))

    @cached_property
    def age(self) -> Floats:
        return (self.today - self.purchases.day[self._ends - self.times.astype(np.int64) + 1]).astype(float)

    @cached_property
    def idle(self) -> Floats:
        return (self.today - self.purchases.day[self._ends]).astype(float)

    @cached_property
    def ago(self) -> Floats:
        """Days since each purchase."""
        return (self.today - self.purchases.day).astype(np.float64)

    @cached_property
    def last_spend(self) -> Floats:
        """What was spent on the last day, in major units."""
        return self.purchases.spend[self._ends]

    @cached_property
    def _ends(self) -> Longs:
        """The place of each one's last purchase: entries are ordered by (customer, day)."""
        return np.cumsum(np.bincount(self.who, minlength=len(self.buyers))) - 1

    def sums(self, values: Floats) -> Floats:
        """Of a number for each purchase, the sum of each buyer."""
        return np.bincount(self.who, values, len(self.buyers)).astype(np.float64)

    def mean(self, values: Floats) -> Floats:
        """Likewise the mean."""
        return self.sums(values) / self.times


def traits(history: History) -> dict[str, Floats]:
    """Column → a number for each buyer."""
    columns = {**_plain(history), **_gaps(history), **_spending(history)}
    for fade in FADES:
        columns[f"faded {fade}"] = np.log(history.sums(np.exp2(-history.ago / fade)) + 0.05)
    for days in RECENT:
        columns[f"in {days}"] = np.log1p(history.sums((history.ago <= days).astype(np.float64)))
    return {**columns, **_bent(columns)}


def _plain(history: History) -> dict[str, Floats]:
    return {
        "idle": np.log(np.maximum(history.idle, 1)),
        "times": np.log(history.times),
        "age": np.log(np.maximum(history.age, 1)),
        "once": (history.times == 1).astype(np.float64),
        "rate": np.log((history.times + 0.5) / (history.age + 2 * _MONTH)),
    }


def _gaps(history: History) -> dict[str, Floats]:
    """How long it usually takes from purchase to purchase, and how far beyond that today is."""
    again, gap = log_gaps(history)
    number = np.maximum(history.times - 1, 1)
    usual = np.bincount(again, gap, len(history.buyers)) / number
    spread = np.sqrt(np.maximum(np.bincount(again, gap * gap, len(history.buyers)) / number - usual**2, 0))
    more: Bools = history.times > 1
    mean = (history.age - history.idle) / number
    return {
        "gap": np.where(more, usual, _USUAL),
        "unevenness": np.where(history.times > 2, spread, 0.8),
        "overdue": np.where(more, np.log((history.idle + 5) / (mean + 5)), 0.0),
        "late": np.where(more, np.log1p(history.idle) - usual, 0.0),
    }


def log_gaps(history: History) -> tuple[Longs, Floats]:
    """For each purchase but everybody's first: whose it is, and the log of the days since the one before."""
    following = np.flatnonzero(np.diff(history.who) == 0) + 1
    days = history.purchases.day[following] - history.purchases.day[following - 1]
    return history.who[following], np.log(days.astype(np.float64))


def _spending(history: History) -> dict[str, Floats]:
    usual = np.log1p(np.maximum(history.mean(history.purchases.spend), 0))
    return {
        "spend": usual,
        "last spend": np.log1p(np.maximum(history.last_spend, 0)) - usual,
        "total": np.log1p(np.maximum(history.sums(history.purchases.spend), 0)),
        "lines": np.log(np.maximum(history.mean(history.purchases.lines), 1)),
    }


def _bent(columns: dict[str, Floats]) -> dict[str, Floats]:
    """Products of columns: what a straight line cannot say."""
    pairs = (
        ("idle", "idle"),
        ("times", "times"),
        ("idle", "times"),
        ("idle", "age"),
        ("times", "age"),
        ("late", "late"),
        ("rate", "idle"),
    )
    return {f"{one} x {other}": columns[one] * columns[other] for one, other in pairs}
