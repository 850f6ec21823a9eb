"""WooCommerce: topic → what it becomes. Orders and customers come whole; what was deleted comes as an id."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from html import unescape
from typing import Any

from loyaltyloop.store.consents.consent import CHANNELS
from loyaltyloop.store.orders.shop_products import ProductNews, StockNews
from loyaltyloop.store.segment import Call
from loyaltyloop.web.shops.delivery import Delivery, Topics, Whose, by_thing, content, whose
from loyaltyloop.web.shops.payload import (
    Payload,
    amount,
    block,
    blocks,
    bought,
    codes_of,
    email,
    given,
    identifier,
    instant,
    needed,
    text,
)

SOURCE = "woocommerce"
_BEGUN = ("pending", "checkout-draft")  # not paid yet: a checkout
_PLACED = ("processing", "on-hold", "completed", "refunded")
_CALLED_OFF = ("cancelled", "failed", "trash")


def _gmt(value: object) -> datetime | None:
    """WooCommerce writes UTC without an offset."""
    return instant(f"{value}Z") if isinstance(value, str) else None


def _name(value: object) -> str | None:
    """Names come as HTML would show them: `Tea &amp; Mugs`."""
    found = text(value)
    return None if found is None else text(unescape(found))


# ── orders ──────────────────────────────────────────────────────────────────


def order(said: Delivery) -> Iterator[Call]:
    """`order.created`, `.updated` and `.restored`: the whole order, with its status as it is now.

    What happens once has one key, whichever delivery tells it; what follows on an order is told by its state.
    """
    number, status = needed(said.payload, "id"), text(said.payload.get("status")) or ""
    who, about = _buyer(said, number), _order(number, said.payload)
    began, at = (_gmt(said.payload.get(f"date_{name}_gmt")) for name in ("created", "modified"))
    yield from _introduced(said, who, at)
    yield from said.same(who, by_thing(SOURCE, f"order:{number}"), began)
    if status in _BEGUN:
        yield said.track(who, "Checkout Started", ("order", number, "begun"), began, _checkout(about))
        return
    if status in _PLACED or _gmt(said.payload.get("date_paid_gmt")):
        yield said.track(who, "Order Completed", ("order", number, "completed"), began, about)
    elif status not in _CALLED_OFF:
        return  # a status of the shop's own, unpaid: an offer, perhaps
    yield _updated(said, who, number, about | {"status": status, "cancelled": status in _CALLED_OFF})
    yield from _ended(said, who, number, at)


def _updated(said: Delivery, who: Whose, number: str, about: dict[str, Any]) -> Call:
    """Its state. What was restored is dated by its arrival, like a deletion: that tells no time."""
    at, key = _gmt(said.payload.get("date_modified_gmt")), ("order", number, "updated")
    if said.topic == "order.restored":
        return said.track(who, "Order Updated", (*key, "restored", said.key), None, about)
    return said.track(who, "Order Updated", (*key, content(at, about)), at, about)


def _ended(said: Delivery, who: Whose, number: str, at: datetime | None) -> Iterator[Call]:
    """What became of the order so far. There is no topic for sending: `completed` says that it was."""
    for each in blocks(said.payload.get("refunds")):
        yield from _refunded(said, who, number, each, at)
    status = said.payload.get("status")
    about = _order(number, said.payload)
    if status == "completed":
        done = _gmt(said.payload.get("date_completed_gmt")) or at
        yield said.track(who, "Order Fulfilled", ("order", number, "fulfilled"), done, about)
    if status == "cancelled":
        yield said.track(who, "Order Cancelled", ("order", number, "cancelled"), at, about)


def _refunded(said: Delivery, who: Whose, number: str, told: Payload, at: datetime | None) -> Iterator[Call]:
    """Sums alone: an order does not say which of its lines were paid back."""
    name, total = identifier(told.get("id")), amount(told.get("total"))
    if name is not None and total is not None:
        currency = text(said.payload.get("currency"))
        about = given(order_id=number, refund_id=name, total=abs(total), currency=currency)
        yield said.track(who, "Order Refunded", ("refund", name), at, about)


def order_deleted(said: Delivery) -> Iterator[Call]:
    """`order.deleted`: an id alone. It counts no more, until it is restored; nobody has cancelled it."""
    number = needed(said.payload, "id")
    who = Whose(None, by_thing(SOURCE, f"order:{number}"))
    about = {"order_id": number, "status": "deleted", "cancelled": True}
    yield said.track(who, "Order Updated", ("order", number, "updated", "deleted", said.key), None, about)


def _buyer(said: Delivery, number: str) -> Whose:
    user = identifier(said.payload.get("customer_id"))
    return whose(SOURCE, user, email(block(said.payload.get("billing")).get("email")), f"order:{number}")


def _order(number: str, told: Payload) -> dict[str, Any]:
    return given(
        order_id=number,
        order_number=text(told.get("number")),
        total=amount(told.get("total")),
        shipping=amount(told.get("shipping_total")),
        tax=amount(told.get("total_tax")),
        discount=amount(told.get("discount_total")),
        **codes_of(blocks(told.get("coupon_lines"))),
        currency=text(told.get("currency")),
        affiliation=text(told.get("created_via")),
        products=list(_products(blocks(told.get("line_items")))),
    )


def _products(lines: list[Payload]) -> Iterator[dict[str, Any]]:
    for line, known in bought(lines):
        yield given(
            **known,
            variant_id=identifier(line.get("variation_id")),
            name=_name(line.get("name")),
            image_url=text(block(line.get("image")).get("src")),
        )


def _checkout(about: dict[str, Any]) -> dict[str, Any]:
    """An unpaid order in the words of a checkout: it may never become an order."""
    made = {name: value for name, value in about.items() if name not in ("order_id", "order_number", "total")}
    return made | given(checkout_id=about["order_id"], value=about.get("total"))


# ── people ──────────────────────────────────────────────────────────────────


def customer(said: Delivery) -> Iterator[Call]:
    """`customer.created` and `customer.updated`."""
    number = needed(said.payload, "id")
    who = whose(SOURCE, number, email(said.payload.get("email")), "")
    yield from _introduced(said, who, _gmt(said.payload.get("date_modified_gmt")))
    if said.topic == "customer.created":
        began = _gmt(said.payload.get("date_created_gmt"))
        yield said.track(who, "Signed Up", ("customer", number, "created"), began, {})


def _introduced(said: Delivery, who: Whose, at: datetime | None) -> Iterator[Call]:
    """What a customer's record says, or an order about its buyer."""
    place = block(said.payload.get("billing"))
    registered = said.topic.startswith("customer.")
    traits = given(
        email=email(said.payload.get("email")) or email(place.get("email")),
        phone=text(place.get("phone")),
        first_name=text(said.payload.get("first_name")) or text(place.get("first_name")),
        last_name=text(said.payload.get("last_name")) or text(place.get("last_name")),
        city=text(place.get("city")),
        country=text(place.get("country")),
        created_at=_written(said.payload.get("date_created_gmt")) if registered else None,
    )
    name = who.user or who.device or ""
    yield said.identify(who, ("customer", name, content(at, traits)), at, traits)


def _written(value: object) -> str | None:
    found = _gmt(value)
    return None if found is None else found.isoformat()


def customer_deleted(said: Delivery) -> Iterator[Call]:
    """`customer.deleted`: the account is gone, and with it what was consented to."""
    who = Whose(needed(said.payload, "id"))
    key = ("customer", who.user or "", "deleted", said.key)
    yield said.track(who, "Account Deleted", key, None, {})
    for channel in CHANNELS:
        about = {"channel": channel, "purpose": "marketing", "reason": said.topic}
        yield said.track(who, "Consent Withdrawn", (*key, channel), None, about)


# ── products ────────────────────────────────────────────────────────────────


def product(said: Delivery) -> Iterator[ProductNews]:
    """`product.created`, `.updated` and `.restored`. A variation is no product of its own."""
    number = needed(said.payload, "id")
    if identifier(said.payload.get("parent_id")) or said.payload.get("type") == "variation":
        return
    tags = [found for each in blocks(said.payload.get("tags")) if (found := _name(each.get("name")))]
    price = amount(said.payload.get("price"))
    told = {
        "name": _name(said.payload.get("name")),
        "category": _first(said.payload.get("categories"), "name"),
        "price": None if price is None else text(said.payload.get("price")) or str(price),
        "url": text(said.payload.get("permalink")),
        "image_url": _first(said.payload.get("images"), "src"),
        "in_stock": str(_can_be_bought(said.payload)).lower(),
        "tags": "|".join(tags) or None,
    }
    yield ProductNews(
        source=SOURCE,
        product_id=number,
        at=said.when(_gmt(said.payload.get("date_modified_gmt"))),
        told={name: value for name, value in told.items() if value is not None},
    )


def _first(listed: object, name: str) -> str | None:
    return next((found for each in blocks(listed) if (found := _name(each.get(name)))), None)


def _can_be_bought(told: Payload) -> bool:
    """Drafts, and what the shop does not sell by itself, cannot."""
    return told.get("status", "publish") == "publish" and told.get("stock_status") != "outofstock"


def product_deleted(said: Delivery) -> Iterator[StockNews]:
    """`product.deleted`: past orders name it still; it is sold no more."""
    yield StockNews(SOURCE, said.received, False, product_id=needed(said.payload, "id"))


TOPICS: Topics = {
    "order.created": order,
    "order.updated": order,
    "order.restored": order,
    "order.deleted": order_deleted,
    "customer.created": customer,
    "customer.updated": customer,
    "customer.deleted": customer_deleted,
    "product.created": product,
    "product.updated": product,
    "product.restored": product,
    "product.deleted": product_deleted,
}
