"""Value: what a customer is expected to spend in the days to come, in major units of the shop's currency.

The probability to buy, times what is expected of them if they do. A mean, not what is most likely: most of a
list will spend nothing, and the sum over the list is what the list will spend.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from loyaltyloop.scores.models.artifact import pack, unpack
from loyaltyloop.scores.models.learners import Fallback, Known
from loyaltyloop.scores.purchases.past import Floats
from loyaltyloop.scores.returning.amounts import DEVIANCE, GINI
from loyaltyloop.scores.returning.baselines import PAST_RATE, past_rate
from loyaltyloop.scores.returning.purchases import purchases_of, teaching_day_of, today_of
from loyaltyloop.scores.returning.returns import Returns, drawn, fit_returns
from loyaltyloop.scores.returning.spending import Spending, fit_spending
from loyaltyloop.scores.returning.traits import History
from loyaltyloop.scores.returning.windows import places, windows
from loyaltyloop.scores.training.judging import LIVE, NEW, Contest, Judgement, judged
from loyaltyloop.scores.training.measures import MAE, TOTAL, calibration, gains

DAYS = 90
_DIGITS = 4
_FEWEST = 30  # customers who bought, to judge by


@dataclass(frozen=True)
class Value:
    """Fitted; `score` is an amount."""

    returns: Returns
    spending: Spending

    def pack(self) -> bytes:
        arrays, document = self.returns.parts()
        return pack({**arrays, **self.spending.parts()}, document)

    def score(self, known: Known) -> Floats:
        """Of each customer; nan for who has never bought."""
        history = History(purchases_of(known.past), today_of(known.past))
        amount = self.spending.amount(history, self.returns) * self.returns.chance_learned(history)
        return np.round(places(history, amount * self.returns.more_purchases(history)), _DIGITS)


@dataclass(frozen=True)
class ValueLearner:
    """`days`: for how long."""

    days: int = DAYS
    name: str = "value"
    baseline: str = PAST_RATE
    fallback: str = "value is unknown, and no comparison with it holds but 'known: false'"
    looks: bool = False

    @property
    def about(self) -> str:
        return f"what a customer is expected to spend within {self.days} days, in the shop's currency"

    @property
    def period(self) -> timedelta:
        return timedelta(days=self.days)

    def fit(self, known: Known, seed: int) -> Value | Fallback:
        purchases, today = purchases_of(known.past), teaching_day_of(known.past)
        returns = fit_returns(purchases, today, self.days, seed)
        if isinstance(returns, Fallback):
            return returns
        those = drawn(purchases.before(today), today, self.days, seed)
        spending = fit_spending(those, returns, windows(those, today, returns.learned))
        return spending if isinstance(spending, Fallback) else Value(returns, spending)

    def load(self, content: bytes) -> Value:
        arrays, document = unpack(content)
        return Value(Returns.of(arrays, document), Spending.of(arrays))

    def judge(
        self, new: Value, old: Value | None, known: Known, since: datetime, seed: int
    ) -> Judgement | Fallback:
        purchases, before = purchases_of(known.past), known.before(since)
        earlier = purchases_of(before.past)  # with orders that were called off only later
        start, buyers = today_of(before.past), earlier.buyers
        came = purchases.spent(start, today_of(known.past))[buyers]
        if (came > 0).sum() < _FEWEST:
            return Fallback(f"fewer than {_FEWEST} customers bought in the newest period")
        said = {NEW: new.score(before)[buyers]}
        if old is not None:
            said[LIVE] = old.score(before)[buyers]
        said[PAST_RATE] = past_rate(earlier, start, self.days)[buyers]
        plots = (
            calibration(came, said, "foretold", "spent"),
            gains(came, said, "share of the customers", "share of what was spent"),
        )
        return judged(Contest(came, said, (DEVIANCE, GINI, TOTAL, MAE)), since, known.past.as_of, seed, plots)
