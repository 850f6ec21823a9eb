"""Where recommended products come from: one class a kind of source, one line a word of the language."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import chain
from typing import Any, Protocol

from sqlalchemy import Connection

from loyaltyloop.journey.model import Source as Word
from loyaltyloop.scores import history
from loyaltyloop.scores.affinity import Neighbours, blend
from loyaltyloop.scores.counting import Kind
from loyaltyloop.scores.figures import read_figures
from loyaltyloop.scores.likeness import Likeness, describe
from loyaltyloop.scores.places import place_name
from loyaltyloop.scores.wanted import Wanted, trigger_products

MOST_TOGETHER = 40


@dataclass(frozen=True, slots=True)
class Because:
    """The reason for a product. `text` names another product as `{name}` where `seed` is one."""

    text: str
    seed: str | None = None
    nameless: str = ""  # the text where the seed's name is not known


class Source(Protocol):
    """Products for each of a cohort, best first."""

    def candidates(self, who: Wanted, /) -> Sequence[str]:
        """Ids of products, best first."""
        ...

    def because(self, who: Wanted, product_id: str, /) -> Because:
        """Why this candidate."""
        ...


@dataclass(frozen=True)
class Cohort:
    """For whom a source is asked, and as of when."""

    connection: Connection
    people: Sequence[Wanted]
    now: datetime

    @cached_property
    def ids(self) -> list[int]:
        """The customers, each once."""
        return sorted({who.customer_id for who in self.people})

    def figures(self, kind: Kind, keys: Sequence[str] = ("",)) -> dict[str, Any]:
        """Lists that are counted once a day or week."""
        return read_figures(self.connection, kind, self.now, keys)


class Habits:
    """What they buy regularly."""

    def __init__(self, cohort: Cohort) -> None:
        self._days = history.habits(cohort.connection, cohort.ids, cohort.now)
        self._lists = {who: list(products) for who, products in self._days.items()}

    def candidates(self, who: Wanted) -> Sequence[str]:
        return self._lists.get(who.customer_id, ())

    def because(self, who: Wanted, product_id: str) -> Because:
        days = self._days[who.customer_id][product_id]
        return Because("You have bought this twice" if days == 2 else f"You have bought this {days} times")


class ForAll:
    """The same list for everybody."""

    def __init__(self, cohort: Cohort, kind: Kind, text: str) -> None:
        self._products: list[str] = cohort.figures(kind).get("", [])
        self._because = Because(text)

    def candidates(self, _who: Wanted) -> Sequence[str]:
        return self._products

    def because(self, _who: Wanted, _product_id: str) -> Because:
        return self._because


class Here:
    """Popular in the customer's country."""

    def __init__(self, cohort: Cohort) -> None:
        countries = sorted({who.country for who in cohort.people if who.country})
        self._lists: dict[str, list[str]] = cohort.figures("popular_here", countries)

    def candidates(self, who: Wanted) -> Sequence[str]:
        return self._lists.get(who.country or "", ())

    def because(self, who: Wanted, _product_id: str) -> Because:
        return Because(f"Popular in {place_name(who.country or '')} this season")


class Favourites:
    """Popular in the category that the customer buys most of."""

    def __init__(self, cohort: Cohort) -> None:
        self._category = history.favourite_categories(cohort.connection, cohort.ids)
        self._lists: dict[str, list[str]] = cohort.figures("category", sorted(set(self._category.values())))

    def candidates(self, who: Wanted) -> Sequence[str]:
        return self._lists.get(self._category.get(who.customer_id, ""), ())

    def because(self, who: Wanted, _product_id: str) -> Because:
        return Because(f"Popular in {self._category[who.customer_id]}")


class Viewed:
    """What they looked at."""

    def __init__(self, cohort: Cohort) -> None:
        self._lists = history.viewed(cohort.connection, cohort.ids, cohort.now)

    def candidates(self, who: Wanted) -> Sequence[str]:
        return self._lists.get(who.customer_id, ())

    def because(self, _who: Wanted, _product_id: str) -> Because:
        return Because("You looked at this lately")


class InBasket:
    """What lies in their basket."""

    def __init__(self, cohort: Cohort) -> None:
        self._lists = history.baskets(cohort.connection, cohort.ids, cohort.now)

    def candidates(self, who: Wanted) -> Sequence[str]:
        return self._lists.get(who.customer_id, ())

    def because(self, _who: Wanted, _product_id: str) -> Because:
        return Because("In your basket")


class Together:
    """Bought together with products that a customer has, or has before the eyes."""

    def __init__(self, cohort: Cohort, profiles: Mapping[int, Sequence[str]], goes: str) -> None:
        self._profiles = {key: frozenset(profile) for key, profile in profiles.items()}
        self._goes = goes
        near: dict[str, Neighbours] = cohort.figures("together", sorted(set(chain(*profiles.values()))))
        self._seeds = _seeds(near)
        blended = blend(list(profiles.values()), near, MOST_TOGETHER)
        self._lists = {key: [one for one, _ in found] for key, found in zip(profiles, blended, strict=True)}

    def candidates(self, who: Wanted) -> Sequence[str]:
        return self._lists.get(who.enrolment_id, ())

    def because(self, who: Wanted, product_id: str) -> Because:
        profile = self._profiles[who.enrolment_id]
        seed = next(one for one in self._seeds[product_id] if one in profile)
        return Because(self._goes + " your {name}", seed, self._goes + " what you have chosen")


def _seeds(near: Mapping[str, Neighbours]) -> dict[str, list[str]]:
    """Each product: whose neighbour it is, the nearest first, ties by id."""
    weighed: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for one, others in near.items():
        for other, weight in others:
            weighed[other].append((-weight, one))
    return {other: [one for _, one in sorted(ones)] for other, ones in weighed.items()}


class Alike:
    """Like the products of what was entered by."""

    def __init__(self, cohort: Cohort) -> None:
        self._triggers = {who.enrolment_id: trigger_products(who.trigger) for who in cohort.people}
        given = sorted(set(chain.from_iterable(self._triggers.values())))
        described = describe(cohort.connection, given) if given else {}
        likeness = Likeness(described)
        self._like = {one: likeness.of(one) for one in given if one in described}
        self._lists = {key: self._unlike_own(own) for key, own in self._triggers.items()}

    def _unlike_own(self, own: Sequence[str]) -> list[str]:
        found = dict.fromkeys(chain.from_iterable(self._like.get(one, ()) for one in own))
        return [one for one in found if one not in own]

    def candidates(self, who: Wanted) -> Sequence[str]:
        return self._lists[who.enrolment_id]

    def because(self, who: Wanted, product_id: str) -> Because:
        own = self._triggers[who.enrolment_id]
        seed = next(one for one in own if product_id in self._like.get(one, ()))
        return Because("Similar to {name}", seed, "Similar to what you have chosen")


def _with_last_orders(cohort: Cohort) -> Source:
    baskets = history.last_baskets(cohort.connection, cohort.ids)
    profiles = {who.enrolment_id: baskets.get(who.customer_id, []) for who in cohort.people}
    return Together(cohort, profiles, "Goes with")


def _with_trigger(cohort: Cohort) -> Source:
    profiles = {who.enrolment_id: trigger_products(who.trigger) for who in cohort.people}
    return Together(cohort, profiles, "Often bought with")


SOURCES: Mapping[Word, Callable[[Cohort], Source]] = {
    "repeat": Habits,
    "bought_together": _with_last_orders,
    "with_trigger": _with_trigger,
    "similar_to_trigger": Alike,
    "favourite_category": Favourites,
    "popular_here": Here,
    "trending": lambda cohort: ForAll(cohort, "trending", "In demand right now"),
    "bestsellers": lambda cohort: ForAll(cohort, "bestsellers", "One of our best sellers"),
    "new": lambda cohort: ForAll(cohort, "new", "New in the shop"),
    "viewed": Viewed,
    "cart": InBasket,
}
