"""Sources of what customers showed interest in themselves: looked at, searched for, put into a basket."""

from __future__ import annotations

from collections.abc import Sequence

from loyaltyloop.scores.recommending import history
from loyaltyloop.scores.recommending.likeness import matches
from loyaltyloop.scores.recommending.source import Because, Cohort, Source
from loyaltyloop.scores.recommending.wanted import Wanted


class Viewed(Source):
    """What they looked at."""

    def __init__(self, cohort: Cohort) -> None:
        self._lists = history.viewed(cohort.connection, cohort.ids, cohort.now)

    def candidates(self, who: Wanted) -> Sequence[str]:
        return self._lists.get(who.customer_id, ())

    def because(self, _who: Wanted, _product_id: str) -> Because:
        return Because("You looked at this lately")


class InBasket(Source):
    """What lies in their basket."""

    def __init__(self, cohort: Cohort) -> None:
        self._lists = history.baskets(cohort.connection, cohort.ids, cohort.now)

    def candidates(self, who: Wanted) -> Sequence[str]:
        return self._lists.get(who.customer_id, ())

    def because(self, _who: Wanted, _product_id: str) -> Because:
        return Because("In your basket")


class Searched(Source):
    """What has the words of their searches in its name."""

    def __init__(self, cohort: Cohort) -> None:
        searches = history.searched(cohort.connection, cohort.ids, cohort.now)
        found = matches(cohort.connection, sorted({one for each in searches.values() for one in each}))
        self._lists = {
            who: list(dict.fromkeys(product_id for one in each for product_id in found[one]))
            for who, each in searches.items()
        }

    def candidates(self, who: Wanted) -> Sequence[str]:
        return self._lists.get(who.customer_id, ())

    def because(self, _who: Wanted, _product_id: str) -> Because:
        return Because("Fits what you searched for")
