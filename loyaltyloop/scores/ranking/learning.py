"""What the ranking is learned of: at several instants of the past, candidates and what was then bought."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from loyaltyloop.scores.purchases.catalogue import Catalogue
from loyaltyloop.scores.purchases.looks import Looks
from loyaltyloop.scores.purchases.past import Bools, Longs, Past
from loyaltyloop.scores.ranking.batch import Batch
from loyaltyloop.scores.ranking.candidates import candidates
from loyaltyloop.scores.ranking.cohort import Cohort, cohort_of, of_people
from loyaltyloop.scores.ranking.features import Judged, features
from loyaltyloop.scores.ranking.near import Singles
from loyaltyloop.scores.ranking.net import Lists
from loyaltyloop.scores.ranking.shelf_side import item_side

HORIZON = timedelta(days=30)
CUTS = 4  # instants, a horizon apart
MOST_LISTS = 2000  # customers of an instant: more teach little more
ROWS = 256  # customers at a time: what is scored for them then fits into 50 MB


@dataclass(frozen=True, eq=False)
class Bought:
    """What customers bought within the horizon, sorted keys of customer and product; and what they had."""

    keys: Longs
    had: Longs
    width: int


def lists_of(past: Past, catalogue: Catalogue, looks: Looks, seed: int) -> Iterator[Lists]:
    """Of each instant that has customers who bought before and after it, the latest first."""
    for number in range(1, CUTS + 1):
        cut = past.as_of - number * HORIZON
        before = past.before(cut)
        bought = _bought(past, before, cut)
        people = _sampled(np.intersect1d(bought.keys // bought.width, before.who), seed, number)
        if len(people):
            yield _lists(before, catalogue, looks.before(cut), people, bought)


def _bought(past: Past, before: Past, cut: datetime) -> Bought:
    then = past.between(cut, cut + HORIZON)
    width = max(1, len(past.products))
    keys = np.unique(past.who[then].astype(np.int64) * width + past.what[then])
    return Bought(keys, np.unique(before.who.astype(np.int64) * width + before.what), width)


def _sampled(people: Longs, seed: int, number: int) -> Longs:
    if len(people) <= MOST_LISTS:
        return people
    return np.sort(np.random.default_rng([seed, number]).permutation(people)[:MOST_LISTS])


def _lists(before: Past, catalogue: Catalogue, looks: Looks, people: Longs, bought: Bought) -> Lists:
    side = item_side(before, catalogue)
    cohort = cohort_of(side, *of_people(before, looks, people))
    place = {product: place for place, product in enumerate(before.products)}
    back = np.array([place[product] for product in side.products], np.int64)
    parts = [_part(batch, people, back, bought) for batch in batches(cohort)]
    lengths = np.concatenate([part[0] for part in parts])
    x, got, fresh = (np.concatenate(column) for column in zip(*(part[1:] for part in parts), strict=True))
    return Lists(x, np.concatenate([[0], np.cumsum(lengths)]), got, fresh)


def batches(cohort: Cohort) -> Iterator[Batch]:
    """All customers of a cohort, some at a time."""
    for start in range(0, cohort.rows, ROWS):
        yield Batch(cohort, start, min(cohort.rows, start + ROWS))


def _part(batch: Batch, people: Longs, back: Longs, bought: Bought) -> tuple[Longs, Singles, Bools, Bools]:
    """How long each customer's list is; and of each row: features, was it bought, was it new."""
    rows, what = candidates(batch)
    keys = people[rows + batch.start] * bought.width + back[what]
    lengths = np.bincount(rows, minlength=batch.rows).astype(np.int64)
    x = features(Judged(batch, rows, what))
    return lengths, x, np.isin(keys, bought.keys), ~np.isin(keys, bought.had)
