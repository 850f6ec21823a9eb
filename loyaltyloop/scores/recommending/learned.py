"""`best`, where a ranking has been learned: its products for each customer, each told by what brought it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from loyaltyloop.journey.model import Source as Word
from loyaltyloop.scores.models.live import Live
from loyaltyloop.scores.models.scoring import ModelBroke
from loyaltyloop.scores.purchases.cohort_past import read_cohort
from loyaltyloop.scores.purchases.past import Bools, Ints, Past
from loyaltyloop.scores.purchases.reading import read_looks
from loyaltyloop.scores.ranking.order import NONE, Ranking, rank
from loyaltyloop.scores.ranking.shelf_side import ItemSide
from loyaltyloop.scores.ranking.told import WORDS
from loyaltyloop.scores.recommending.shelf import Shelf
from loyaltyloop.scores.recommending.source import Because, Cohort, Source, bought_on, popular_in
from loyaltyloop.scores.recommending.wanted import Wanted

MODEL = "recommend"
LOOKED_WITHIN = timedelta(days=365)  # as it is told when it is trained
LONGEST = 60  # products for each customer: what is barred or sold out is passed over
LONGER = 180  # where all that they ever bought is barred
_TEXTS: dict[Word, str] = {
    "viewed": "You looked at this lately",
    "trending": "In demand right now",
    "bestsellers": "One of our best sellers",
}


@dataclass(frozen=True, eq=False)
class Learned:
    """The live ranking and what it counts of products."""

    live: Live
    side: ItemSide

    @property
    def name(self) -> str:
        """What is kept beside each product."""
        return f"{MODEL} {self.live.version.version}"


def sold_now(side: ItemSide, shelf: Shelf) -> Bools:
    """Of each of the side's products: may it be sold, as the step says? Asked of those that are sold most.

    What a step says may leave out nearly all that a ranking would put first: so it is told beforehand.
    """
    chosen = [side.products[place] for place in side.shelf.tolist()]
    shelf.load(chosen)
    allowed = np.ones(len(side.products), np.bool_)
    allowed[side.shelf] = [shelf.sells(one) for one in chosen]
    return allowed


class Best(Source):
    """What the learned ranking puts first. Who has bought nothing is left to the counted lists."""

    def __init__(
        self, cohort: Cohort, learned: Learned, most: int = LONGEST, allowed: Bools | None = None
    ) -> None:
        """`most`: candidates of each customer. `allowed`: of each of the side's products, may it be offered
        to anybody; None: all may. ModelBroke: the ranking raised an error (MemoryError is the machine's).
        """
        self.model = learned.name
        countries = {who.customer_id: who.country for who in cohort.people}
        self._side = learned.side
        past = read_cohort(cohort.connection, countries, self._side.products, cohort.now)
        looks = read_looks(cohort.connection, past, LOOKED_WITHIN)
        try:
            self._ranking = rank(learned.live.model, self._side, past, looks, most, allowed)
        except MemoryError:
            raise
        except Exception as error:
            raise ModelBroke(type(error).__name__) from error
        self._row = {one: row for row, one in enumerate(past.customers.tolist())}
        self._days = _days(past, self._ranking)
        bought = np.bincount(past.who, minlength=len(self._row)) > 0
        self._lists = [
            [self._side.products[one] for one in row if one != NONE] if known else []
            for row, known in zip(self._ranking.what.tolist(), bought.tolist(), strict=True)
        ]

    def candidates(self, who: Wanted) -> Sequence[str]:
        return self._lists[self._row[who.customer_id]]

    def word(self, who: Wanted, product_id: str, asked: Word) -> Word:
        """What was bought on one day is no habit yet, and what was put aside once was looked at."""
        at = self._at(who, product_id)
        found = WORDS[self._ranking.source[at]]
        if found == "repeat" and self._days[at] < 2:
            return asked
        return "viewed" if found == "cart" else found

    def score(self, who: Wanted, product_id: str) -> float:
        """By which it was ranked: only the order within one customer's list means something."""
        return round(float(self._ranking.scores[self._at(who, product_id)]), 4)

    def because(self, who: Wanted, product_id: str) -> Because:
        match word := WORDS[self._ranking.source[self._at(who, product_id)]]:
            case "repeat":
                return bought_on(int(self._days[self._at(who, product_id)]))
            case "bought_together" if (seed := self._seed(who, product_id)) is not None:
                return Because("Goes with your {name}", seed, "Goes with what you have chosen")
            case "popular_here" if who.country:
                return popular_in(who.country)
            case "favourite_category" if (category := self._category(product_id)) is not None:
                return Because(f"Popular in {category}")
            case _:
                return Because(_TEXTS.get(word, _TEXTS["bestsellers"]))

    def _at(self, who: Wanted, product_id: str) -> tuple[int, int]:
        row = self._row[who.customer_id]
        return row, self._lists[row].index(product_id)

    def _seed(self, who: Wanted, product_id: str) -> str | None:
        seed = int(self._ranking.seed[self._at(who, product_id)])
        return None if seed == NONE else self._side.products[seed]

    def _category(self, product_id: str) -> str | None:
        category = int(self._side.category[self._side.place[product_id]])
        return None if category < 0 else self._side.categories[category]


def _days(past: Past, ranking: Ranking) -> Ints:
    """On how many days each customer bought what stands in their row as their own; 0 for all else."""
    found = np.zeros(ranking.what.shape, np.int32)
    rows, columns = np.nonzero(ranking.source == WORDS.index("repeat"))
    if not len(rows):
        return found
    place = {one: place for place, one in enumerate(past.products)}
    places = np.array([place[one] for one in ranking.products], np.int64)
    day, number = past.day - past.day.min(), len(past.products)
    width = int(day.max()) + 1
    bought = (past.who.astype(np.int64) * number + past.what) * width + day
    pairs, days = np.unique(np.unique(bought) // width, return_counts=True)
    wanted = rows * number + places[ranking.what[rows, columns]]
    at = np.minimum(np.searchsorted(pairs, wanted), len(pairs) - 1)
    found[rows, columns] = np.where(pairs[at] == wanted, days[at], 0)
    return found
