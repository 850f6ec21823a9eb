"""Baskets as they are now: a pure fold over a customer's cart events, by event time, however they came.

A customer may have several baskets, by `cart_id`. The one that was told of last is *the* basket, be it empty
by now: an older one does not come back when a newer one is emptied. A basket that nobody told of for
`facts.BASKET_LIFE` is over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from loyaltyloop.journey.facts import BASKET_LIFE, LINE
from loyaltyloop.store.amounts import LARGEST, Exchange, read_amount
from loyaltyloop.store.canonical import Refused
from loyaltyloop.store.orders import product_id_of, products_of, quantity_of
from loyaltyloop.store.segment import read_id

ADDED = ("Product Added", "Wishlist Product Added to Cart")
REMOVED = "Product Removed"
WHOLE = ("Cart Viewed", "Checkout Started")  # tell all that is in a basket
ORDERED = "Order Completed"
# Of events of one instant: what is put in comes before what is told of the whole, the order last.
_RANKS = {name: rank for rank, name in enumerate((*ADDED, REMOVED, *WHOLE, ORDERED))}
EVENTS = frozenset(_RANKS)
MOST_LINES = 500  # of one basket; what is put in beyond is not kept
MOST_PIECES = 10**9
_TEXT = tuple(name for name, kind in LINE.items() if kind == "text" and name != "product_id")


class CartEvent(NamedTuple):
    """An event that says something about a basket."""

    name: str
    at: datetime
    message_id: str
    properties: Mapping[str, Any]

    @property
    def place(self) -> tuple[datetime, int, str]:
        """Where it stands among the customer's others."""
        return self.at, _RANKS[self.name], self.message_id


class Item(NamedTuple):
    """What the catalogue knows of a product; `price` in minor units of the shop's currency."""

    category: str | None
    price: int | None


# Line of a basket: fields of `facts.LINE`, the price in major units of the shop's currency.
Line = Mapping[str, Any]


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
Catalogue = Mapping[str, Item]


def fold(events: Iterable[CartEvent], exchange: Exchange, catalogue: Catalogue) -> Baskets:
    """A customer's baskets after all of these events."""
    return after({}, events, exchange, catalogue)


def after(
    baskets: Mapping[str, BasketState], events: Iterable[CartEvent], exchange: Exchange, catalogue: Catalogue
) -> Baskets:
    """These baskets after some more events, all of which happened later than what they were told by."""
    found = dict(baskets)
    teller = _Teller(found, exchange, catalogue)
    for event in sorted(events, key=lambda one: one.place):
        for name in [name for name, one in found.items() if event.at - one.updated_at > BASKET_LIFE]:
            del found[name]
        teller.tell(event)
    return found


def product_ids(properties: Mapping[str, Any]) -> Iterator[str]:
    """The products that an event names."""
    return filter(None, (product_id_of(item) for item in _items(properties)))


class _Teller:
    """What each event makes of the baskets."""

    def __init__(self, baskets: Baskets, exchange: Exchange, catalogue: Catalogue) -> None:
        self._baskets, self._exchange, self._catalogue = baskets, exchange, catalogue

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
        lines = _together([*own.products, *self._lines(event)])
        self._put(own, event, products=lines, stated=None)

    def _remove(self, event: CartEvent) -> None:
        own = self._baskets.get(self._which(event))
        if own is None:
            return
        lines = list(own.products)
        for item in _items(event.properties):
            lines = _without(lines, item)
        if lines != list(own.products):
            self._put(own, event, products=tuple(lines), stated=None)

    def _whole(self, event: CartEvent) -> None:
        listed = products_of(event.properties)
        if listed is None and self._which(event) not in self._baskets:
            return  # there is a basket, and nothing is known of it
        own = self._open(event)
        said: dict[str, Any] = {}
        if listed is not None:
            stated = self._exchange.minor(event.properties.get("value"), _currency(event.properties))
            known = stated is not None and stated >= 0
            said = {"products": _together(self._lines(event)), "stated": stated if known else None}
        url = event.properties.get("url")
        if isinstance(url, str) and url.strip():
            said["url"] = url.strip()
        begun = tuple(_begun(event.properties)) if event.name == "Checkout Started" else ()
        self._put(own, event, checkouts=tuple(dict.fromkeys((*own.checkouts, *begun))), **said)

    def _order(self, event: CartEvent) -> None:
        """It empties the basket that it names, and each that one of its products lies in.

        An order that names none and lists no products empties all; one of other products leaves a basket.
        """
        cart = _id(event.properties, "cart")
        names = {*_begun(event.properties), *(() if cart is None else (f"cart:{cart}",))}
        bought = {key for item in _items(event.properties) for key in _keys(item)}
        named = [one for one in self._baskets.values() if one.names & names]
        for own in list(self._baskets.values()):
            shares = any(key in bought for line in own.products for key in _keys(line))
            if own in named or shares or not (named or bought):
                self._put(own, event, products=(), stated=None)

    def _which(self, event: CartEvent) -> str:
        """The basket that it speaks of; without an id that whose checkout it is, else the last."""
        cart = _id(event.properties, "cart")
        if cart is not None:
            return cart
        begun = set(_begun(event.properties))
        of_checkout = [name for name, one in self._baskets.items() if one.names & begun]
        return next(iter([*of_checkout[-1:], *list(self._baskets)[-1:]]), "")

    def _open(self, event: CartEvent) -> BasketState:
        which = self._which(event)
        known = self._baskets.get(which)
        if known is not None and known.products:
            return known
        return BasketState(which, (), None, self._exchange.currency, None, (), event.at, event.at)

    def _put(self, own: BasketState, event: CartEvent, **said: Any) -> None:
        """The basket as it is now; it becomes the last."""
        currency = _currency(event.properties) or own.currency
        self._baskets.pop(own.cart_id, None)
        changed = replace(own, **said, currency=currency, updated_at=event.at)
        if not changed.products:
            changed = replace(changed, url=None, checkouts=(), stated=None)
        self._baskets[own.cart_id] = changed

    def _lines(self, event: CartEvent) -> list[Line]:
        currency = _currency(event.properties)
        return [line for item in _items(event.properties) if (line := self._line(item, currency))]

    def _line(self, item: Mapping[str, Any], currency: str | None) -> Line | None:
        product_id = product_id_of(item)
        if product_id is None or read_amount(item.get("quantity")) == 0:
            return None
        known = self._catalogue.get(product_id, Item(None, None))
        made: dict[str, Any] = {"product_id": product_id, "quantity": min(quantity_of(item), MOST_PIECES)}
        made |= {name: value for name in _TEXT if (value := _text(item.get(name)))}
        if known.category is not None:
            made.setdefault("category", known.category)
        named = _currency(item) or currency
        price = known.price if item.get("price") is None else self._exchange.minor(item["price"], named)
        return made if price is None or price < 0 else made | {"price": self._exchange.major(price)}


# ── lines ───────────────────────────────────────────────────────────────────


def _items(properties: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The products that an event is about: its list of them, else itself."""
    listed = products_of(properties)
    return [properties] if listed is None else listed


def _keys(item: Mapping[str, Any]) -> Iterator[str]:
    """What tells that a product of an order is one of the basket: its id, or the sku in its place."""
    for name in ("product_id", "sku"):
        if (found := product_id_of({"product_id": item.get(name)})) is not None:
            yield found


def _same(line: Line) -> tuple[str, str]:
    return line["product_id"], line.get("variant", "")


def _together(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The same product of the same variant is one line, as it was told last; pieces are added up."""
    found: dict[tuple[str, str], Line] = {}
    for line in lines:
        before = found.get(_same(line))
        if before is not None:
            pieces = min(before["quantity"] + line["quantity"], MOST_PIECES)
            found[_same(line)] = {**before, **line, "quantity": pieces}
        elif len(found) < MOST_LINES:
            found[_same(line)] = line
    return tuple(found.values())


def _without(lines: Sequence[Line], item: Mapping[str, Any]) -> list[Line]:
    """So many pieces fewer of a product; without a number its line goes. A variant's own line goes first."""
    product_id, variant = product_id_of(item), _text(item.get("variant"))
    theirs = [line for line in lines if line["product_id"] == product_id]
    theirs = [line for line in theirs if line.get("variant", "") == variant] or theirs
    amount = read_amount(item.get("quantity"))
    gone = int(amount) if amount is not None and amount >= 1 else None
    left: list[Line] = list(lines)
    for line in theirs:
        rest = 0 if gone is None else line["quantity"] - gone
        if rest > 0:
            left[left.index(line)] = {**line, "quantity": rest}
        else:
            left.remove(line)
        if gone is None or rest >= 0:
            break
        gone = -rest
    return left


def _text(value: object) -> str:
    """Text, or a number as such; empty for all else."""
    return value if type(value) is str else str(value) if type(value) is int else ""


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


def _currency(properties: Mapping[str, Any]) -> str | None:
    named = properties.get("currency")
    return named.strip().upper() if isinstance(named, str) and len(named.strip()) == 3 else None
