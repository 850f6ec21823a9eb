"""Whatever stands in a signed payload: it is read, or Refused, and what comes of it can be stored."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyaltyloop.store.canonical import LONGEST_ID, Refused, canonical
from loyaltyloop.store.orders.shop_products import News
from loyaltyloop.store.segment import Call
from tests.unit.web import shopify, woocommerce

WHOLE = shopify.order(
    fulfillment_status="fulfilled",
    cancelled_at=shopify.day(3),
    fulfillments=[shopify.fulfillment()],
    refunds=[shopify.refund(shopify.refunded(shopify.MUG, 1, 6.5))],
)
Read = Callable[..., list[Call | News]]
DELIVERIES: list[tuple[Read, str, dict[str, Any]]] = [
    (shopify.read, "orders/updated", WHOLE),
    (shopify.read, "orders/paid", shopify.guest()),
    (shopify.read, "refunds/create", shopify.refund(shopify.refunded(shopify.MUG, 1, 6.5), paid=None)),
    (shopify.read, "fulfillments/create", shopify.fulfillment()),
    (shopify.read, "fulfillment_events/create", shopify.fulfillment_event()),
    (shopify.read, "checkouts/update", shopify.checkout()),
    (shopify.read, "carts/update", shopify.cart()),
    (shopify.read, "customers/create", shopify.customer()),
    (shopify.read, "customers/redact", {"customer": {"id": 1}, "orders_to_redact": [1]}),
    (shopify.read, "products/update", shopify.product()),
    (shopify.read, "inventory_levels/update", {"inventory_item_id": 1, "available": 1}),
    (woocommerce.read, "order.updated", woocommerce.order("completed", refunds=[{"id": 1, "total": "-1"}])),
    (woocommerce.read, "order.created", woocommerce.order("pending", customer_id=0)),
    (woocommerce.read, "customer.created", woocommerce.customer()),
    (woocommerce.read, "product.updated", woocommerce.product()),
]
JUNK: list[Any] = [
    *(None, True, 0, -1, 1.5, 1e300, -1e-300, 2**64 - 1, -(2**63), "", " ", "\0", "a\0b", "x" * 5000),
    *("1e5", "NaN", "-0", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "ü😀" * 200),
    *([], {}, [None], [[[]]], {"a": {"b": []}}, [1, "a", {}], {"": ""}),
]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a document."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inside:
        yield (*path, name)
        yield from places(each, (*path, name))


def put(document: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    made = copy.deepcopy(document)
    place: Any = made
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return made


def storable(found: list[Call | News]) -> None:
    """What both databases take, and no more than an index holds."""
    for each in found:
        if isinstance(each, Call):
            assert canonical(each.properties) == each.properties
            assert orjson.loads(orjson.dumps(each.properties)) == each.properties
            ids = (each.message_id, each.user_id, each.anonymous_id, each.previous_id, each.order_id)
            assert all("\0" not in one and len(one) <= LONGEST_ID for one in ids if one is not None)
            assert each.user_id or each.anonymous_id
            assert 1995 <= each.at.year <= 2026


@pytest.mark.parametrize(
    ("read", "topic", "payload"), DELIVERIES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_junk_in_any_one_place(read: Read, topic: str, payload: dict[str, Any]) -> None:
    for path in places(payload):
        for value in JUNK:
            try:
                storable(read(topic, put(payload, path, value)))
            except Refused as reason:
                assert len(str(reason)) < 60


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(DELIVERIES), st.data())
def test_junk_in_several_places(delivery: tuple[Read, str, dict[str, Any]], data: st.DataObject) -> None:
    read, topic, payload = delivery
    for _ in range(data.draw(st.integers(2, 6))):
        path = data.draw(st.sampled_from([*places(payload)]))
        payload = put(payload, path, data.draw(st.sampled_from(JUNK)))
    with suppress(Refused):
        storable(read(topic, payload))
