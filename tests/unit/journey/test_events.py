"""Names of events: what counts as nearly one of the spec's, and what is a name of the shop's own."""

from __future__ import annotations

import pytest

from loyaltyloop.journey.conditions.events import ALIASES, EVENTS, meant_event
from loyaltyloop.store.consents.consent import ANSWERS
from loyaltyloop.store.events import facts
from loyaltyloop.store.orders import orders


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Order Complete", "Order Completed"),
        ("order completed", "Order Completed"),
        ("order_completed", "Order Completed"),
        ("OrderCompleted", "Order Completed"),
        ("Orders Completed", "Order Completed"),
        ("Order Canceled", "Order Cancelled"),
        ("Order Shiped", "Order Shipped"),
        ("Product View", "Product Viewed"),
        ("Sign Up", "Signed Up"),
        ("Product Added To Wishlist", "Product Added to Wishlist"),
    ],
)
def test_nearly_an_event(name: str, meant: str) -> None:
    assert meant_event(name) == meant


@pytest.mark.parametrize(
    "name",
    [
        *("Newsletter Read", "Order Placed", "Order Paid", "Order Confirmed", "Product Saved", "Card Viewed"),
        *("Cart Updated", "Product Rated", "Appointment Booked", "Zed", "Subscription Renewed", "Opened"),
    ],
)
def test_names_of_the_shops_own(name: str) -> None:
    assert meant_event(name) is None


def test_what_the_engine_looks_for_is_known() -> None:
    named = {*orders.EVENTS, *facts.NOT_OWN, *facts.TICKETS, *facts.BY_MACHINES, *ANSWERS, *ALIASES.values()}
    assert named <= EVENTS
    assert not set(ALIASES) & EVENTS
    assert [meant_event(name) for name in sorted(EVENTS)] == [None] * len(EVENTS)
