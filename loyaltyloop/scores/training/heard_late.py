"""Too little to learn from, as a history was sent through the API: it is known from the day it was sent."""

from __future__ import annotations

import numpy as np

from loyaltyloop.journey.numbers import counted
from loyaltyloop.scores.purchases.past import DAY, Past


def with_lateness(why: str, past: Past) -> str:
    """Why nothing was learned; where half of the orders or more became known late, that goes behind it."""
    late, orders = _late(past)
    if late < 2 or 2 * late < orders:
        return why
    return (
        f"{why}. Of {counted(orders, 'order')} {late:,} became known more than a day after they were placed, "
        "as those of a history do that is sent through the API. A day teaches what was known on it: these "
        "teach from the day on which they arrived. 'loop import' takes a history as known at its own time"
    )


def _late(past: Past) -> tuple[int, int]:
    """How many orders became known more than a day after they were placed, and how many there are.

    An order that was changed was known since it stood otherwise: by its customer and time it is found there.
    """
    _, first = np.unique(past.order, return_index=True)
    known = past.arrived[first]
    if past.lost is not None:
        there = [np.stack([one.who, one.at], axis=1) for one in (past, past.lost)]
        _, which = np.unique(np.concatenate(there), axis=0, return_inverse=True)
        since = np.full(len(which), np.iinfo(np.int64).max)
        np.minimum.at(since, which.ravel(), np.concatenate([past.arrived, past.lost.arrived]))
        known = since[which.ravel()[first]]
    return int(np.count_nonzero(known - past.at[first] > DAY)), len(first)
