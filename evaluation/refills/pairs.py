"""Each product that each customer has bought: when first and last, and on how many days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyaltyloop.scores.purchases.past import DAY, Bools, Floats, Longs, Past


@dataclass(frozen=True, eq=False)
class Pairs:
    """By (customer, product): `who` and `what` are places in the past's. `days`: distinct ones of a purchase;
    `known`, `waited`: days since the first and the last of them.
    """

    who: Longs
    what: Longs
    days: Floats
    known: Floats
    waited: Floats


def pairs_of(past: Past) -> Pairs:
    """As of `past.as_of`."""
    width = max(1, len(past.products))
    key = past.who.astype(np.int64) * width + past.what
    once = np.unique(np.stack([key, past.day.astype(np.int64)], axis=1), axis=0)
    pair, first, days = np.unique(once[:, 0], return_index=True, return_counts=True)
    today = past.now / DAY
    last = once[first + days - 1, 1]
    return Pairs(pair // width, pair % width, days.astype(float), today - once[first, 1], today - last)


def bought_again(pairs: Pairs, past: Past, lines: Bools) -> Bools:
    """Is each of these pairs bought in these lines of a past with the same places?"""
    width = max(1, len(past.products))
    later = past.who[lines].astype(np.int64) * width + past.what[lines]
    return np.isin(pairs.who * width + pairs.what, later)
