"""What was spent in a window."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from loyaltyloop.scores.purchases.past import Floats, Longs, Past


def spent_within(past: Past, who: Longs, start: datetime, days: int) -> Floats:
    """By each of these (places), in major units; a price that is not known is nothing."""
    lines = past.only(past.between(start, start + timedelta(days=days)))
    paid = np.nan_to_num(lines.price) * lines.quantity
    total = np.bincount(lines.who, paid, minlength=len(past.customers)).astype(np.float64)
    return total[who]
