"""What was looked at and put into baskets before an instant, as arrays; empty where a shop has none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

import numpy as np

from loyaltyloop.scores.purchases.past import Ints, Longs


class Kind(IntEnum):
    """What was done with the product."""

    VIEWED = 0
    ADDED = 1


@dataclass(frozen=True, eq=False)
class Looks:
    """`who`, `what`: places in customers and products of a `Past`; `at`: seconds since 1970, ascending.

    `arrived`: likewise, when it was heard of; None: at once.
    """

    who: Ints
    what: Ints
    at: Longs
    kind: Ints
    arrived: Longs | None = None

    def before(self, instant: datetime) -> Looks:
        """What had happened, and was known, by an instant; nothing of its own second, as in `Past.before`."""
        limit = int(instant.timestamp() // 1)
        arrived = self.at if self.arrived is None else self.arrived
        early = (self.at < limit) & (arrived < limit)
        return Looks(self.who[early], self.what[early], self.at[early], self.kind[early], arrived[early])


def no_looks() -> Looks:
    """Of a shop that records none."""
    none = np.zeros(0, np.int32)
    return Looks(none, none, np.zeros(0, np.int64), none)
