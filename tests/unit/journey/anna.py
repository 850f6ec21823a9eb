"""A customer on whom conditions are tried."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from loyaltyloop.journey.conditions.view import Engagement, Enrolled, Event, Message, View

NOW = datetime(2024, 4, 1, 0, 30, tzinfo=UTC)
ENTERED = NOW - timedelta(days=10)
ARRIVED = NOW - timedelta(days=5)
HANDED_OVER = NOW - timedelta(days=6)
PRODUCTS = [{"product_id": "p1", "price": 2.5, "category": "Coffee"}, {"product_id": "p2"}]


def ago(**more: float) -> datetime:
    return NOW - timedelta(**more)


def event(
    number: int, name: str, at: datetime, arrived_at: datetime | None = None, **properties: Any
) -> Event:
    return Event(number, name, at, arrived_at or at, properties)


def response(kind: str, at: datetime, machine: bool = False, enrolment: int = 1) -> Engagement:
    journey = "mine" if enrolment == 1 else "other"
    return Engagement(enrolment, journey, "hello", kind, at, at, machine)


def answer(
    value: str | float, at: datetime, number: int = 0, arrived_at: datetime | None = None, **more: Any
) -> Engagement:
    """An answer to the question `ask`, which left eight days ago."""
    return Engagement(1, "mine", "ask", "answered", at, arrived_at or at, answer=value, id=number, **more)


OWN = Enrolled(
    id=1,
    entered_at=ENTERED,
    trigger={"order_id": "o1", "total": 50, "products": PRODUCTS, "note": None},
    trigger_event_id=1,
    order={"order_id": "o1", "status": "shipped", "total": 5000, "products": PRODUCTS, "currency": None},
    arrived_at=ARRIVED,
    arrivals={"hello": ARRIVED, "ask": ago(days=8)},
    kept={"score": {"number": 0.5, "model": "lapse", "version": 1}, "blank": {"number": None}},
    redeemed=("used",),
)
EVENTS = (
    event(1, "Order Completed", ENTERED, order_id="o1", products=PRODUCTS),
    event(2, "Order Completed", ago(days=7), order_id="o2", total=12.5),
    event(3, "Order Completed", ARRIVED, order_id="o3"),
    event(4, "Order Completed", ago(days=1), ago(hours=1), order_id="o1"),
    event(5, "Product Viewed", ago(days=2), product_id="p2"),
    event(6, "Product Viewed", ago(days=40), product_id="p3"),
    event(7, "Cart Viewed", ago(days=3), products=[{"product_id": "p9"}, {"product_id": "p1"}, 5]),
)
ANNA = View(
    now=NOW,
    zone="Europe/London",
    customer={
        "email": "anna@shop.example",
        "phone": None,
        "country": "GB",
        "birthday": date(1990, 2, 28),
        "tags": ["vip", "Coffee"],
        "orders": 3,
        "lifetime_value": 30000,
        "average_order": None,
        "last_order_at": ago(days=1),
    },
    attributes={
        "size": 42,
        "likes": ["tea"],
        "gone": None,
        "member": True,
        "since": "2024-03-01",
        "code": "1",
    },
    events=EVENTS,
    cart={
        "products": [{"product_id": "p1", "category": "Coffee", "quantity": 2, "price": 20.25}],
        "value": 4050,
        "quantity": 2,
        "lines": 1,
        "currency": "GBP",
        "url": "https://shop.example/cart",
        "began_at": ago(days=3),
        "updated_at": ago(hours=20),
    },
    predicted={"lapse": 0.7, "value": 120.0},
    consents={"email": True, "sms": False},
    engagements=(
        response("clicked", ago(days=6, hours=1)),  # before the hand-over: of a clock that goes wrong
        response("opened", ago(days=5, hours=12)),
        response("replied", ago(days=2), machine=True),
        response("clicked", ago(days=3), enrolment=2),
        answer("looking", ago(days=7, hours=2)),
        answer("gift", ago(days=7), arrived_at=ago(days=6)),
    ),
    messages=(
        Message(1, "mine", "hello", "handed_over", HANDED_OVER, HANDED_OVER),
        Message(1, "mine", "ask", "delivered", ago(days=8), ago(days=8)),
        Message(2, "other", "hello", "refused"),
    ),
    inside=frozenset({"mine"}),
    reachable=frozenset({"email", "push"}),
    enrolment=OWN,
)
