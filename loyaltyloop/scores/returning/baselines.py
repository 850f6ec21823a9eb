"""The simple methods that a model must not be behind."""

from __future__ import annotations

import numpy as np

from loyaltyloop.scores.purchases.past import Floats, Longs
from loyaltyloop.scores.returning.purchases import Purchases
from loyaltyloop.scores.returning.traits import History
from loyaltyloop.scores.returning.windows import places

SHARE = "share by recency"
PAST_RATE = "past rate"
_BANDS = (15, 30, 60, 90, 180)  # days since the last purchase
_SHORTEST = 30  # days: who came yesterday did not spend so much on every day
_STEADY = 20.0  # customers: bands with few lean on the share of all


def share_by_recency(purchases: Purchases, today: int, days: int) -> Floats:
    """Of each customer: what share came back in the last finished window, of those whom it found like them.

    Like them: bought last within the same band of days, and once or more than once. nan: never bought.
    """
    start = today - days
    earlier = History(purchases.before(start), start)
    came = purchases.bought(start, today)[earlier.buyers].astype(np.float64)
    kind = _kinds(earlier)
    usual = came.mean() if len(came) else 0.5
    number = 2 * (len(_BANDS) + 1)
    counts, back = (np.bincount(kind, values, number) for values in (np.ones(len(came)), came))
    now = History(purchases.before(today), today)
    return places(now, ((back + _STEADY * usual) / (counts + _STEADY))[_kinds(now)])


def past_rate(purchases: Purchases, today: int, days: int) -> Floats:
    """Of each customer: what they spent a day since their first purchase, for so many days. nan: nothing."""
    history = History(purchases.before(today), today)
    total = history.sums(history.purchases.spend)
    return places(history, total / np.maximum(history.age, _SHORTEST) * days)


def _kinds(history: History) -> Longs:
    found: Longs = 2 * np.searchsorted(_BANDS, history.idle) + (history.times > 1)
    return found
