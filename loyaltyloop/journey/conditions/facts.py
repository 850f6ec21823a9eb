"""What is known of a customer, an order, a product and a basket: field → kind of value.

`check` knows templates' and conditions' names by these tables; the evaluators read values by their kind.
An attribute of a customer that stands in no table is the shop's own: its kind is whatever arrived.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

# money: integer minor units in the store, major units in files. instant: aware UTC. date: without a zone.
Kind = Literal["text", "number", "money", "instant", "date", "list", "bool"]

# The columns of customers.csv, then the facts that the store keeps up to date.
CUSTOMER: Mapping[str, Kind] = {
    "email": "text",
    "phone": "text",
    "first_name": "text",
    "last_name": "text",
    "birthday": "date",
    "country": "text",
    "city": "text",
    "timezone": "text",
    "locale": "text",
    "created_at": "instant",
    "tags": "list",
    "often": "text",
    "paused_until": "instant",
    "orders": "number",
    "lifetime_value": "money",
    "average_order": "money",
    "first_order_at": "instant",
    "last_order_at": "instant",
    "last_seen_at": "instant",
    "favourite_category": "text",
    "tier": "text",
    "points": "number",
    "badges": "list",
    "referral_code": "text",
    "open_cases": "number",
}

# Facts that the shop's events alone change: no `set` step may write them.
FACTS = frozenset(name for name in CUSTOMER if name not in ("tags",)) - {
    "email",
    "phone",
    "first_name",
    "last_name",
    "birthday",
    "country",
    "city",
    "timezone",
    "locale",
    "created_at",
}

ORDER: Mapping[str, Kind] = {
    "order_id": "text",
    "products": "list",
    "total": "money",
    "currency": "text",
    "main_category": "text",
    "status": "text",
}
ORDER_STATES = ("open", "shipped", "delivered", "cancelled", "partly_refunded", "refunded")

# A product of the shop's catalogue (products.csv).
PRODUCT: Mapping[str, Kind] = {
    "product_id": "text",
    "name": "text",
    "category": "text",
    "price": "money",
    "currency": "text",
    "url": "text",
    "image_url": "text",
    "in_stock": "bool",
    "markets": "list",
    "tags": "list",
}

# A product as a line of an order, of a basket or of an event (Segment's e-commerce spec).
LINE: Mapping[str, Kind] = {
    "product_id": "text",
    "sku": "text",
    "category": "text",
    "name": "text",
    "brand": "text",
    "variant": "text",
    "price": "money",
    "quantity": "number",
    "coupon": "text",
    "position": "number",
    "url": "text",
    "image_url": "text",
}

# `quantity`: pieces in all; `lines`: different products.
CART: Mapping[str, Kind] = {
    "products": "list",
    "value": "money",
    "quantity": "number",
    "lines": "number",
    "currency": "text",
    "url": "text",
    "began_at": "instant",
    "updated_at": "instant",
}
# A basket that nobody told of for so long is over: shops forget them in two to four weeks.
BASKET_LIFE = timedelta(days=30)
