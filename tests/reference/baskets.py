"""A customer's basket told simply: all that happened, sorted, one event after another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol

ORDER_WITHIN_AN_INSTANT = (
    "Product Added",
    "Wishlist Product Added to Cart",
    "Product Removed",
    "Cart Viewed",
    "Checkout Started",
    "Order Completed",
)
LIFE = timedelta(days=30)
Cart = dict[str, Any]


class Told(Protocol):
    """An event."""

    @property
    def name(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def message_id(self) -> str: ...
    @property
    def properties(self) -> Mapping[str, Any]: ...


def basket(events: Iterable[Told], now: datetime) -> dict[str, Any] | None:
    """The basket as of now; None: there is none. Amounts are in major units of the shop's currency."""
    carts: list[Cart] = []
    told = [event for event in events if event.name in ORDER_WITHIN_AN_INSTANT]
    for event in sorted(told, key=lambda e: (e.at, ORDER_WITHIN_AN_INSTANT.index(e.name), e.message_id)):
        carts = [cart for cart in carts if event.at - cart["updated_at"] <= LIFE]
        carts = _after(carts, event)
    if not carts or not carts[-1]["products"] or now - carts[-1]["updated_at"] > LIFE:
        return None
    last = carts[-1]
    lines = list(last["products"].values())
    prices = [line.get("price") for line in lines]
    worth = sum(Decimal(repr(line["price"])) * line["quantity"] for line in lines if "price" in line)
    return {
        "products": lines,
        "value": last["stated"] if None in prices else worth,
        "quantity": sum(line["quantity"] for line in lines),
        "lines": len(lines),
        "currency": last["currency"],
        "url": last["url"],
        "began_at": last["began_at"],
        "updated_at": last["updated_at"],
    }


def _after(carts: list[Cart], event: Told) -> list[Cart]:
    said = event.properties
    if event.name == "Order Completed":
        return _ordered(carts, said)
    cart = _meant(carts, said)
    if event.name == "Product Removed":
        if cart is None or not _take_out(cart["products"], said):
            return carts
    elif event.name in ("Cart Viewed", "Checkout Started") and "products" not in said and cart is None:
        return carts
    if cart is None or (not cart["products"] and event.name != "Product Removed"):
        name = said.get("cart_id") or (cart["cart_id"] if cart else carts[-1]["cart_id"] if carts else "")
        fresh: Cart = {"cart_id": name, "products": {}, "currency": "GBP", "url": None, "begun": set()}
        carts = [one for one in carts if one is not cart]
        cart = {**fresh, "began_at": event.at, "stated": None}
    _fill(cart, event)
    cart["updated_at"], cart["currency"] = event.at, said.get("currency") or cart["currency"]
    if not cart["products"]:
        cart |= {"stated": None, "url": None, "begun": set()}
    return [*(one for one in carts if one is not cart), cart]


def _meant(carts: list[Cart], said: Mapping[str, Any]) -> Cart | None:
    """By its id, else by the checkout that was begun with it, else the last."""
    if "cart_id" in said:
        return next((cart for cart in carts if cart["cart_id"] == said["cart_id"]), None)
    begun = [cart for cart in carts if cart["begun"] & _begun(said)]
    if begun:
        return max(begun, key=lambda cart: (cart["updated_at"], cart["cart_id"]))
    return carts[-1] if carts else None


def _begun(said: Mapping[str, Any]) -> set[tuple[str, Any]]:
    return {(name, said[name]) for name in ("checkout_id", "order_id") if name in said}


def _fill(cart: Cart, event: Told) -> None:
    said = event.properties
    match event.name:
        case "Product Added" | "Wishlist Product Added to Cart":
            _put_in(cart["products"], [said])
            cart["stated"] = None
        case "Product Removed":
            cart["stated"] = None
        case _:
            if "products" in said:
                cart["products"] = {}
                _put_in(cart["products"], said["products"])
                cart["stated"] = said.get("value")
            cart["url"] = said.get("url") or cart["url"]
            if event.name == "Checkout Started":
                cart["begun"] = cart["begun"] | _begun(said)


def _put_in(lines: dict[Any, Any], items: Iterable[Mapping[str, Any]]) -> None:
    for item in items:
        key = (item["product_id"], item.get("variant"))
        pieces = item.get("quantity", 1) + lines.get(key, {}).get("quantity", 0)
        kept = ("product_id", "variant", "price", "category", "name")
        lines[key] = {**lines.get(key, {}), **{n: item[n] for n in kept if n in item}, "quantity": pieces}


def _take_out(lines: dict[Any, Any], item: Mapping[str, Any]) -> bool:
    """Piece by piece; of the variant named if it is there. False: nothing of it was."""
    own = [key for key in lines if key == (item["product_id"], item.get("variant"))]
    theirs = own or [key for key in lines if key[0] == item["product_id"]]
    if "quantity" not in item:
        for key in theirs[:1]:
            del lines[key]
    for _ in range(item.get("quantity", 0)):
        left = [key for key in theirs if key in lines]
        if left:
            lines[left[0]]["quantity"] -= 1
            if lines[left[0]]["quantity"] == 0:
                del lines[left[0]]
    return bool(theirs)


def _ordered(carts: list[Cart], said: Mapping[str, Any]) -> list[Cart]:
    bought = {item["product_id"] for item in said.get("products", ())}
    named = [cart for cart in carts if cart["cart_id"] == said.get("cart_id") or cart["begun"] & _begun(said)]
    for cart in carts:
        shares = any(key[0] in bought for key in cart["products"])
        if cart in named or shares or not (named or bought):
            cart |= {"products": {}, "stated": None, "url": None, "begun": set()}
    return carts
