"""Why a product is not for a customer: one rule each, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from loyaltyloop.journey.model import Source


class Why(StrEnum):
    """In words for whoever asks why something is not shown."""

    RETURNED = "they sent it back"
    SHOWN = "shown three times within 30 days"
    BOUGHT = "bought lately"
    OWNED = "bought before"
    IN_BASKET = "in their basket"
    UNKNOWN = "not in the catalogue"
    STOCK = "out of stock"
    INCOMPLETE = "without a name, picture or price"
    WHERE = "not as the step's `where` says"
    MARKET = "not sold in their market"
    SIZE = "not in their size"
    PRICE = "far from what they usually pay"


class Band(NamedTuple):
    """What may be paid, in minor units of the shop's currency, the edges included."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Shopper:
    """What a product must fit. `sizes`: attribute → the customer's, in small letters."""

    markets: frozenset[str]
    sizes: Mapping[str, frozenset[str]]
    band: Band | None


@dataclass(frozen=True, slots=True)
class Good:
    """A product as far as offering it goes. `amiss`: why nobody is offered it.

    `markets` None: sold everywhere. `price`: in minor units of the shop's currency, where it is known.
    `sizes`: attribute → those that it comes in, in small letters.
    """

    name: str
    amiss: Why | None
    markets: frozenset[str] | None = None
    price: int | None = None
    sizes: Mapping[str, frozenset[str]] | None = None

    def refusal(self, shopper: Shopper, word: Source) -> Why | None:
        """Why this customer is not offered it by that source; None: they are."""
        if self.amiss is not None:
            return self.amiss
        if self.markets is not None and not self.markets & shopper.markets:
            return Why.MARKET
        if self.sizes and shopper.sizes and word not in _THEIRS and self._too_small(shopper.sizes):
            return Why.SIZE
        band = shopper.band
        if band is not None and self.price is not None and word not in _ASKED_FOR:
            return None if band.low <= self.price <= band.high else Why.PRICE
        return None

    def _too_small(self, theirs: Mapping[str, frozenset[str]]) -> bool:
        """Does it come in sizes, and in none of the customer's?"""
        assert self.sizes is not None
        return any(name in theirs and not fits & theirs[name] for name, fits in self.sizes.items())


# What the customer chose once takes no rule of ours: maybe it is for somebody else.
_THEIRS: frozenset[Source] = frozenset({"repeat", "cart"})
_ASKED_FOR: frozenset[Source] = _THEIRS | {"viewed"}


class Own(NamedTuple):
    """What one customer has done with products, and what they must fit."""

    shopper: Shopper
    bought: Collection[str] = ()
    in_basket: Collection[str] = ()
    returned: Collection[str] = ()
    shown: Collection[str] = ()
    owned: Collection[str] = ()

    def refusal(self, product_id: str, word: Source) -> Why | None:
        """Why they are not shown it by that source, whatever it is."""
        if product_id in self.returned:
            return Why.RETURNED
        if product_id in self.shown:
            return Why.SHOWN
        if product_id in self.owned:
            return Why.OWNED
        if word != "cart":
            if product_id in self.in_basket:
                return Why.IN_BASKET
            if word != "repeat" and product_id in self.bought:
                return Why.BOUGHT
        return None
