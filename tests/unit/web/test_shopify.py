"""Shopify's topics: what each becomes, whose it is, and when it happened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from loyaltyloop.store.canonical import Refused
from loyaltyloop.store.privacy.tombstones import by_email
from loyaltyloop.store.segment import Call
from loyaltyloop.web.shops.shopify import TOPICS
from tests.unit.web import shopify as shop

CUSTOMER, ORDER = str(shop.CUSTOMER), str(shop.ORDER)
OF_ORDER = f"shopify:order:{ORDER}"
RECEIVED = datetime(2026, 5, 20, 16, tzinfo=UTC)
KNOWN = ["identify", "Consent Granted"]
JOINED = ["identify", "identify"]  # the order's id and the basket's are the customer's
SENT = shop.fulfillment()
BACK = shop.refund(shop.refunded(shop.MUG, 1, 6.5))
PRIVATE = {"shop_id": 1, "shop_domain": shop.DOMAIN}
ASKED = PRIVATE | {"customer": {"id": shop.CUSTOMER, "email": "ada@example.com", "phone": "0113"}}
OVER = shop.order(cancelled_at=shop.day(3), cancel_reason="customer")

BECOMES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("orders/create", shop.order(), [*KNOWN, *JOINED, "Order Completed"]),
    ("orders/paid", shop.order(), [*KNOWN, *JOINED, "Order Completed", "Order Updated"]),
    ("orders/updated", shop.order(), [*KNOWN, *JOINED, "Order Completed", "Order Updated"]),
    (
        "orders/updated",
        shop.order(fulfillments=[SENT], refunds=[BACK]),
        [
            *(*KNOWN, *JOINED, "Order Completed", "Order Updated"),
            *("Order Shipped", "Order Refunded", "Order Returned"),
        ],
    ),
    (
        "orders/fulfilled",
        shop.order(fulfillment_status="fulfilled", fulfillments=[SENT]),
        [*KNOWN, *JOINED, "Order Completed", "Order Updated", "Order Shipped", "Order Fulfilled"],
    ),
    (
        "orders/partially_fulfilled",
        shop.order(fulfillment_status="partial", fulfillments=[SENT]),
        [*KNOWN, *JOINED, "Order Completed", "Order Updated", "Order Shipped"],
    ),
    ("orders/cancelled", OVER, [*KNOWN, *JOINED, "Order Completed", "Order Updated", "Order Cancelled"]),
    ("orders/create", shop.order(test=True), []),
    ("orders/create", shop.guest(), ["identify", "alias", "alias", "Order Completed"]),
    ("refunds/create", BACK, ["Order Refunded", "Order Returned"]),
    ("refunds/create", shop.refund(shop.refunded(shop.MUG, 1, 6.5, "cancel")), ["Order Refunded"]),
    ("refunds/create", shop.refund(transactions=[{"kind": "refund", "amount": "1", "test": True}]), []),
    ("refunds/create", shop.refund(transactions=[{"kind": "refund", "status": "failure"}]), []),
    ("fulfillments/create", SENT, ["Order Shipped"]),
    ("fulfillments/update", SENT, ["Order Shipped"]),
    ("fulfillments/create", shop.fulfillment(status="pending"), []),
    ("fulfillments/update", shop.fulfillment(status="cancelled"), []),
    ("fulfillments/create", shop.fulfillment(receipt={"testcase": True}), []),
    ("fulfillment_events/create", shop.fulfillment_event("delivered"), ["Order Delivered"]),
    ("fulfillment_events/create", shop.fulfillment_event("in_transit"), ["Order Shipped"]),
    ("fulfillment_events/create", shop.fulfillment_event("failure"), ["Order Delayed"]),
    ("fulfillment_events/create", shop.fulfillment_event("attempted_delivery"), ["Order Delayed"]),
    ("fulfillment_events/create", shop.fulfillment_event("label_printed"), []),
    ("checkouts/create", shop.checkout(), [*KNOWN, *JOINED, "Checkout Started"]),
    ("checkouts/update", shop.checkout(), [*KNOWN, *JOINED, "Checkout Started", "Cart Viewed"]),
    (
        "checkouts/update",
        shop.checkout(completed_at=shop.day(2)),
        [*KNOWN, *JOINED, "Checkout Started"],
    ),
    ("carts/create", shop.cart(), ["Cart Viewed"]),
    ("carts/update", shop.cart(), ["Cart Viewed"]),
    ("customers/create", shop.customer(), [*KNOWN, "Signed Up"]),
    ("customers/update", shop.customer(), KNOWN),
    ("customers/delete", {"id": shop.CUSTOMER}, ["Account Deleted", *["Consent Withdrawn"] * 3]),
    ("customers/data_request", ASKED | {"orders_requested": [1]}, ["Personal Data Requested"]),
    ("customers/redact", ASKED, ["Erasure Requested", *["Consent Withdrawn"] * 3]),
    ("shop/redact", PRIVATE, ["Shop Erasure Requested"]),
]


@pytest.mark.parametrize(("topic", "payload", "named"), BECOMES, ids=lambda value: str(value)[:30])
def test_what_a_topic_becomes(topic: str, payload: dict[str, Any], named: list[str]) -> None:
    assert [call.name or call.type for call in calls(topic, payload)] == named


def test_every_topic_is_in_a_table() -> None:
    products = {topic for topic in TOPICS if topic.startswith(("products/", "inventory_", "customers_"))}
    assert {topic for topic, _, _ in BECOMES} == set(TOPICS) - products


def calls(topic: str, payload: dict[str, Any], **more: Any) -> list[Call]:
    return [call for call in shop.read(topic, payload, **more) if isinstance(call, Call)]


def named(found: list[Call]) -> Mapping[str, Call]:
    return {call.name or call.type: call for call in found}


# ── whose it is ─────────────────────────────────────────────────────────────


def test_a_customer_is_known_by_the_shops_id_and_by_address() -> None:
    found = calls("orders/create", shop.order())
    assert {call.user_id for call in found} == {CUSTOMER}
    devices = [call.anonymous_id for call in found if call.type == "identify"]
    assert devices == [by_email("ada@example.com"), OF_ORDER, f"shopify:cart:{shop.CART}"]


def test_a_guest_is_known_by_address_and_the_address_stands_in_no_id() -> None:
    found = calls("orders/create", shop.guest())
    guest = by_email("GUEST@example.com")
    assert {(call.user_id, call.anonymous_id) for call in found} == {(None, guest)}
    assert [call.previous_id for call in found if call.type == "alias"] == [
        OF_ORDER,
        f"shopify:cart:{shop.CART}",
    ]
    assert "example.com" not in "".join(f"{call.message_id} {call.anonymous_id}" for call in found)


def test_an_order_of_nobody_is_the_orders_own() -> None:
    sold = shop.guest(
        email=None, contact_email="", cart_token=None, billing_address=None, shipping_address=None
    )
    found = calls("orders/create", sold | {"customer_locale": None})
    assert [(call.name, call.anonymous_id) for call in found] == [("Order Completed", OF_ORDER)]


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("refunds/create", BACK),
        ("fulfillments/create", SENT),
        ("fulfillment_events/create", shop.fulfillment_event()),
    ],
)
def test_what_does_not_say_whose_it_is_is_the_orders(topic: str, payload: dict[str, Any]) -> None:
    assert {(call.user_id, call.anonymous_id) for call in calls(topic, payload)} == {(None, OF_ORDER)}


# ── what it says ────────────────────────────────────────────────────────────


def test_an_order() -> None:
    made = named(calls("orders/create", shop.order()))["Order Completed"]
    lines = made.properties.pop("products")
    assert made.properties == {
        "order_id": ORDER,
        "order_number": "#1001",
        "checkout_id": "ch77",
        "subtotal": 37,
        "total": 41,
        "shipping": 4,
        "tax": 6.83,
        "discount": 2,
        "coupon": "SPRING",
        "currency": "GBP",
        "affiliation": "web",
        "financial_status": "pending",
    }
    assert lines[1] == {
        "product_id": "3302",
        "variant_id": "4402",
        "sku": "SKU-2",
        "name": "Mug",
        "variant": "large",
        "brand": "Sample Pottery",
        "price": 6.5,
        "quantity": 2,
    }
    assert (made.order_id, made.at) == (ORDER, datetime(2026, 5, 2, 16, tzinfo=UTC))


def test_an_imported_order_happened_when_it_was_placed() -> None:
    old = shop.order(created_at=shop.day(2), processed_at="2019-01-05T10:00:00Z")
    assert named(calls("orders/create", old))["Order Completed"].at == datetime(2019, 1, 5, 10, tzinfo=UTC)


def test_no_street_and_no_note_is_kept() -> None:
    told = shop.order(note="leave it with Mr. Example", refunds=[BACK])
    kept = " ".join(str(call.properties) for call in calls("orders/updated", told))
    assert "Road" not in kept and "leave it" not in kept and "wrong colour" not in kept


def test_a_refund_says_how_much_and_what() -> None:
    made = named(calls("refunds/create", BACK))
    refund = made["Order Refunded"].properties
    assert (refund["total"], refund["currency"], refund["order_id"]) == (6.5, "GBP", ORDER)
    assert [(line["product_id"], line["quantity"]) for line in refund["products"]] == [("3302", 1)]
    assert made["Order Returned"].properties["products"] == refund["products"]


@pytest.mark.parametrize(
    ("told", "total"),
    [
        (shop.refund(paid="30.50"), 30.5),
        # An unpaid order is cut: no money moves, the line is worth 6.50.
        (shop.refund(shop.refunded(shop.MUG, 1, 6.5, "cancel"), paid=None), 6.5),
        # Shipping is given back beside it; or nothing is, though the line comes back.
        (
            shop.refund(shop.refunded(shop.MUG, 1, 6.5), paid=None, order_adjustments=[{"amount": "-4.00"}]),
            10.5,
        ),
        (
            shop.refund(shop.refunded(shop.MUG, 1, 6.5), paid=None, order_adjustments=[{"amount": "6.50"}]),
            0,
        ),
    ],
)
def test_how_much_is_paid_back(told: dict[str, Any], total: float) -> None:
    assert named(calls("refunds/create", told))["Order Refunded"].properties["total"] == total


def test_a_refund_is_the_same_event_by_its_own_topic_and_inside_its_order() -> None:
    by_topic = named(calls("refunds/create", BACK))["Order Refunded"]
    inside = named(calls("orders/updated", shop.order(refunds=[BACK])))["Order Refunded"]
    assert (by_topic.message_id, by_topic.at, by_topic.properties) == (
        inside.message_id,
        inside.at,
        inside.properties,
    )


def test_a_parcel_is_told_once_more_when_it_can_be_followed() -> None:
    ids = [
        named(calls("fulfillments/update", shop.fulfillment(tracking_number=number)))[
            "Order Shipped"
        ].message_id
        for number in (None, "SP1", "SP1")
    ]
    assert len(set(ids)) == 2


def test_the_same_state_of_an_order_is_one_event_whichever_topic_tells_it() -> None:
    told = shop.order(updated_at=shop.day(3))
    found = [named(calls(topic, told))["Order Updated"] for topic in ("orders/paid", "orders/updated")]
    assert found[0].message_id == found[1].message_id
    edited = named(calls("orders/updated", told | {"total_price": "44.00"}))["Order Updated"]
    assert edited.message_id != found[0].message_id


def test_two_changes_within_a_second_keep_their_order() -> None:
    at = datetime(2026, 5, 2, 16, 0, 0, 250_000, tzinfo=UTC)
    assert named(calls("orders/updated", shop.order(), triggered=at))["Order Updated"].at == at
    much_later = datetime(2026, 5, 2, 17, tzinfo=UTC)
    exact = named(calls("orders/updated", shop.order(), triggered=much_later))["Order Updated"].at
    assert exact == datetime(2026, 5, 2, 16, tzinfo=UTC)


@pytest.mark.parametrize("placed", ["1970-01-01T00:00:00Z", "2999-01-01T00:00:00Z", "yesterday", None, 7])
def test_an_unbelievable_time_is_the_time_of_arrival(placed: Any) -> None:
    told = shop.order(processed_at=placed, created_at=placed)
    assert named(calls("orders/create", told))["Order Completed"].at == RECEIVED


@pytest.mark.parametrize("topic", sorted(TOPICS))
@pytest.mark.parametrize(
    "payload", [{}, {"id": None}, {"id": ""}, {"id": [1]}, {"id": 1.5}, {"id": "x" * 256}]
)
def test_what_has_no_id_is_refused(topic: str, payload: dict[str, Any]) -> None:
    if topic == "shop/redact":
        assert [call.name for call in calls(topic, payload)] == ["Shop Erasure Requested"]
        return
    with pytest.raises(Refused):
        shop.read(topic, payload)
