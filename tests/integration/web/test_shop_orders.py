"""What deliveries come to: orders, facts and people, the same in whatever order they arrive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loyaltyloop.store.events.apply import apply_events
from loyaltyloop.store.models import Consent, ConsentEntry, Customer, Event, Identity, Order, OrderLine
from loyaltyloop.web.service import Service
from tests.integration.store.shop import SHOP, one, rows
from tests.integration.store.test_facts import empty, picture
from tests.integration.web.conftest import served
from tests.integration.web.shops import NOW, send, taken, ticking
from tests.unit.web import shopify, woocommerce

Deliveries = list[tuple[str, dict[str, Any]]]
LATER = NOW + timedelta(days=1)

BOUGHT = shopify.order()
PAID = shopify.order(financial_status="paid", updated_at=shopify.day(2, 13))
# Edited: a spoon more.
EDITED = shopify.order(
    financial_status="paid",
    updated_at=shopify.day(3),
    total_price="44.00",
    line_items=[shopify.TEAPOT, shopify.MUG, shopify.SPOON],
)
SENT = EDITED | {
    "updated_at": shopify.day(4),
    "fulfillment_status": "fulfilled",
    "fulfillments": [shopify.fulfillment()],
}
BACK = shopify.refund(shopify.refunded(shopify.MUG, 1, 6.5))
PAID_BACK = SENT | {"updated_at": shopify.day(9), "refunds": [BACK]}
WITHDRAWN = {
    "customer_id": shopify.CUSTOMER,
    "email_address": "ada@example.com",
    "email_marketing_consent": shopify.consent("unsubscribed", shopify.day(12)),
}
MOVED = shopify.customer(updated_at=shopify.day(11), first_name="Adah", email="adah@example.com")
LIFE: Deliveries = [
    ("customers/create", shopify.customer()),
    ("carts/update", shopify.cart()),
    ("checkouts/create", shopify.checkout()),
    ("checkouts/update", shopify.checkout()),
    ("orders/create", BOUGHT),
    ("orders/paid", PAID),
    ("orders/updated", EDITED),
    ("fulfillments/create", shopify.fulfillment()),
    ("orders/fulfilled", SENT),
    ("fulfillment_events/create", shopify.fulfillment_event("in_transit", id=1, happened_at=shopify.day(5))),
    ("fulfillment_events/create", shopify.fulfillment_event("delivered")),
    ("refunds/create", BACK),
    ("orders/updated", PAID_BACK),
    ("customers/update", MOVED),
    ("customers_email_marketing_consent/update", WITHDRAWN),
]


def as_guest(topic: str, payload: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The same without a customer's record."""
    address = {"email": "guest@example.com", "contact_email": "guest@example.com"}
    return topic, payload | ({"customer": None} | address if "customer" in payload else {})


CALLED_OFF = EDITED | {"updated_at": shopify.day(3, 15), "cancelled_at": shopify.day(3, 15)}
GUESTS: Deliveries = [
    as_guest(topic, payload) for topic, payload in LIFE if topic.startswith(("or", "ful", "ref", "ca", "ch"))
]
CANCELLED: Deliveries = [*LIFE[:7], ("orders/cancelled", CALLED_OFF)]


def woo(status: str, day: int, **more: Any) -> dict[str, Any]:
    return woocommerce.order(status, changed=woocommerce.day(day), **more)


SOME_BACK = [{"id": 726, "reason": "", "total": "-10.00"}]
WOO: Deliveries = [
    ("customer.created", woocommerce.customer()),
    ("order.created", woo("pending", 2)),
    ("order.updated", woo("failed", 3)),
    ("order.updated", woo("processing", 4)),
    ("order.updated", woo("completed", 5)),
    ("order.updated", woo("completed", 6, refunds=SOME_BACK, total="39.00")),
    ("customer.updated", woocommerce.customer(date_modified_gmt=woocommerce.day(7), first_name="Benno")),
]
REVIVED: Deliveries = [
    ("order.created", woo("on-hold", 2)),
    ("order.updated", woo("cancelled", 3)),
    ("order.updated", woo("processing", 4)),
]
WOO_GUEST: Deliveries = [
    (topic, payload | {"customer_id": 0}) for topic, payload in WOO if topic.startswith("order")
]


def arrive(service: Service, web: httpx.Client, source: str, deliveries: Deliveries) -> None:
    """Let them come, one by one, to an empty database; half-way a turn applies what is there."""
    empty(service.engine)
    for number, (topic, payload) in enumerate(deliveries):
        assert taken(send(web, source, topic, payload, event=f"e{number}"))
        if number == len(deliveries) // 2:
            apply_events(service.engine, LATER, SHOP)
    apply_events(service.engine, LATER, SHOP)


def state(service: Service) -> dict[str, Any]:
    """All that is known but the events themselves: which of several told it first does not matter."""
    return {name: found for name, found in picture(service.engine).items() if name != "events"}


@pytest.mark.parametrize(
    ("source", "deliveries"),
    [
        pytest.param("shopify", LIFE, id="shopify"),
        pytest.param("shopify", GUESTS, id="shopify-guest"),
        pytest.param("shopify", CANCELLED, id="shopify-cancelled"),
        pytest.param("woocommerce", WOO, id="woocommerce"),
        pytest.param("woocommerce", WOO_GUEST, id="woocommerce-guest"),
        pytest.param("woocommerce", REVIVED, id="woocommerce-revived"),
    ],
)
def test_the_order_of_arrival_changes_nothing(service: Service, source: str, deliveries: Deliveries) -> None:
    service = ticking(service)
    with served(service) as url, httpx.Client(base_url=url, timeout=30) as web:
        arrive(service, web, source, deliveries)
        in_order = state(service)

        @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.permutations(deliveries), st.lists(st.sampled_from(deliveries), max_size=2))
        def otherwise(order: Deliveries, again: Deliveries) -> None:
            arrive(service, web, source, [*order, *again])
            assert state(service) == in_order

        otherwise()


def after(service: Service, source: str, deliveries: Deliveries) -> Any:
    """The only order, after these."""
    service = ticking(service)
    with served(service) as url, httpx.Client(base_url=url, timeout=30) as web:
        arrive(service, web, source, deliveries)
    return one(service.engine, Order)


def customer(service: Service) -> Any:
    """The only customer."""
    return one(service.engine, Customer)


def test_an_order_that_is_paid_edited_sent_and_partly_paid_back_is_one(service: Service) -> None:
    order = after(service, "shopify", LIFE)
    assert (order.order_id, order.status, order.total, order.refunded) == (
        str(shopify.ORDER),
        "partly_refunded",
        4400,
        650,
    )
    assert order.ordered_at == datetime(2026, 5, 2, 16, tzinfo=UTC)
    lines = {
        row.product_id: (row.quantity, row.price, row.returned) for row in rows(service.engine, OrderLine)
    }
    assert lines == {"3301": (1, 2400, False), "3302": (2, 650, True), "3303": (1, 300, False)}
    ada = customer(service)
    assert (ada.orders, ada.lifetime_value, ada.average_order) == (1, 3750, 3750)
    assert (ada.email, ada.first_name, ada.city, ada.country) == ("adah@example.com", "Adah", "Leeds", "GB")
    assert ada.attributes == {"shop_tags": ["trade", "vip"]}
    names = [row.name for row in rows(service.engine, Event)]
    assert [names.count(name) for name in ("Order Completed", "Order Refunded", "Signed Up")] == [1, 1, 1]
    assert {row.customer_id for row in rows(service.engine, Event)} == {ada.id}
    consent = one(service.engine, Consent)
    assert (consent.channel, consent.given) == ("email", False)
    assert len(rows(service.engine, ConsentEntry)) == 2  # told by many deliveries, given and withdrawn once


def test_clerks_writing_in_a_record_are_no_sign_of_the_customer(service: Service) -> None:
    deliveries: Deliveries = [
        ("orders/create", BOUGHT),
        ("customers/update", shopify.customer(updated_at=shopify.day(18), tags="vip")),
    ]
    after(service, "shopify", deliveries)
    assert customer(service).last_seen_at == datetime(2026, 5, 2, 16, tzinfo=UTC)


def test_a_cancelled_order_counts_no_more(service: Service) -> None:
    assert after(service, "shopify", CANCELLED).status == "cancelled"
    assert (customer(service).orders, customer(service).lifetime_value) == (0, 0)


def test_guests_of_one_address_are_one_customer_and_become_the_account(service: Service) -> None:
    second = shopify.guest(id=5500000000002, checkout_token="ch78", cart_token="c2")
    deliveries: Deliveries = [
        ("fulfillment_events/create", shopify.fulfillment_event("delivered")),
        ("orders/create", shopify.guest()),
        ("orders/create", second | {"email": "GUEST@example.com", "contact_email": None}),
    ]
    service = ticking(service)
    with served(service) as url, httpx.Client(base_url=url, timeout=30) as web:
        arrive(service, web, "shopify", deliveries)
        guest = customer(service)
        assert (guest.orders, guest.email.lower()) == (2, "guest@example.com")
        record = shopify.customer(email="guest@example.com", updated_at=shopify.day(10))
        assert taken(send(web, "shopify", "customers/create", record))
        apply_events(service.engine, LATER, SHOP)
    known = customer(service)
    assert (known.orders, known.first_name) == (2, "Ada")
    assert {row.kind for row in rows(service.engine, Identity)} == {"user", "anonymous"}
    statuses = {row.order_id: row.status for row in rows(service.engine, Order)}
    assert statuses == {str(shopify.ORDER): "delivered", "5500000000002": "open"}


def test_an_address_that_changes_hands_makes_nobody_somebody_else(service: Service) -> None:
    shared = "shared@example.com"
    deliveries: Deliveries = [
        ("customers/update", shopify.customer(id=1, email=shared)),
        ("customers/update", shopify.customer(id=2, email=shared)),
        ("orders/create", shopify.order(customer=shopify.customer(id=1))),
    ]
    after(service, "shopify", deliveries)
    assert {row.key: row.orders for row in rows(service.engine, Customer)} == {"1": 1, "2": 0}


def test_an_unpaid_order_of_woocommerce_is_none_yet(service: Service) -> None:
    service = ticking(service)
    with served(service) as url, httpx.Client(base_url=url, timeout=30) as web:
        arrive(service, web, "woocommerce", WOO[:2])
        assert not rows(service.engine, Order)
        arrive(service, web, "woocommerce", WOO[:3])
        assert one(service.engine, Order).status == "cancelled"
        assert customer(service).orders == 0
        arrive(service, web, "woocommerce", WOO)
    order = one(service.engine, Order)
    assert (order.status, order.total, order.refunded) == ("partly_refunded", 3900, 1000)
    assert (customer(service).orders, customer(service).first_name) == (1, "Benno")


def test_deleted_and_restored(service: Service) -> None:
    deliveries: Deliveries = [("order.created", woo("processing", 2)), ("order.deleted", {"id": 727})]
    assert after(service, "woocommerce", deliveries).status == "cancelled"
    assert after(service, "woocommerce", deliveries[::-1]).status == "cancelled"
    assert "Order Cancelled" not in {row.name for row in rows(service.engine, Event)}  # nobody did
    restored = [*deliveries, ("order.restored", woo("processing", 2))]
    assert after(service, "woocommerce", restored).status == "open"
    assert customer(service).orders == 1


def test_an_account_that_is_deleted_is_written_to_no_more(service: Service) -> None:
    deliveries: Deliveries = [
        ("customers/create", shopify.customer()),
        ("orders/create", BOUGHT),
        ("customers/delete", {"id": shopify.CUSTOMER}),
    ]
    after(service, "shopify", deliveries)
    assert {row.channel: row.given for row in rows(service.engine, Consent)} == dict.fromkeys(
        ("email", "sms", "push"), False
    )
