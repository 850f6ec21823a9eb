"""WooCommerce's topics: what each becomes, whose it is, and when it happened."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from loyaltyloop.store.canonical import Refused
from loyaltyloop.store.orders.shop_products import ProductNews, StockNews
from loyaltyloop.store.privacy.tombstones import by_email
from loyaltyloop.store.segment import Call
from loyaltyloop.web.shops.woocommerce import TOPICS
from tests.unit.web import woocommerce as shop

RECEIVED = datetime(2026, 5, 20, 12, tzinfo=UTC)
WHO = ["identify", "identify"]
LATER = "2026-05-04T12:00:00"
BACK = [{"id": 726, "reason": "says Ben", "total": "-10.00"}]

BECOMES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("order.created", shop.order("pending"), [*WHO, "Checkout Started"]),
    ("order.created", shop.order("checkout-draft"), [*WHO, "Checkout Started"]),
    ("order.created", shop.order("processing"), [*WHO, "Order Completed", "Order Updated"]),
    ("order.created", shop.order("on-hold"), [*WHO, "Order Completed", "Order Updated"]),
    ("order.updated", shop.order("completed"), [*WHO, "Order Completed", "Order Updated", "Order Fulfilled"]),
    (
        "order.updated",
        shop.order("refunded", refunds=BACK),
        [*WHO, "Order Completed", "Order Updated", "Order Refunded"],
    ),
    ("order.updated", shop.order("cancelled"), [*WHO, "Order Updated", "Order Cancelled"]),
    ("order.updated", shop.order("failed"), [*WHO, "Order Updated"]),
    ("order.updated", shop.order("trash"), [*WHO, "Order Updated"]),
    ("order.updated", shop.order("at-the-potter"), WHO),
    (
        "order.updated",
        shop.order("at-the-potter", date_paid_gmt=shop.day(2)),
        [*WHO, "Order Completed", "Order Updated"],
    ),
    ("order.restored", shop.order("processing"), [*WHO, "Order Completed", "Order Updated"]),
    ("order.deleted", {"id": 727}, ["Order Updated"]),
    ("order.created", shop.order(customer_id=0), ["identify", "alias", "Order Completed", "Order Updated"]),
    ("customer.created", shop.customer(), ["identify", "Signed Up"]),
    ("customer.updated", shop.customer(), ["identify"]),
    ("customer.deleted", {"id": 26}, ["Account Deleted", *["Consent Withdrawn"] * 3]),
]


@pytest.mark.parametrize(("topic", "payload", "named"), BECOMES, ids=lambda value: str(value)[:30])
def test_what_a_topic_becomes(topic: str, payload: dict[str, Any], named: list[str]) -> None:
    assert [call.name or call.type for call in calls(topic, payload)] == named


def test_every_topic_is_in_a_table() -> None:
    assert {topic for topic, _, _ in BECOMES} == {topic for topic in TOPICS if "product" not in topic}


def calls(topic: str, payload: dict[str, Any], **more: Any) -> list[Call]:
    return [call for call in shop.read(topic, payload, **more) if isinstance(call, Call)]


def one(name: str, topic: str, payload: dict[str, Any], **more: Any) -> Call:
    (found,) = [call for call in calls(topic, payload, **more) if name in (call.name, call.type)]
    return found


def test_an_order() -> None:
    made = one("Order Completed", "order.updated", shop.order("completed", changed=LATER))
    assert made.properties == {
        "order_id": "727",
        "order_number": "727",
        "total": 41,
        "shipping": 4,
        "tax": 6.83,
        "discount": 2,
        "coupon": "spring",
        "currency": "GBP",
        "affiliation": "checkout",
        "products": [
            {
                "product_id": "93",
                "sku": "TM",
                "name": "Tea & Mug",
                "price": 18.5,
                "quantity": 2,
                "image_url": "https://shop.example/tm.jpg",
            }
        ],
    }
    assert (made.user_id, made.at, made.order_id) == ("26", datetime(2026, 5, 2, 12, tzinfo=UTC), "727")
    sent = one("Order Fulfilled", "order.updated", shop.order("completed"))
    assert sent.at == datetime(2026, 5, 5, 12, tzinfo=UTC)


def test_an_unpaid_order_is_a_checkout_and_no_order() -> None:
    made = one("Checkout Started", "order.created", shop.order("pending"))
    assert (made.order_id, made.properties["checkout_id"], made.properties["value"]) == (None, "727", 41)


def test_a_guest_is_known_by_address() -> None:
    found = calls("order.created", shop.order(customer_id=0))
    assert {(call.user_id, call.anonymous_id) for call in found} == {(None, by_email("ben@example.com"))}
    assert [call.previous_id for call in found if call.type == "alias"] == ["woocommerce:order:727"]


def test_refunds_are_sums() -> None:
    made = one("Order Refunded", "order.updated", shop.order("processing", refunds=BACK))
    assert made.properties == {"order_id": "727", "refund_id": "726", "total": 10, "currency": "GBP"}


def test_what_tells_no_time_is_dated_by_its_arrival_and_known_by_its_delivery() -> None:
    gone = one("Order Updated", "order.deleted", {"id": 727})
    assert (gone.at, gone.properties["cancelled"]) == (RECEIVED, True)
    assert gone.message_id == one("Order Updated", "order.deleted", {"id": 727}).message_id
    assert gone.message_id != one("Order Updated", "order.deleted", {"id": 727}, key="d2").message_id
    # The shop makes the same id for all that one of its hooks delivers within a second.
    assert gone.message_id != one("Order Updated", "order.deleted", {"id": 728}).message_id
    back = one("Order Updated", "order.restored", shop.order("processing"))
    assert (back.at, back.properties["cancelled"]) == (RECEIVED, False)


def test_a_customer() -> None:
    made = one("identify", "customer.updated", shop.customer())
    assert made.properties == {
        "email": "ben@example.com",
        "phone": "0113 496 0000",
        "first_name": "Ben",
        "last_name": "Example",
        "city": "Leeds",
        "country": "GB",
        "created_at": "2026-05-01T12:00:00+00:00",
    }


@pytest.mark.parametrize("topic", ["product.created", "product.updated", "product.restored"])
def test_a_product(topic: str) -> None:
    (made,) = shop.read(topic, shop.product())
    assert isinstance(made, ProductNews)
    assert made.told == {
        "name": "Tea & Mug",
        "category": "Food & Drink",
        "price": "18.50",
        "url": "https://shop.example/product/tea-mug/",
        "image_url": "https://shop.example/tm.jpg",
        "in_stock": "true",
        "tags": "gift",
    }


@pytest.mark.parametrize(
    ("more", "stands"),
    [
        ({"stock_status": "outofstock"}, "false"),
        ({"stock_status": "onbackorder"}, "true"),
        ({"status": "draft"}, "false"),
    ],
)
def test_whether_a_product_can_be_bought(more: dict[str, Any], stands: str) -> None:
    (made,) = shop.read("product.updated", shop.product(**more))
    assert isinstance(made, ProductNews)
    assert made.told["in_stock"] == stands


def test_a_variation_is_no_product_and_a_deleted_one_is_sold_no_more() -> None:
    assert shop.read("product.updated", shop.product(type="variation", parent_id=93)) == []
    assert shop.read("product.deleted", {"id": 93}) == [
        StockNews("woocommerce", RECEIVED, False, product_id="93")
    ]


@pytest.mark.parametrize("topic", sorted(TOPICS))
@pytest.mark.parametrize("payload", [{}, {"id": 0}, {"id": None}, {"id": {}}])
def test_what_has_no_id_is_refused(topic: str, payload: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        shop.read(topic, payload)
