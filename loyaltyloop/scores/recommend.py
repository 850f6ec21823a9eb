"""Products for a cohort, each with a reason: from the sources in order, past what is never shown.

The same database and the same `now` give the same picks: lists are ordered to the last tie by product id,
and what is counted over all customers is counted once (see figures.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection

from loyaltyloop.journey.model import Recommend, Shop
from loyaltyloop.journey.model import Source as Word
from loyaltyloop.scores import history
from loyaltyloop.scores.shelf import Shelf
from loyaltyloop.scores.sources import SOURCES, Because, Cohort, Source
from loyaltyloop.scores.wanted import Pick as Pick
from loyaltyloop.scores.wanted import Wanted as Wanted
from loyaltyloop.scores.wanted import as_value as as_value

# `best` until a mix is learned: at most half from one of these, and then whatever is left of them.
MIX: tuple[Word, ...] = (
    "repeat",
    "bought_together",
    "favourite_category",
    "trending",
    "popular_here",
    "bestsellers",
)
_BATCH = 5000
_WINDOW = 50  # candidates of a list that are looked up at once


def recommend(
    connection: Connection, customers: Sequence[Wanted], spec: Recommend, shop: Shop, now: datetime
) -> dict[int, list[Pick]]:
    """Enrolment → its picks, at most `spec.products`, maybe fewer than `spec.at_least` or none."""
    shelf = Shelf(connection, shop, spec.where, now)
    found: dict[int, list[Pick]] = {}
    for start in range(0, len(customers), _BATCH):
        cohort = Cohort(connection, customers[start : start + _BATCH], now)
        found.update(_Counter(cohort, spec, shop, shelf).serve())
    return found


def plan_of(spec: Recommend) -> list[tuple[Word, int]]:
    """The sources in order, and up to how many products in all each may fill: `best` mixes."""
    plan: list[tuple[Word, int]] = []
    half = (spec.products + 1) // 2
    for word in (*spec.sources, *spec.fallback):
        if word == "best":
            plan += [(one, half) for one in MIX]
            plan += [(one, spec.products) for one in MIX]
        else:
            plan.append((word, spec.products))
    return plan


class _Counter:
    """Where one cohort is served: its sources, and what each customer must not be shown.

    A source is asked for those alone who have too little when its turn comes.
    """

    def __init__(self, cohort: Cohort, spec: Recommend, shop: Shop, shelf: Shelf) -> None:
        self._cohort, self._spec, self._shelf = cohort, spec, shelf
        self._sources: dict[Word, Source] = {}
        self._barred = _barred(cohort, spec)
        self._bought = _bought(cohort, spec, shop)
        self._in_basket = _in_basket(cohort, spec)

    def serve(self) -> dict[int, list[Pick]]:
        """Enrolment → its picks."""
        taken: dict[int, dict[str, Word]] = {who.enrolment_id: {} for who in self._cohort.people}
        needy = self._cohort.people
        for word, most in plan_of(self._spec):
            needy = [who for who in needy if len(taken[who.enrolment_id]) < self._spec.products]
            if needy:
                self._ask(word, most, needy, taken)
        return self._with_reasons(taken)

    def _ask(self, word: Word, most: int, needy: Sequence[Wanted], taken: dict[int, dict[str, Word]]) -> None:
        if word not in self._sources:
            self._sources[word] = SOURCES[word](replace(self._cohort, people=needy))
            self._shelf.load(_likely(self._sources[word], needy))
        for who in needy:
            own = taken[who.enrolment_id]
            room = min(most, self._spec.products - len(own))
            own.update(dict.fromkeys(islice(self._suitable(word, who, own), room), word))

    def _with_reasons(self, taken: Mapping[int, Mapping[str, Word]]) -> dict[int, list[Pick]]:
        chosen = {
            who.enrolment_id: [
                (one, word, self._sources[word].because(who, one))
                for one, word in taken[who.enrolment_id].items()
            ]
            for who in self._cohort.people
        }
        seeds = {because.seed for picks in chosen.values() for _, _, because in picks if because.seed}
        self._shelf.load(sorted(seeds))
        return {key: [self._pick(*one) for one in picks] for key, picks in chosen.items()}

    def _suitable(self, word: Word, who: Wanted, taken: Mapping[str, Word]) -> Iterator[str]:
        """Candidates of a source that this customer may be shown, best first."""
        candidates = self._sources[word].candidates(who)
        markets = self._shelf.markets_of(who.country)
        barred = self._barred.get(who.customer_id, ())
        had = self._had(word, who)
        for start in range(0, len(candidates), _WINDOW):
            some = candidates[start : start + _WINDOW]
            self._shelf.load(some)
            for one in some:
                if one in taken or one in barred or one in had:
                    continue
                if self._shelf.offers(one, markets):
                    yield one

    def _had(self, word: Word, who: Wanted) -> Collection[str]:
        """What the customer has, or is about to have: of a source that is not about just that."""
        if word == "cart":
            return ()
        bought = () if word == "repeat" else self._bought.get(who.customer_id, ())
        in_basket = self._in_basket.get(who.customer_id)
        return {*bought, *in_basket} if in_basket else bought

    def _pick(self, product_id: str, word: Word, because: Because) -> Pick:
        name = self._shelf.name(because.seed) if because.seed else ""
        text = because.nameless if because.seed and not name else because.text.replace("{name}", name)
        return Pick(product_id, text, word)


def _likely(source: Source, people: Sequence[Wanted]) -> list[str]:
    """What of a source will be looked at first, to be read at once."""
    lists = [source.candidates(who) for who in people]
    each = {id(one): one for one in lists}.values()  # many share a list
    return sorted({product_id for one in each for product_id in one[:_WINDOW]})


def _barred(cohort: Cohort, spec: Recommend) -> dict[int, set[str]]:
    """What was returned, or shown too often: of no source."""
    barred: dict[int, set[str]] = {}
    if "returned" in spec.exclude:
        barred = history.returned(cohort.connection, cohort.ids)
    if "shown" in spec.exclude:
        for who, seen in history.shown(cohort.connection, cohort.ids, cohort.now).items():
            barred[who] = barred.get(who, set()) | seen
    return barred


def _in_basket(cohort: Cohort, spec: Recommend) -> dict[int, list[str]]:
    """What lies in the basket: of every source but `cart`."""
    return history.baskets(cohort.connection, cohort.ids, cohort.now) if "cart" in spec.exclude else {}


def _bought(cohort: Cohort, spec: Recommend, shop: Shop) -> dict[int, set[str]]:
    """What was bought lately: of every source but `repeat` and `cart`."""
    if "bought" not in spec.exclude:
        return {}
    since = spec.bought_within.before(cohort.now, shop.timezone)
    return history.bought(cohort.connection, cohort.ids, since)
