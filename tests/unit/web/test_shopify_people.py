"""Shopify's customers, their consent and requests, its products and stock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from loyaltyloop.store.orders.shop_products import ProductNews, StockNews
from loyaltyloop.store.privacy.tombstones import by_email
from tests.unit.web import shopify as shop
from tests.unit.web.test_shopify import ASKED, CUSTOMER, ORDER, RECEIVED, calls, named


def test_a_customer() -> None:
    made = named(calls("customers/update", shop.customer(phone="0113 496 0000")))["identify"]
    assert made.properties == {
        "email": "Ada@example.com",
        "phone": "0113 496 0000",
        "first_name": "Ada",
        "last_name": "Example",
        "city": "Leeds",
        "country": "GB",
        "created_at": shop.day(1, 9),
        "shop_tags": ["trade", "vip"],
    }


SMS = "customers_marketing_consent/update"
EMAIL = "customers_email_marketing_consent/update"


@pytest.mark.parametrize(
    ("topic", "state", "name"),
    [
        (EMAIL, "subscribed", "Consent Granted"),
        (EMAIL, "unsubscribed", "Consent Withdrawn"),
        (EMAIL, "not_subscribed", "Consent Withdrawn"),
        (EMAIL, "redacted", "Consent Withdrawn"),
        (SMS, "subscribed", "Consent Granted"),
        (SMS, "unsubscribed", "Consent Withdrawn"),
        (EMAIL, "pending", None),
        (EMAIL, "invalid", None),
        (EMAIL, "else", None),
    ],
)
def test_consent(topic: str, state: str, name: str | None) -> None:
    place, channel = (
        ("sms_marketing_consent", "sms") if topic == SMS else ("email_marketing_consent", "email")
    )
    found = calls(topic, {"customer_id": shop.CUSTOMER, place: shop.consent(state, shop.day(7))})
    told = [(call.name, call.properties["channel"], call.user_id, call.at) for call in found]
    assert told == ([] if name is None else [(name, channel, CUSTOMER, datetime(2026, 5, 7, 16, tzinfo=UTC))])


def test_who_never_answered_has_not_withdrawn() -> None:
    silent = shop.customer(email_marketing_consent=shop.consent("not_subscribed", None))
    assert [call.type for call in calls("customers/update", silent)] == ["identify"]


def test_one_answer_told_by_two_topics_is_one() -> None:
    given = shop.consent("subscribed", shop.day(7))
    one = calls(EMAIL, {"customer_id": shop.CUSTOMER, "email_marketing_consent": given})
    other = named(calls("customers/update", shop.customer(email_marketing_consent=given)))
    assert one[0].message_id == other["Consent Granted"].message_id


def test_a_request_of_privacy_is_recorded_without_the_address() -> None:
    asked = ASKED | {"orders_requested": [shop.ORDER], "data_request": {"id": 9}}
    (made,) = calls("customers/data_request", asked)
    assert made.user_id == CUSTOMER
    assert made.properties == {
        "topic": "customers/data_request",
        "shop_domain": shop.DOMAIN,
        "orders": [ORDER],
        "request_id": "9",
    }
    (guest, *_) = calls("customers/redact", ASKED | {"customer": {"email": "ada@example.com"}})
    assert (guest.user_id, guest.anonymous_id) == (None, by_email("ada@example.com"))


# ── products ────────────────────────────────────────────────────────────────


def test_a_product() -> None:
    (made,) = shop.read("products/update", shop.product())
    assert isinstance(made, ProductNews)
    assert made.told == {
        "name": "Teapot",
        "category": "Ware",
        "price": "19.99",
        "url": "/products/teapot",
        "image_url": "https://cdn.example/teapot.jpg",
        "in_stock": "true",
        "tags": "pottery, gift",
    }
    assert made.items == {"54401": True, "54402": True}


@pytest.mark.parametrize(
    ("more", "stands"),
    [
        ({"variants": [shop.variant(1, "1", 0), shop.variant(2, "1", -4)]}, "false"),
        ({"variants": [shop.variant(1, "1", 0, inventory_policy="continue")]}, "true"),
        ({"variants": [shop.variant(1, "1", 0, inventory_management=None)]}, "true"),
        ({"variants": []}, "false"),
        ({"status": "draft"}, "false"),
        ({"status": "archived"}, "false"),
        ({"published_at": None}, "false"),
    ],
)
def test_whether_a_product_can_be_bought(more: dict[str, Any], stands: str) -> None:
    (made,) = shop.read("products/update", shop.product(**more))
    assert isinstance(made, ProductNews)
    assert made.told["in_stock"] == stands


def test_stock() -> None:
    level = {"inventory_item_id": 54401, "location_id": 1, "available": 2, "updated_at": shop.day(4)}
    at = datetime(2026, 5, 4, 16, tzinfo=UTC)
    assert shop.read("inventory_levels/update", level) == [StockNews("shopify", at, True, item="54401")]
    assert shop.read("inventory_levels/update", level | {"available": 0}) == []
    assert shop.read("products/delete", {"id": 3301}) == [
        StockNews("shopify", RECEIVED, False, product_id="3301")
    ]
