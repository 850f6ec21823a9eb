"""Lapse: the probability that a customer buys nothing for so many days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from loyaltyloop.scores.models.artifact import pack, unpack
from loyaltyloop.scores.models.learners import Fallback, Known
from loyaltyloop.scores.purchases.past import Floats
from loyaltyloop.scores.returning.baselines import SHARE, share_by_recency
from loyaltyloop.scores.returning.purchases import purchases_of, teaching_day_of, today_of
from loyaltyloop.scores.returning.returns import Returns, fit_returns
from loyaltyloop.scores.returning.traits import History
from loyaltyloop.scores.returning.windows import places
from loyaltyloop.scores.training.judging import LIVE, NEW, Contest, Judgement, judged
from loyaltyloop.scores.training.measures import AUC, BRIER, ECE, TOTAL, calibration, gains

DAYS = 90
_DIGITS = 6
_FEWEST = 30  # customers of either kind to judge by


@dataclass(frozen=True)
class Lapse:
    """Fitted; `score` is a probability."""

    returns: Returns

    def pack(self) -> bytes:
        return pack(*self.returns.parts())

    def score(self, known: Known) -> Floats:
        """Of each customer; nan for who has never bought: they cannot lapse."""
        purchases, today = purchases_of(known.past), today_of(known.past)
        history = History(purchases, today)
        return np.round(places(history, 1 - self.returns.chance(history)), _DIGITS)


@dataclass(frozen=True)
class LapseLearner:
    """`days`: for how long."""

    days: int = DAYS
    name: str = "lapse"
    baseline: str = SHARE
    fallback: str = "lapse is unknown, and no comparison with it holds but 'known: false'"
    looks: bool = False

    @property
    def about(self) -> str:
        return f"how likely a customer is to buy nothing for {self.days} days"

    @property
    def period(self) -> timedelta:
        return timedelta(days=self.days)

    def fit(self, known: Known, seed: int) -> Lapse | Fallback:
        found = fit_returns(purchases_of(known.past), teaching_day_of(known.past), self.days, seed)
        return found if isinstance(found, Fallback) else Lapse(found)

    def load(self, content: bytes) -> Lapse:
        return Lapse(Returns.of(*unpack(content)))

    def judge(
        self, new: Lapse, old: Lapse | None, known: Known, since: datetime, seed: int
    ) -> Judgement | Fallback:
        purchases, until = purchases_of(known.past), today_of(known.past)
        before = known.before(since)
        earlier = purchases_of(before.past)  # with orders that were called off only later
        start, buyers = today_of(before.past), earlier.buyers
        came = 1 - purchases.bought(start, until)[buyers].astype(np.float64)
        if not _FEWEST <= came.sum() <= len(came) - _FEWEST:
            return Fallback(f"fewer than {_FEWEST} customers bought, or stayed away, in the newest period")
        said = {NEW: new.score(before)[buyers]}
        if old is not None:
            said[LIVE] = old.score(before)[buyers]
        said[SHARE] = 1 - share_by_recency(earlier, start, self.days)[buyers]
        plots = (
            calibration(came, said, "foretold to lapse", "lapsed"),
            gains(came, said, "share of the customers", "share of those who lapsed"),
        )
        return judged(Contest(came, said, (BRIER, AUC, ECE, TOTAL)), since, known.past.as_of, seed, plots)
