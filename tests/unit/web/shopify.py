"""What Shopify sends, after the shapes of its reference, of a shop and people who do not exist."""

from __future__ import annotations

from typing import Any

from loyaltyloop.store.orders.shop_products import News
from loyaltyloop.store.segment import Call
from loyaltyloop.web.shops.delivery import Delivery
from loyaltyloop.web.shops.payload import instant
from loyaltyloop.web.shops.shopify import TOPICS

ORDER, CUSTOMER, CART = 5500000000001, 7700000000001, "c1a0e6"
DOMAIN = "sample.myshopify.com"


def day(day: int, hour: int = 12, minute: int = 0) -> str:
    """An instant in May 2026 as Shopify writes it, four hours behind UTC."""
    return f"2026-05-{day:02}T{hour:02}:{minute:02}:00-04:00"


def money(amount: str) -> dict[str, Any]:
    both = {"amount": amount, "currency_code": "GBP"}
    return {"shop_money": both, "presentment_money": both}


def line(number: int, title: str, price: str, quantity: int = 1) -> dict[str, Any]:
    return {
        "id": 990000 + number,
        "variant_id": 4400 + number,
        "product_id": 3300 + number,
        "title": title,
        "variant_title": "large",
        "name": f"{title} - large",
        "sku": f"SKU-{number}",
        "vendor": "Sample Pottery",
        "quantity": quantity,
        "current_quantity": quantity,
        "price": price,
        "price_set": money(price),
        "taxable": True,
        "properties": [],
    }


TEAPOT, MUG = line(1, "Teapot", "24.00"), line(2, "Mug", "6.50", 2)
SPOON = line(3, "Spoon", "3.00")


def customer(**more: Any) -> dict[str, Any]:
    return {
        "id": CUSTOMER,
        "email": "Ada@example.com",
        "created_at": day(1, 9),
        "updated_at": day(1, 9),
        "first_name": "Ada",
        "last_name": "Example",
        "state": "disabled",
        "note": None,
        "verified_email": True,
        "tags": "vip, trade",
        "currency": "GBP",
        "phone": None,
        "email_marketing_consent": consent("subscribed", day(1, 9)),
        "sms_marketing_consent": None,
        "default_address": {
            "id": 1,
            "customer_id": CUSTOMER,
            "address1": "1 Example Road",
            "city": "Leeds",
            "zip": "LS1 1AA",
            "country": "United Kingdom",
            "country_code": "GB",
            "default": True,
        },
        "admin_graphql_api_id": f"gid://shopify/Customer/{CUSTOMER}",
    } | more


def consent(state: str, at: str | None) -> dict[str, Any]:
    return {"state": state, "opt_in_level": "single_opt_in", "consent_updated_at": at}


def order(**more: Any) -> dict[str, Any]:
    return {
        "id": ORDER,
        "name": "#1001",
        "order_number": 1001,
        "token": "0f9a",
        "cart_token": CART,
        "checkout_token": "ch77",
        "email": "ada@example.com",
        "contact_email": "ada@example.com",
        "created_at": day(2),
        "processed_at": day(2),
        "updated_at": day(2),
        "cancelled_at": None,
        "cancel_reason": None,
        "closed_at": None,
        "test": False,
        "currency": "GBP",
        "presentment_currency": "GBP",
        "financial_status": "pending",
        "fulfillment_status": None,
        "source_name": "web",
        "customer_locale": "en-GB",
        "buyer_accepts_marketing": True,
        "subtotal_price": "37.00",
        "total_price": "41.00",
        "total_tax": "6.83",
        "total_discounts": "2.00",
        "total_shipping_price_set": money("4.00"),
        "discount_codes": [{"code": "SPRING", "amount": "2.00", "type": "fixed_amount"}],
        "line_items": [TEAPOT, MUG],
        "customer": customer(),
        "billing_address": {
            "first_name": "Ada",
            "last_name": "Example",
            "city": "Leeds",
            "country_code": "GB",
        },
        "shipping_address": {"first_name": "Ada", "city": "York", "country_code": "GB"},
        "fulfillments": [],
        "refunds": [],
    } | more


def guest(**more: Any) -> dict[str, Any]:
    """The same by somebody who has no customer's record."""
    return order(customer=None, email="guest@example.com", contact_email="guest@example.com") | more


def refund(*lines: dict[str, Any], paid: str | None = "6.50", **more: Any) -> dict[str, Any]:
    moved = {"kind": "refund", "status": "success", "amount": paid, "currency": "GBP", "test": False}
    return {
        "id": 8800000000001,
        "order_id": ORDER,
        "created_at": day(9),
        "processed_at": day(9),
        "note": "wrong colour, says Ada",
        "restock": True,
        "refund_line_items": list(lines),
        "transactions": [] if paid is None else [moved],
        "order_adjustments": [],
    } | more


def refunded(item: dict[str, Any], quantity: int, subtotal: float, kind: str = "return") -> dict[str, Any]:
    return {
        "id": 1,
        "line_item_id": item["id"],
        "quantity": quantity,
        "restock_type": kind,
        "subtotal": subtotal,
        "total_tax": 0.0,
        "subtotal_set": money(f"{subtotal:.2f}"),
        "line_item": item,
    }


def fulfillment(**more: Any) -> dict[str, Any]:
    return {
        "id": 6600000000001,
        "order_id": ORDER,
        "status": "success",
        "created_at": day(4),
        "updated_at": day(4),
        "tracking_company": "Sample Post",
        "tracking_number": "SP1",
        "tracking_url": "https://post.example/SP1",
        "shipment_status": None,
        "email": "ada@example.com",
        "line_items": [TEAPOT, MUG],
        "receipt": {},
    } | more


def fulfillment_event(status: str = "delivered", **more: Any) -> dict[str, Any]:
    return {
        "id": 110011,
        "fulfillment_id": 6600000000001,
        "order_id": ORDER,
        "status": status,
        "message": None,
        "happened_at": day(6),
        "created_at": day(6, 13),
        "updated_at": day(6, 13),
        "estimated_delivery_at": day(6),
        "city": "Leeds",
        "shop_id": 1,
    } | more


def cart(**more: Any) -> dict[str, Any]:
    return {
        "id": CART,
        "token": CART,
        "created_at": day(2, 10),
        "updated_at": day(2, 11),
        "note": None,
        "line_items": [TEAPOT | {"line_price": "24.00"}, MUG | {"line_price": "13.00"}],
    } | more


def checkout(**more: Any) -> dict[str, Any]:
    return {
        "id": 2200000000001,
        "token": "ch77",
        "cart_token": CART,
        "email": "ada@example.com",
        "created_at": day(2, 11, 30),
        "updated_at": day(2, 11, 40),
        "completed_at": None,
        "currency": "GBP",
        "total_price": "41.00",
        "subtotal_price": "37.00",
        "abandoned_checkout_url": "https://sample.example/checkouts/ch77/recover",
        "line_items": [TEAPOT, MUG | {"line_price": "13.00"}],
        "customer": customer(),
    } | more


def product(**more: Any) -> dict[str, Any]:
    return {
        "id": 3301,
        "title": "Teapot",
        "handle": "teapot",
        "product_type": "Ware",
        "vendor": "Sample Pottery",
        "status": "active",
        "published_at": day(1),
        "updated_at": day(3),
        "tags": "pottery, gift",
        "image": {"src": "https://cdn.example/teapot.jpg"},
        "images": [],
        "variants": [variant(4401, "24.00", 3), variant(4402, "19.99", 0)],
    } | more


def variant(number: int, price: str, pieces: int, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "product_id": 3301,
        "price": price,
        "inventory_item_id": number + 50000,
        "inventory_quantity": pieces,
        "inventory_policy": "deny",
        "inventory_management": "shopify",
    } | more


def read(topic: str, payload: dict[str, Any], **more: Any) -> list[Call | News]:
    """What a delivery becomes."""
    return list(TOPICS[topic](delivery(topic, payload, **more)))


def delivery(topic: str, payload: dict[str, Any], **more: Any) -> Delivery:
    received = instant(day(20))
    assert received is not None
    whole: dict[str, Any] = {"received": received, "key": "e1", "domain": DOMAIN} | more
    return Delivery(source="shopify", topic=topic, payload=payload, **whole)
