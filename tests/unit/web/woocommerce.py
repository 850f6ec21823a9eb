"""What WooCommerce sends, after the shapes of its reference, of a shop and people who do not exist."""

from __future__ import annotations

from typing import Any

from loyaltyloop.store.orders.shop_products import News
from loyaltyloop.store.segment import Call
from loyaltyloop.web.shops.delivery import Delivery
from loyaltyloop.web.shops.payload import instant
from loyaltyloop.web.shops.woocommerce import TOPICS


def day(day: int, hour: int = 12) -> str:
    """An instant in May 2026 as WooCommerce writes UTC: without an offset."""
    return f"2026-05-{day:02}T{hour:02}:00:00"


def order(status: str = "processing", changed: str = "2026-05-02T12:00:00", **more: Any) -> dict[str, Any]:
    return {
        "id": 727,
        "parent_id": 0,
        "number": "727",
        "status": status,
        "currency": "GBP",
        "date_created": "2026-05-02T13:00:00",
        "date_created_gmt": day(2),
        "date_modified_gmt": changed,
        "date_paid_gmt": day(2) if status in ("processing", "completed", "refunded") else None,
        "date_completed_gmt": day(5) if status == "completed" else None,
        "discount_total": "2.00",
        "shipping_total": "4.00",
        "total": "41.00",
        "total_tax": "6.83",
        "customer_id": 26,
        "created_via": "checkout",
        "billing": {
            "first_name": "Ben",
            "last_name": "Example",
            "address_1": "1 Example Road",
            "city": "Leeds",
            "country": "GB",
            "email": "ben@example.com",
            "phone": "",
        },
        "line_items": [
            {
                "id": 315,
                "name": "Tea &amp; Mug",
                "product_id": 93,
                "variation_id": 0,
                "quantity": 2,
                "sku": "TM",
                "price": 18.5,
                "image": {"id": "1", "src": "https://shop.example/tm.jpg"},
            }
        ],
        "coupon_lines": [{"id": 1, "code": "spring", "discount": "2.00"}],
        "refunds": [],
    } | more


def customer(**more: Any) -> dict[str, Any]:
    return {
        "id": 26,
        "date_created_gmt": day(1),
        "date_modified_gmt": day(1),
        "email": "ben@example.com",
        "first_name": "Ben",
        "last_name": "",
        "role": "customer",
        "username": "ben",
        "billing": {"last_name": "Example", "city": "Leeds", "country": "GB", "phone": "0113 496 0000"},
        "is_paying_customer": False,
    } | more


def product(**more: Any) -> dict[str, Any]:
    return {
        "id": 93,
        "name": "Tea &amp; Mug",
        "type": "simple",
        "parent_id": 0,
        "status": "publish",
        "permalink": "https://shop.example/product/tea-mug/",
        "date_modified_gmt": day(3),
        "price": "18.50",
        "stock_status": "instock",
        "categories": [{"id": 1, "name": "Food &amp; Drink", "slug": "food"}],
        "tags": [{"id": 2, "name": "gift"}],
        "images": [{"id": 3, "src": "https://shop.example/tm.jpg"}],
    } | more


def read(topic: str, payload: dict[str, Any], **more: Any) -> list[Call | News]:
    """What a delivery becomes."""
    received = instant("2026-05-20T12:00:00Z")
    assert received is not None
    whole: dict[str, Any] = {"received": received, "key": "d1"} | more
    return list(TOPICS[topic](Delivery(source="woocommerce", topic=topic, payload=payload, **whole)))
