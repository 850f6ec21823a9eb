"""Where recommended products come from: one class a kind of source, one line a word of the language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain

from loyaltyloop.journey.model import Source as Word
from loyaltyloop.scores.recommending import companions, history, wishes
from loyaltyloop.scores.recommending.counting import Kind
from loyaltyloop.scores.recommending.likeness import named
from loyaltyloop.scores.recommending.source import Because, Cohort, Source, bought_on, popular_in
from loyaltyloop.scores.recommending.wanted import Wanted


class Habits(Source):
    """What they buy regularly."""

    def __init__(self, cohort: Cohort) -> None:
        self._days = history.habits(cohort.connection, cohort.ids, cohort.now)
        self._lists = {who: list(products) for who, products in self._days.items()}

    def candidates(self, who: Wanted) -> Sequence[str]:
        return self._lists.get(who.customer_id, ())

    def because(self, who: Wanted, product_id: str) -> Because:
        return bought_on(self._days[who.customer_id][product_id])


class ForAll(Source):
    """The same list for everybody."""

    def __init__(self, cohort: Cohort, kind: Kind, text: str) -> None:
        self._products: list[str] = cohort.figures(kind).get("", [])
        self._because = Because(text)

    def candidates(self, _who: Wanted) -> Sequence[str]:
        return self._products

    def because(self, _who: Wanted, _product_id: str) -> Because:
        return self._because


class Here(Source):
    """Popular in the customer's country."""

    def __init__(self, cohort: Cohort) -> None:
        countries = sorted({who.country for who in cohort.people if who.country})
        self._lists: dict[str, list[str]] = cohort.figures("popular_here", countries)

    def candidates(self, who: Wanted) -> Sequence[str]:
        return self._lists.get(who.country or "", ())

    def because(self, who: Wanted, _product_id: str) -> Because:
        return popular_in(who.country or "")


class Favourites(Source):
    """Popular in the category that the customer buys most of."""

    def __init__(self, cohort: Cohort) -> None:
        self._category = history.favourite_categories(cohort.connection, cohort.ids)
        self._lists: dict[str, list[str]] = cohort.figures("category", sorted(set(self._category.values())))

    def candidates(self, who: Wanted) -> Sequence[str]:
        return self._lists.get(self._category.get(who.customer_id, ""), ())

    def because(self, who: Wanted, _product_id: str) -> Because:
        return Because(f"Popular in {self._category[who.customer_id]}")


class Arrivals(Source):
    """What is new: first what is like their own things, of their category and by the words of its name."""

    def __init__(self, cohort: Cohort) -> None:
        self._products: list[str] = cohort.figures("new").get("", [])
        self._category = history.favourite_categories(cohort.connection, cohort.ids)
        self._described = named(cohort.connection, self._products)
        baskets = history.last_baskets(cohort.connection, cohort.ids, cohort.now) if self._products else {}
        own = named(cohort.connection, {one for basket in baskets.values() for one in basket})
        self._words = {
            who: frozenset(chain.from_iterable(own[one].words for one in basket))
            for who, basket in baskets.items()
        }

    def candidates(self, who: Wanted) -> Sequence[str]:
        category = self._category.get(who.customer_id)
        words = self._words.get(who.customer_id, frozenset())
        if category is None and not words:
            return self._products
        ranked = sorted(
            (one.category is None or one.category != category, -len(one.words & words), place)
            for place, one in enumerate(self._described[each] for each in self._products)
        )
        return [self._products[place] for _, _, place in ranked]

    def because(self, who: Wanted, product_id: str) -> Because:
        category = self._described[product_id].category
        theirs = category is not None and category == self._category.get(who.customer_id)
        return Because(f"New in {category}" if theirs else "New in the shop")


SOURCES: Mapping[Word, Callable[[Cohort], Source]] = {
    "repeat": Habits,
    "bought_together": companions.with_last_orders,
    "with_trigger": companions.with_trigger,
    "similar_to_trigger": companions.Alike,
    "favourite_category": Favourites,
    "popular_here": Here,
    "trending": lambda cohort: ForAll(cohort, "trending", "In demand right now"),
    "bestsellers": lambda cohort: ForAll(cohort, "bestsellers", "One of our best sellers"),
    "new": Arrivals,
    "viewed": wishes.Viewed,
    "viewed_together": companions.with_looks,
    "searched": wishes.Searched,
    "cart": wishes.InBasket,
}

# What a source reads that is counted over all customers; turns have it counted ahead.
READS: Mapping[Word, tuple[Kind, ...]] = {
    "bought_together": ("together",),
    "with_trigger": ("together",),
    "favourite_category": ("category",),
    "popular_here": ("popular_here",),
    "trending": ("trending",),
    "bestsellers": ("bestsellers",),
    "new": ("new",),
    "viewed_together": ("looked", "together"),
}
