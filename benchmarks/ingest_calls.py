"""Batches as Segment's libraries post them: pages, products looked at, baskets, orders, people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import orjson

SIZE = 100  # calls of a batch: what the Python library sends at most
SHOP = "https://shop.example"
AGENT = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/131.0.0.0 Safari/537.36"
)


def bodies(count: int, now: datetime, seed: int = 7) -> Iterator[bytes]:
    """So many batches of SIZE calls, all different, made within the minute before `now`."""
    random = Random(seed)
    for _ in range(count):
        calls = [_call(random, now - timedelta(milliseconds=random.randrange(60_000))) for _ in range(SIZE)]
        yield orjson.dumps({"batch": calls, "sentAt": _told(now), "writeKey": "in the header, too"})


def _call(random: Random, at: datetime) -> dict[str, Any]:
    """Of twenty calls nine are pages, seven products, two baskets, one an order and one a person."""
    who = random.randrange(20_000)
    make = (*[_page] * 9, *[_viewed] * 7, *[_added] * 2, _ordered, _identified)[random.randrange(20)]
    return {
        "anonymousId": str(UUID(int=who + (1 << 96), version=4)),
        "userId": f"u{who:07d}" if who % 2 else None,
        "messageId": f"ajs-next-{random.randrange(1 << 44)}-{UUID(int=random.getrandbits(128), version=4)}",
        "timestamp": _told(at),
        "integrations": {},
        "context": {
            "library": {"name": "analytics.js", "version": "next-1.84.3"},
            "userAgent": AGENT,
            "locale": "en-GB",
            "timezone": "Europe/London",
            "page": {
                "path": f"/products/item-{who % 2000:05d}",
                "referrer": f"{SHOP}/",
                "search": "",
                "title": f"Trail item {who % 2000} | Sample Outfitters",
                "url": f"{SHOP}/products/item-{who % 2000:05d}",
            },
        },
    } | make(random, who)


def _page(_random: Random, who: int) -> dict[str, Any]:
    path = f"/products/item-{who % 2000:05d}"
    return {
        "type": "page",
        "name": "Product",
        "properties": {
            "path": path,
            "referrer": f"{SHOP}/",
            "search": "",
            "title": f"Trail item {who % 2000} | Sample Outfitters",
            "url": SHOP + path,
        },
    }


def _viewed(random: Random, _who: int) -> dict[str, Any]:
    viewed = _product(random) | {"currency": "GBP", "value": 24.5}
    return {"type": "track", "event": "Product Viewed", "properties": viewed}


def _added(random: Random, who: int) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Product Added",
        "properties": _product(random) | {"cart_id": f"cart-{who}", "quantity": 1},
    }


def _ordered(random: Random, who: int) -> dict[str, Any]:
    products = [_product(random) | {"quantity": 1 + place} for place in range(3)]
    order = f"o{random.randrange(1 << 40)}"
    totals = {"total": 73.48, "revenue": 68.49, "shipping": 4.99, "tax": 11.4, "currency": "GBP"}
    return {
        "type": "track",
        "event": "Order Completed",
        "userId": f"u{who:07d}",
        "properties": {"order_id": order, "checkout_id": f"c{who}", **totals, "products": products},
    }


def _identified(_random: Random, who: int) -> dict[str, Any]:
    return {
        "type": "identify",
        "userId": f"u{who:07d}",
        "traits": {
            "email": f"customer{who}@mail.example",
            "firstName": f"Name{who % 997}",
            "lastName": f"Family{who % 1009}",
            "address": {"city": f"City {who % 113}", "country": "GB", "postalCode": "SW1A 1AA"},
            "createdAt": "2025-05-04T10:00:00Z",
        },
    }


def _product(random: Random) -> dict[str, Any]:
    number = random.randrange(2_000)
    return {
        "product_id": f"{number:05d}",
        "sku": f"SKU-{number:05d}",
        "category": ("boots", "jackets", "packs", "tents")[number % 4],
        "name": f"Trail item {number} & more",
        "brand": "Sample Outfitters",
        "price": 20 + number % 80 + 0.5,
        "url": f"{SHOP}/products/item-{number:05d}",
        "image_url": f"https://cdn.example/images/item-{number:05d}_320.jpg",
    }


def _told(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
