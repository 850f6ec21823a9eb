"""Shopify: topic → what it becomes."""

from __future__ import annotations

from loyaltyloop.web.shops import shopify_orders as orders
from loyaltyloop.web.shops import shopify_people as people
from loyaltyloop.web.shops import shopify_products as products
from loyaltyloop.web.shops.delivery import Topics

SOURCE = "shopify"
TOPICS: Topics = {
    "orders/create": orders.order,
    "orders/paid": orders.order,
    "orders/updated": orders.order,
    "orders/fulfilled": orders.order,
    "orders/partially_fulfilled": orders.order,
    "orders/cancelled": orders.order,
    "refunds/create": orders.refund,
    "fulfillments/create": orders.parcel,
    "fulfillments/update": orders.parcel,
    "fulfillment_events/create": orders.parcel_event,
    "checkouts/create": orders.checkout,
    "checkouts/update": orders.checkout,
    "carts/create": orders.cart,
    "carts/update": orders.cart,
    "customers/create": people.customer,
    "customers/update": people.customer,
    "customers/delete": people.deleted,
    "customers_marketing_consent/update": people.consent,
    "customers_email_marketing_consent/update": people.consent,
    "products/create": products.product,
    "products/update": products.product,
    "products/delete": products.deleted,
    "inventory_levels/update": products.stock,
    "customers/data_request": people.request,
    "customers/redact": people.request,
    "shop/redact": people.request,
}
