"""Baskets as they are now: a pure fold over a customer's cart events, by event time, however they came.

A customer may have several baskets, by `cart_id`. The one that was told of last is *the* basket, be it empty
by now: an older one does not come back when a newer one is emptied. A basket that nobody told of for
`facts.BASKET_LIFE` is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from loyaltyloop.journey.conditions.facts import BASKET_LIFE
from loyaltyloop.store.canonical import Refused
from loyaltyloop.store.orders.amounts import LARGEST, Exchange
from loyaltyloop.store.orders.basket_lines import (
    Catalogue,
    Line,
    currency_of,
    is_of_shop,
    items_of,
    keys_of,
    read_line,
    together,
    without,
)
from loyaltyloop.store.orders.orders import products_of
from loyaltyloop.store.segment import read_id

ADDED = ("Product Added", "Wishlist Product Added to Cart")
REMOVED = "Product Removed"
WHOLE = ("Cart Viewed", "Checkout Started")  # tell all that is in a basket
ORDERED = "Order Completed"
# Of events of one instant: what is put in comes before what is told of the whole, the order last.
_RANKS = {name: rank for rank, name in enumerate((*ADDED, REMOVED, *WHOLE, ORDERED))}
EVENTS = frozenset(_RANKS)


class CartEvent(NamedTuple):
    """An event that says something about a basket. `public`: anybody may have sent it."""

    name: str
    at: datetime
    message_id: str
    properties: Mapping[str, Any]
    public: bool = False

    @property
    def place(self) -> tuple[datetime, int, str, bool]:
        """Where it stands among the customer's others."""
        return self.at, _RANKS[self.name], self.message_id, self.public


@dataclass(frozen=True)
class BasketState:
    """One basket of a customer. `stated`: its value as last told with the whole of it, in minor units.

    `checkouts`: the checkouts and orders that were begun with it, as `checkout:ID` and `order:ID`.
    """

    cart_id: str
    products: tuple[Line, ...]
    stated: int | None
    currency: str
    url: str | None
    checkouts: tuple[str, ...]
    began_at: datetime
    updated_at: datetime

    @property
    def quantity(self) -> int:
        """How many pieces."""
        return sum(line["quantity"] for line in self.products)

    def value(self, exchange: Exchange) -> int | None:
        """What its products come to, in minor units; as it was told where a price is not known."""
        prices = [(exchange.minor(line.get("price"), None), line["quantity"]) for line in self.products]
        total = sum(price * pieces for price, pieces in prices if price is not None)
        known = all(price is not None for price, _ in prices) and total < LARGEST
        return total if known else self.stated

    @property
    def names(self) -> frozenset[str]:
        """What an order may call it by."""
        return frozenset((f"cart:{self.cart_id}", *self.checkouts))


# By cart_id (empty: told without one); the last is the one that was told of last.
Baskets = dict[str, BasketState]


def fold(events: Iterable[CartEvent], exchange: Exchange, catalogue: Catalogue) -> Baskets:
    """A customer's baskets after all of these events."""
    return after({}, events, exchange, catalogue)


def after(
    baskets: Mapping[str, BasketState],
    events: Iterable[CartEvent],
    exchange: Exchange,
    catalogue: Catalogue,
    host: str = "",
) -> Baskets:
    """These baskets after some more events, all of which happened later than what they were told by.

    `host`: the shop's own, without www.
    """
    found = dict(baskets)
    teller = _Teller(found, exchange, catalogue, host)
    for event in sorted(events, key=lambda one: one.place):
        for name in [name for name, one in found.items() if event.at - one.updated_at > BASKET_LIFE]:
            del found[name]
        teller.tell(event)
    return found


class _Teller:
    """What each event makes of the baskets."""

    def __init__(self, baskets: Baskets, exchange: Exchange, catalogue: Catalogue, host: str) -> None:
        self._baskets, self._exchange, self._catalogue, self._host = baskets, exchange, catalogue, host

    def tell(self, event: CartEvent) -> None:
        match event.name:
            case "Order Completed":
                self._order(event)
            case "Product Removed":
                self._remove(event)
            case "Cart Viewed" | "Checkout Started":
                self._whole(event)
            case _:
                self._add(event)

    def _add(self, event: CartEvent) -> None:
        own = self._open(event)
        lines = together([*own.products, *self._lines(event)])
        self._put(own, event, products=lines, stated=None)

    def _remove(self, event: CartEvent) -> None:
        own = self._baskets.get(self._which(event))
        if own is None:
            return
        lines = list(own.products)
        for item in items_of(event.properties):
            lines = without(lines, item)
        if lines != list(own.products):
            self._put(own, event, products=tuple(lines), stated=None)

    def _whole(self, event: CartEvent) -> None:
        listed = products_of(event.properties)
        if listed is None and self._which(event) not in self._baskets:
            return  # there is a basket, and nothing is known of it
        own = self._open(event)
        said: dict[str, Any] = {}
        if listed is not None:
            stated = self._exchange.minor(event.properties.get("value"), currency_of(event.properties))
            known = stated is not None and stated >= 0
            said = {"products": together(self._lines(event)), "stated": stated if known else None}
        url = event.properties.get("url")
        if isinstance(url, str) and (not event.public or is_of_shop(url.strip(), self._host)):
            said["url"] = url.strip() or own.url
        begun = tuple(_begun(event.properties)) if event.name == "Checkout Started" else ()
        self._put(own, event, checkouts=tuple(dict.fromkeys((*own.checkouts, *begun))), **said)

    def _order(self, event: CartEvent) -> None:
        """It empties the basket that it names, and each that one of its products lies in.

        An order that names none and lists no products empties all; one of other products leaves a basket.
        """
        cart = _id(event.properties, "cart")
        names = {*_begun(event.properties), *(() if cart is None else (f"cart:{cart}",))}
        bought = {key for item in items_of(event.properties) for key in keys_of(item)}
        named = [one for one in self._baskets.values() if one.names & names]
        for own in list(self._baskets.values()):
            shares = any(key in bought for line in own.products for key in keys_of(line))
            if own in named or shares or not (named or bought):
                # In its place: whoever buys out of one basket has not turned away from a later one.
                self._baskets[own.cart_id] = replace(own, products=(), stated=None, url=None, checkouts=())

    def _which(self, event: CartEvent) -> str:
        """The basket that it speaks of; without an id that whose checkout it is, else the last."""
        cart = _id(event.properties, "cart")
        if cart is not None:
            return cart
        begun = set(_begun(event.properties))
        of_checkout = [one for one in self._baskets.values() if one.names & begun]
        if of_checkout:
            return max(of_checkout, key=lambda one: (one.updated_at, one.cart_id)).cart_id
        return next(reversed(self._baskets), "")

    def _open(self, event: CartEvent) -> BasketState:
        which = self._which(event)
        known = self._baskets.get(which)
        if known is not None and known.products:
            return known
        return BasketState(which, (), None, self._exchange.currency, None, (), event.at, event.at)

    def _put(self, own: BasketState, event: CartEvent, **said: Any) -> None:
        """The basket as it is now; it becomes the last."""
        currency = currency_of(event.properties) or own.currency
        self._baskets.pop(own.cart_id, None)
        changed = replace(own, **said, currency=currency, updated_at=event.at)
        if not changed.products:
            changed = replace(changed, url=None, checkouts=(), stated=None)
        self._baskets[own.cart_id] = changed

    def _lines(self, event: CartEvent) -> list[Line]:
        currency = currency_of(event.properties)
        lines = []
        for item in items_of(event.properties):
            line = read_line(item, currency, self._exchange, self._catalogue, event.public)
            lines += [] if line is None else [line]
        return lines


# ── ids ─────────────────────────────────────────────────────────────────────


def _begun(properties: Mapping[str, Any]) -> Iterator[str]:
    for kind in ("checkout", "order"):
        if (found := _id(properties, kind)) is not None:
            yield f"{kind}:{found}"


def _id(properties: Mapping[str, Any], kind: str) -> str | None:
    """`cart_id` or `cartId`; None: neither, or no id."""
    for name in (f"{kind}_id", f"{kind}Id"):
        try:
            if (found := read_id(properties, name)) is not None:
                return found
        except Refused:
            continue
    return None
