"""Sources of what goes with, or is like, products that a customer has or has before the eyes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import chain

from loyaltyloop.scores.recommending import history
from loyaltyloop.scores.recommending.affinity import Neighbours, blend
from loyaltyloop.scores.recommending.likeness import Likeness, describe
from loyaltyloop.scores.recommending.source import Because, Cohort, Source
from loyaltyloop.scores.recommending.wanted import Wanted, trigger_products

MOST_TOGETHER = 40
LATEST_LOOKS = 10  # older ones say little of what they look for now


class Together(Source):
    """Nearest to products that somebody has, or has before the eyes. `because`: with a seed, and without."""

    def __init__(
        self,
        profiles: Mapping[int, Sequence[str]],
        near: Mapping[str, Neighbours],
        because: tuple[str, str],
    ) -> None:
        self._profiles = {key: frozenset(profile) for key, profile in profiles.items()}
        self._text, self._nameless = because
        self._seeds = _seeds(near)
        blended = blend(list(profiles.values()), near, MOST_TOGETHER)
        self._lists = {key: [one for one, _ in found] for key, found in zip(profiles, blended, strict=True)}

    def candidates(self, who: Wanted) -> Sequence[str]:
        return self._lists.get(who.enrolment_id, ())

    def because(self, who: Wanted, product_id: str) -> Because:
        profile = self._profiles[who.enrolment_id]
        seed = next(one for one in self._seeds[product_id] if one in profile)
        return Because(self._text, seed, self._nameless)


def _seeds(near: Mapping[str, Neighbours]) -> dict[str, list[str]]:
    """Each product: whose neighbour it is, the nearest first, ties by id."""
    weighed: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for one, others in near.items():
        for other, weight in others:
            weighed[other].append((-weight, one))
    return {other: [one for _, one in sorted(ones)] for other, ones in weighed.items()}


class Alike(Source):
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


def with_last_orders(cohort: Cohort) -> Source:
    """Bought together with the products of their last orders."""
    baskets = history.last_baskets(cohort.connection, cohort.ids, cohort.now)
    profiles = {who.enrolment_id: baskets.get(who.customer_id, []) for who in cohort.people}
    return Together(
        profiles, _near(cohort, profiles), ("Goes with your {name}", "Goes with what you have chosen")
    )


def with_trigger(cohort: Cohort) -> Source:
    """Bought together with the products of what they entered by."""
    profiles = {who.enrolment_id: trigger_products(who.trigger) for who in cohort.people}
    often = ("Often bought with your {name}", "Often bought with what you have chosen")
    return Together(profiles, _near(cohort, profiles), often)


def with_looks(cohort: Cohort) -> Source:
    """Looked at by the same people on the same day as what they looked at; else bought together with it."""
    looks = history.viewed(cohort.connection, cohort.ids, cohort.now)
    profiles = {who.enrolment_id: looks.get(who.customer_id, [])[:LATEST_LOOKS] for who in cohort.people}
    given = _all_of(profiles)
    near: dict[str, Neighbours] = cohort.figures("looked", given)
    near |= cohort.figures("together", [one for one in given if one not in near])
    return Together(profiles, near, ("Goes with {name}", "Goes with what you looked at"))


def _near(cohort: Cohort, profiles: Mapping[int, Sequence[str]]) -> dict[str, Neighbours]:
    return cohort.figures("together", _all_of(profiles))


def _all_of(profiles: Mapping[int, Sequence[str]]) -> list[str]:
    return sorted(set(chain(*profiles.values())))
