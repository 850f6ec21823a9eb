"""Shopify's orders, refunds, parcels, baskets and checkouts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from loyaltyloop.store.segment import Call
from loyaltyloop.web.shops.delivery import Delivery, Whose, by_thing, content, whose
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
from loyaltyloop.web.shops.shopify_people import introduced

# A parcel's states. What stands in no list (a label was printed) is nothing to a customer.
_PARCELS = {
    "delivered": "Order Delivered",
    "picked_up": "Order Delivered",
    "carrier_picked_up": "Order Shipped",
    "in_transit": "Order Shipped",
    "out_for_delivery": "Order Shipped",
    "attempted_delivery": "Order Delayed",
    "delayed": "Order Delayed",
    "failure": "Order Delayed",
    "not_delivered": "Order Delayed",
}


def order(said: Delivery) -> Iterator[Call]:
    """All topics of orders: each brings the whole order as it is now, so that none must come first.

    What happens once has one key, whichever delivery tells it; what follows on an order is told by its state.
    """
    number = needed(said.payload, "id")
    if said.payload.get("test") is True:
        return
    who = _buyer(said, f"order:{number}")
    yield from introduced(said, who, block(said.payload.get("customer")), said.payload)
    yield from _joined(said, who, f"order:{number}")
    placed = instant(said.payload.get("processed_at")) or instant(said.payload.get("created_at"))
    about = _order(number, said.payload)
    yield said.track(who, "Order Completed", ("order", number, "completed"), placed, about)
    if said.topic != "orders/create":
        at = _changed_at(said)
        yield said.track(who, "Order Updated", ("order", number, "updated", content(at, about)), at, about)
    yield from _ended(said, who, number)


def _ended(said: Delivery, who: Whose, number: str) -> Iterator[Call]:
    """What became of the order so far: sent, paid back, cancelled."""
    parcels = [each for each in blocks(said.payload.get("fulfillments")) if each.get("status") == "success"]
    for each in parcels:
        yield from _shipped(said.about(each), who, number)
    for each in blocks(said.payload.get("refunds")):
        yield from _refunded(said.about(each), who, number)
    if said.payload.get("fulfillment_status") == "fulfilled":
        sent = [at for each in parcels if (at := instant(each.get("created_at")))]
        at = max(sent, default=instant(said.payload.get("updated_at")))
        yield said.track(
            who, "Order Fulfilled", ("order", number, "fulfilled"), at, _order(number, said.payload)
        )
    if cancelled := instant(said.payload.get("cancelled_at")):
        about = given(**_order(number, said.payload), reason=text(said.payload.get("cancel_reason")))
        yield said.track(who, "Order Cancelled", ("order", number, "cancelled"), cancelled, about)


def _buyer(said: Delivery, otherwise: str) -> Whose:
    known = block(said.payload.get("customer"))
    addresses = (known.get("email"), said.payload.get("email"), said.payload.get("contact_email"))
    address = next((found for each in addresses if (found := email(each))), None)
    return whose(said.source, identifier(known.get("id")), address, otherwise)


def _joined(said: Delivery, who: Whose, *things: str) -> Iterator[Call]:
    """Refunds and parcels do not say whose they are, and baskets never do: their order does."""
    basket = identifier(said.payload.get("cart_token"))
    at = instant(said.payload.get("created_at"))
    for thing in (*things, *(() if basket is None else (f"cart:{basket}",))):
        yield from said.same(who, by_thing(said.source, thing), at)


def _changed_at(said: Delivery) -> datetime | None:
    """Shopify tells seconds; of changes within one second the instant of the delivery keeps the order."""
    at, made = instant(said.payload.get("updated_at")), said.triggered
    return made if at and made and made.replace(microsecond=0) == at else at


def _order(number: str, told: Payload) -> dict[str, Any]:
    """Total and lines as they were bought: what was paid back later is told by the refunds."""
    shipping = block(block(told.get("total_shipping_price_set")).get("shop_money"))
    return given(
        order_id=number,
        order_number=text(told.get("name")),
        checkout_id=identifier(told.get("checkout_token")),
        subtotal=amount(told.get("subtotal_price")),
        total=amount(told.get("total_price")),
        shipping=amount(shipping.get("amount")),
        tax=amount(told.get("total_tax")),
        discount=amount(told.get("total_discounts")),
        **codes_of(blocks(told.get("discount_codes"))),
        currency=text(told.get("currency")),
        affiliation=text(told.get("source_name")),
        financial_status=text(told.get("financial_status")),
        products=list(_products(blocks(told.get("line_items")))),
    )


def _products(lines: Iterable[Payload]) -> Iterator[dict[str, Any]]:
    """Lines as products of the spec."""
    for line, known in bought(lines):
        yield given(
            **known,
            variant_id=identifier(line.get("variant_id")),
            name=text(line.get("title")),
            variant=text(line.get("variant_title")),
            brand=text(line.get("vendor")),
        )


# ── what comes without its customer ─────────────────────────────────────────


def refund(said: Delivery) -> Iterator[Call]:
    """`refunds/create`. Whose it is, the order says, before or after."""
    number = needed(said.payload, "order_id")
    tried = [each for each in blocks(said.payload.get("transactions")) if each.get("test") is True]
    if not tried:
        yield from _refunded(said, Whose(None, by_thing(said.source, f"order:{number}")), number)


def _refunded(said: Delivery, who: Whose, number: str) -> Iterator[Call]:
    name = needed(said.payload, "id")
    at = instant(said.payload.get("processed_at")) or instant(said.payload.get("created_at"))
    lines = blocks(said.payload.get("refund_line_items"))
    moved = [each for each in blocks(said.payload.get("transactions")) if each.get("kind") == "refund"]
    done = [each for each in moved if each.get("status") not in ("failure", "error")]
    if moved and not done:
        return
    total, currency = _sum(done) if done else _worth(lines, blocks(said.payload.get("order_adjustments")))
    about = given(order_id=number, refund_id=name, total=total, currency=currency, products=_back(lines))
    yield said.track(who, "Order Refunded", ("refund", name), at, about)
    returned = [each for each in lines if each.get("restock_type") == "return"]
    if returned:
        about = {"order_id": number, "refund_id": name, "products": _back(returned)}
        yield said.track(who, "Order Returned", ("refund", name, "returned"), at, about)


def _back(lines: Iterable[Payload]) -> list[dict[str, Any]]:
    """The refunded pieces, not those that were bought."""
    return list(
        _products({**block(each.get("line_item")), "quantity": each.get("quantity")} for each in lines)
    )


def _sum(moved: Iterable[Payload]) -> tuple[int | float, str | None]:
    """The money that was given back, and its currency."""
    currency = next((found for each in moved if (found := text(each.get("currency")))), None)
    return round(sum(amount(each.get("amount")) or 0 for each in moved), 9), currency


def _worth(lines: Iterable[Payload], adjusted: Iterable[Payload]) -> tuple[int | float, str | None]:
    """Where no money moved, as when an unpaid order is cut: what the lines were worth.

    Adjustments are negative where shipping is given back, positive where less is than the lines' worth.
    """
    money = [block(block(each.get("subtotal_set")).get("shop_money")) for each in lines]
    currency = next((found for each in money if (found := text(each.get("currency_code")))), None)
    worth = sum(amount(each.get("subtotal")) or 0 for each in lines)
    worth -= sum(amount(each.get("amount")) or 0 for each in adjusted)
    return round(max(worth, 0), 9), currency


def parcel(said: Delivery) -> Iterator[Call]:
    """`fulfillments/create` and `fulfillments/update`."""
    number = needed(said.payload, "order_id")
    tried = block(said.payload.get("receipt")).get("testcase") is True
    if said.payload.get("status") == "success" and not tried:
        yield from _shipped(said, Whose(None, by_thing(said.source, f"order:{number}")), number)


def _shipped(said: Delivery, who: Whose, number: str) -> Iterator[Call]:
    """A parcel has left; once more when the number to follow it by is known."""
    name, track = needed(said.payload, "id"), text(said.payload.get("tracking_number"))
    about = given(
        order_id=number,
        fulfillment_id=name,
        tracking_number=track,
        tracking_url=text(said.payload.get("tracking_url")),
        carrier=text(said.payload.get("tracking_company")),
        products=list(_products(blocks(said.payload.get("line_items")))),
    )
    at = instant(said.payload.get("created_at"))
    yield said.track(who, "Order Shipped", ("fulfillment", name, "shipped", track or ""), at, about)


def parcel_event(said: Delivery) -> Iterator[Call]:
    """`fulfillment_events/create`: where a parcel is."""
    number, name = needed(said.payload, "order_id"), needed(said.payload, "id")
    state = text(said.payload.get("status")) or ""
    if state not in _PARCELS:
        return
    about = given(
        order_id=number,
        fulfillment_id=identifier(said.payload.get("fulfillment_id")),
        shipment_status=state,
        expected_at=text(said.payload.get("estimated_delivery_at")),
    )
    at = instant(said.payload.get("happened_at")) or instant(said.payload.get("created_at"))
    who = Whose(None, by_thing(said.source, f"order:{number}"))
    yield said.track(who, _PARCELS[state], ("fulfillment event", name), at, about)


# ── before an order ─────────────────────────────────────────────────────────


def cart(said: Delivery) -> Iterator[Call]:
    """`carts/create` and `carts/update`: what is in a basket, whosever it is."""
    token = identifier(said.payload.get("token")) or needed(said.payload, "id")
    yield from _basket(said, Whose(None, by_thing(said.source, f"cart:{token}")), token, {})


def checkout(said: Delivery) -> Iterator[Call]:
    """`checkouts/create` and `checkouts/update`: begun once, and a basket that changes."""
    token = needed(said.payload, "token")
    basket = identifier(said.payload.get("cart_token"))
    who = _buyer(said, f"checkout:{token}" if basket is None else f"cart:{basket}")
    yield from introduced(said, who, block(said.payload.get("customer")), said.payload)
    yield from _joined(said, who, f"checkout:{token}")
    about = given(
        checkout_id=token,
        cart_id=basket,
        value=amount(said.payload.get("total_price")),
        currency=text(said.payload.get("currency")),
        url=text(said.payload.get("abandoned_checkout_url")),
        products=list(_products(blocks(said.payload.get("line_items")))),
    )
    began = instant(said.payload.get("created_at"))
    yield said.track(who, "Checkout Started", ("checkout", token, "started"), began, about)
    if said.topic == "checkouts/update" and said.payload.get("completed_at") is None:
        yield from _basket(said, who, basket or token, about)


def _basket(said: Delivery, who: Whose, token: str, more: dict[str, Any]) -> Iterator[Call]:
    lines = blocks(said.payload.get("line_items"))
    prices = [block(block(each.get("price_set")).get("shop_money")) for each in lines]
    worth = [amount(each.get("line_price")) or 0 for each in lines]
    about = given(
        cart_id=token,
        value=round(sum(worth), 9),
        currency=next((found for each in prices if (found := text(each.get("currency_code")))), None),
        products=list(_products(lines)),
    )
    at = _changed_at(said)
    made = about | more
    yield said.track(who, "Cart Viewed", ("cart", token, content(at, made)), at, made)
