"""Lists of products for many customers: what simple methods would show, and how much of it was bought.

A list is a row of places in the `products` of a `Past`, the best first; -1: there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from loyaltyloop.scores.purchases.past import Floats, Ints, Longs, Past, seconds_of


@dataclass(frozen=True, eq=False)
class Bought:
    """What the customers who came back bought in the newest period.

    `people`: their places, ascending; then an entry for each distinct product that each of them bought:
    `row`, a place in `people`, and `what`, a place in the products.
    """

    people: Longs
    row: Longs
    what: Longs


def bought_since(past: Past, since: datetime) -> Bought:
    """Of customers with an order that was known before `since`, and one from then on."""
    limit = seconds_of(since)
    old = np.unique(past.before(since).who)
    lately = past.at >= limit
    back = lately & np.isin(past.who, old)
    people = np.unique(past.who[back]).astype(np.int64)
    pairs = np.unique(past.who[back].astype(np.int64) * _width(past) + past.what[back])
    return Bought(people, np.searchsorted(people, pairs // _width(past)), pairs % _width(past))


def bestsellers(past: Past, people: Longs, top: int) -> Ints:
    """The same to everybody: in most orders of all time, ties by place."""
    counts = np.bincount(past.what, minlength=len(past.products))
    best = np.argsort(-counts, kind="stable")[:top]
    best = best[counts[best] > 0]
    found = np.full(top, -1, np.int32)
    found[: len(best)] = best
    return np.tile(found, (len(people), 1))


def own_frequency(past: Past, people: Longs, top: int) -> Ints:
    """What each has in most orders, ties and the rest by how many orders of all customers have it."""
    popular = np.bincount(past.what, minlength=len(past.products))
    mine = np.isin(past.who, people)
    keys, times = np.unique(
        np.searchsorted(people, past.who[mine]) * _width(past) + past.what[mine], return_counts=True
    )
    rest = bestsellers(past, people, top)
    filled = rest >= 0
    others = (np.arange(len(people))[:, None] * _width(past) + rest)[filled]
    keys, first = np.unique(np.concatenate([keys, others]), return_index=True)
    times = np.concatenate([times, np.zeros(len(others), np.int64)])[first]
    row, what = keys // _width(past), keys % _width(past)
    ranked = np.lexsort((what, -popular[what], -times, row))
    return _as_rows(row[ranked], what[ranked], len(people), top)


def ndcg(lists: Ints, bought: Bought) -> Floats:
    """Of each customer: gains of 1, discounted by log2(1 + rank), as a share of the most there can be."""
    discount = 1 / np.log2(np.arange(lists.shape[1]) + 2)
    best = np.concatenate([[0.0], np.cumsum(discount)])
    most = np.minimum(np.bincount(bought.row, minlength=len(bought.people)), lists.shape[1])
    gains: Floats = (_hits(lists, bought) * discount).sum(axis=1) / best[most]
    return gains


def recall(lists: Ints, bought: Bought) -> Floats:
    """Of each customer: the share of the products bought that is on the list."""
    products = np.bincount(bought.row, minlength=len(bought.people))
    share: Floats = _hits(lists, bought).sum(axis=1) / products
    return share


def _hits(lists: Ints, bought: Bought) -> Floats:
    width = max(int(lists.max(initial=0)), int(bought.what.max(initial=0))) + 2
    rows = np.arange(len(bought.people))[:, None]
    shown = rows * width + np.where(lists < 0, width - 1, lists)
    return np.isin(shown, bought.row * width + bought.what).astype(np.float64)


def _as_rows(row: Longs, what: Longs, rows: int, top: int) -> Ints:
    """Entries ordered by (row, rank), as lists."""
    place = np.arange(len(row)) - np.searchsorted(row, np.arange(rows))[row]
    shown = place < top
    found = np.full((rows, top), -1, np.int32)
    found[row[shown], place[shown]] = what[shown]
    return found


def _width(past: Past) -> int:
    return max(1, len(past.products))
