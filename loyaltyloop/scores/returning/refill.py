"""Refill: in how many days a customer needs something again that they have bought.

For each product that a customer has bought: the middle of the time from the last purchase to the next, and
the chance that they buy it again at all. Both come from `cure.py`; where the customer's own intervals for
that product are known, the middle moves towards them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from loyaltyloop.scores.models.artifact import pack, unpack
from loyaltyloop.scores.models.learners import Known
from loyaltyloop.scores.purchases.past import Bools, Floats, Longs, Past
from loyaltyloop.scores.returning.cure import Cure
from loyaltyloop.scores.returning.spells import TRAITS, Spells, spells_of

LEAST = 0.2  # chance to buy it again: of what is less sure nobody is reminded
_DIGITS = 1
_BY_PRODUCT = ("middle", "own_odds")
_BY_CATEGORY = ("category_middle", "category_odds")
_WEIGHTS = ("middle_weights", "odds_weights")
_SINGLE = ("shop_middle", "spread", "shop_odds")


@dataclass(frozen=True, eq=False)
class Needs:
    """What each customer may need again, ordered by (customer, product): an entry a product once bought.

    `who`, `what`: places in the past's customers and products; `waited`: days since the last purchase;
    `middle`, `spread`: of the log of the days from that to the next, if there is one; `again`: the chance
    that there is one, as of now.
    """

    who: Longs
    what: Longs
    waited: Floats
    middle: Floats
    spread: Floats
    again: Floats

    @property
    def due(self) -> Floats:
        """In how many days it is needed: half of those who buy it again have by then; below 0: overdue."""
        return np.exp(self.middle) - self.waited

    def within(self, days: float) -> Floats:
        """The chance that it is bought within so many days from now."""
        now, then = (_waiting(waited, self) for waited in (self.waited, self.waited + days))
        found: Floats = self.again * (1 - then / np.maximum(now, 1e-12))
        return found


@dataclass(frozen=True, eq=False)
class Refill:
    """Fitted. `products`, `categories`: the names of the places in `cure`; `steady`: how many intervals of a
    customer's own count as much as what the product says.
    """

    cure: Cure
    products: tuple[str, ...]
    categories: tuple[str, ...]
    steady: float

    def pack(self) -> bytes:
        arrays = {
            name: np.asarray(getattr(self.cure, name)) for name in (*_BY_PRODUCT, *_BY_CATEGORY, *_WEIGHTS)
        }
        single = [*(getattr(self.cure, name) for name in _SINGLE), self.steady]
        document = {"products": list(self.products), "categories": list(self.categories)}
        return pack({**arrays, "single": np.array(single)}, document)

    def needs(self, known: Known) -> Needs:
        """Of all customers, as of `known.past.as_of`."""
        spells = spells_of(known.past)
        middle, odds = self._parts(known)
        middles = middle[spells.what] + np.einsum("ij,j->i", spells.traits, self.cure.middle_weights)
        own, number = self._own(spells, middles)
        now = spells.only(spells.open)
        shares = number / (number + self.steady)
        waiting = Needs(
            who=now.who,
            what=now.what,
            waited=now.days,
            middle=middles[spells.open] + own,
            spread=self.cure.spread * np.sqrt(1 - shares / (1 + self.steady / 2)),
            again=_chance(odds[now.what] + np.einsum("ij,j->i", now.traits, self.cure.odds_weights)),
        )
        return _still(waiting)

    def score(self, known: Known, lines: Bools | None = None) -> Floats:
        """Days until each customer needs what they are surest to buy again, 0 overdue; nan: nothing.

        `lines`: of what was bought in these lines of the past; of who has none of them, of all.
        """
        needs = self.needs(known)
        found = np.full(len(known.past.customers), np.nan)
        asked = np.True_ if lines is None else _asked(needs, known.past, lines)
        sure = np.flatnonzero((needs.again >= LEAST) & asked)
        whose, due = _surest(needs.who[sure], np.round(needs.again[sure], 6), needs.due[sure])
        found[whose] = np.maximum(due, 0)
        return np.round(found, _DIGITS)

    def _parts(self, known: Known) -> tuple[Floats, Floats]:
        """The middle and the log-odds of each product of this past, by what is known of it."""
        cure = self.cure
        places = {name: place for place, name in enumerate(self.products)}
        kinds = {name: place for place, name in enumerate(self.categories)}
        product = np.array([places.get(name, -1) for name in known.past.products], np.int64)
        kind = np.array([kinds.get(name or "", -1) for name in known.catalogue.categories], np.int64)
        middle = np.append(cure.category_middle, cure.shop_middle)[kind]
        odds = cure.shop_odds + np.append(cure.category_odds, 0.0)[kind]
        middle = np.where(product < 0, middle, np.append(cure.middle, 0.0)[product])
        return middle, odds + np.append(cure.own_odds, 0.0)[product]

    def _own(self, spells: Spells, middles: Floats) -> tuple[Floats, Floats]:
        """Of each open spell: how the customer's own intervals differ from others', and their number."""
        apart = np.where(spells.ended, np.log(spells.days) - middles, 0.0)
        pairs = int(spells.open.sum())
        number = np.bincount(spells.pair, spells.ended, pairs).astype(np.float64)
        return np.bincount(spells.pair, apart, pairs) / (number + self.steady), number


def read_refill(content: bytes) -> Refill:
    """What `pack` gave. ValueError for anything else."""
    arrays, document = unpack(content)
    try:
        *single, steady = arrays["single"].tolist()
        named = {name: arrays[name] for name in (*_BY_PRODUCT, *_BY_CATEGORY, *_WEIGHTS)}
        shop_middle, spread, shop_odds = single
        cure = Cure(**named, shop_middle=shop_middle, spread=spread, shop_odds=shop_odds)
        found = Refill(cure, tuple(document["products"]), tuple(document["categories"]), steady)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"no model of what is needed again: {error}") from error
    shapes = [(getattr(cure, name).shape, (len(found.products),)) for name in _BY_PRODUCT]
    shapes += [(getattr(cure, name).shape, (len(found.categories),)) for name in _BY_CATEGORY]
    shapes += [(getattr(cure, name).shape, (TRAITS,)) for name in _WEIGHTS]
    if any(there != meant for there, meant in shapes):
        raise ValueError("no model of what is needed again: its columns do not match")
    return found


def _asked(needs: Needs, past: Past, lines: Bools) -> Bools:
    """Which needs are of what was bought in these lines, or of somebody who has none of them."""
    width = max(1, len(past.products))
    pairs = past.who[lines].astype(np.int64) * width + past.what[lines]
    narrowed = np.zeros(len(past.customers), np.bool_)
    narrowed[past.who[lines]] = True
    return ~narrowed[needs.who] | np.isin(needs.who * width + needs.what, pairs)


def _surest(who: Longs, again: Floats, due: Floats) -> tuple[Longs, Floats]:
    """Each customer's once, and when the surest of what is theirs is due, of equals the first; in order."""
    if not len(who):
        return who, due
    starts = np.flatnonzero(np.append(True, np.diff(who) != 0))
    most = np.repeat(np.maximum.reduceat(again, starts), np.diff(np.append(starts, len(who))))
    return who[starts], np.minimum.reduceat(np.where(again == most, due, np.inf), starts)


def _still(needs: Needs) -> Needs:
    """With the chance as it is now that so much time has gone by."""
    left = needs.again * _waiting(needs.waited, needs)
    again = left / (1 - needs.again + left)
    return Needs(needs.who, needs.what, needs.waited, needs.middle, needs.spread, again)


def _waiting(days: Floats, needs: Needs) -> Floats:
    """The share of those who buy again that have not after so many days."""
    from scipy.special import ndtr

    found: Floats = ndtr(-(np.log(days) - needs.middle) / needs.spread)
    return found


def _chance(odds: Floats) -> Floats:
    from scipy.special import expit

    found: Floats = expit(odds)
    return found
