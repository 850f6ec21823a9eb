"""The learned ranking as a model that is trained and judged: by NDCG@10 on the newest thirty days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from loyaltyloop.scores.models.learners import Fallback, Known
from loyaltyloop.scores.purchases.past import Floats, Ints, Longs
from loyaltyloop.scores.ranking import ranker
from loyaltyloop.scores.ranking.cohort import of_people
from loyaltyloop.scores.ranking.learning import HORIZON
from loyaltyloop.scores.ranking.order import rank
from loyaltyloop.scores.ranking.ranker import Ranker
from loyaltyloop.scores.ranking.shelf_side import ItemSide, item_side
from loyaltyloop.scores.training.judging import LIVE, NEW, Contest, Judgement, Measure, judged
from loyaltyloop.scores.training.measures import by_segment, mean
from loyaltyloop.scores.training.toplists import (
    Bought,
    bestsellers,
    bought_since,
    ndcg,
    own_frequency,
    recall,
)

TOP = 10
FEWEST = 30  # customers to judge by
MOST = 2_000  # more make the interval hardly narrower
OWN, BEST = "own frequency", "best-sellers"
_SEGMENTS = ("one order", "2 to 4 orders", "5 and more")
_LEAST = (1, 2, 5)  # orders of each segment


@dataclass(frozen=True)
class RankingLearner:
    """`Ranker` is fitted; what is counted of products is counted anew wherever it ranks."""

    name: str = "recommend"
    about: str = "which products each customer is likely to buy next, in order"
    period: timedelta = HORIZON
    baseline: str = OWN
    fallback: str = "'from: best' mixes what is counted (docs/recommending.md)"
    looks: bool = True

    def fit(self, known: Known, seed: int) -> Ranker | Fallback:
        return ranker.fit(known.past, known.catalogue, known.looks, seed)

    def load(self, content: bytes) -> Ranker:
        return ranker.load(content)

    def judge(
        self, new: Ranker, old: Ranker | None, known: Known, since: datetime, seed: int
    ) -> Judgement | Fallback:
        bought = _some(bought_since(known.past, since), seed)
        if len(bought.people) < FEWEST:
            return Fallback(
                f"only {len(bought.people)} customers came back in the newest {HORIZON.days} days;"
                f" {FEWEST} are needed to judge by"
            )
        before = known.before(since)
        lists = _lists(new, old, before, bought.people)
        gains = {name: ndcg(one, bought) for name, one in lists.items()}
        found = {name: np.stack([gains[name], recall(one, bought)], axis=1) for name, one in lists.items()}
        plot = by_segment(
            _segments(before, bought.people), _SEGMENTS, gains, "NDCG@10 by orders before", "NDCG@10"
        )
        contest = Contest(
            np.zeros(len(bought.people)), found, (_column("NDCG@10", 0), _column("Recall@10", 1))
        )
        return judged(contest, since, known.past.as_of, seed, [plot])


def _lists(new: Ranker, old: Ranker | None, before: Known, people: Longs) -> dict[str, Ints]:
    side = item_side(before.past, before.catalogue)
    found = {NEW: _ranked(new, side, before, people)}
    if old is not None:
        found[LIVE] = _ranked(old, side, before, people)
    found[OWN] = own_frequency(before.past, people, TOP)
    return found | {BEST: bestsellers(before.past, people, TOP)}


def _ranked(chosen: Ranker, side: ItemSide, before: Known, people: Longs) -> Ints:
    """By places of the past's products."""
    ranking = rank(chosen, side, *of_people(before.past, before.looks, people), TOP)
    place = {product: place for place, product in enumerate(before.past.products)}
    places = np.array([*(place[product] for product in ranking.products), -1], np.int32)
    found: Ints = places[ranking.what]  # the last stands where a list has ended
    return found


def _some(bought: Bought, seed: int) -> Bought:
    if len(bought.people) <= MOST:
        return bought
    chosen = np.sort(np.random.default_rng(seed).choice(len(bought.people), MOST, replace=False))
    mine = np.isin(bought.row, chosen)
    return Bought(bought.people[chosen], np.searchsorted(chosen, bought.row[mine]), bought.what[mine])


def _segments(before: Known, people: Longs) -> Longs:
    _, first = np.unique(before.past.order, return_index=True)
    counts = np.bincount(before.past.who[first], minlength=len(before.past.customers))
    return np.searchsorted(_LEAST, counts[people], side="right") - 1


def _column(name: str, number: int) -> Measure:
    def of(came: Floats, said: Floats) -> float:
        return mean(came, said[:, number])

    return Measure(name, of)
