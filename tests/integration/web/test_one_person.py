"""The tablet browses, the desktop buys, the tablet signs in later: from the socket to the messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx
import pytest

from loyaltyloop.store.models import Basket, Customer
from loyaltyloop.web.service import Service
from tests.integration.store.shop import rows
from tests.integration.turn.stage import Stage, utc
from tests.integration.web.conftest import WRITE_KEY, served

DISCOUNT = """\
    journey: discount
    about: A discount for whoever left a basket and did not buy within a day.
    enter: {event: Product Added, if: {cart: {value: {over: 0}}}}
    leave_when:
      bought: {did: Order Completed}
      emptied: {not: {cart: {value: {over: 0}}}}
    steps:
      - wait: 1 day
      - send: discount
        template: test/hello
"""
TEA = {"product_id": "tea", "price": 6, "quantity": 2}
TABLET = {"anonymousId": "t-1"}
DESKTOP = {"anonymousId": "d-1", "userId": "ada"}


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = utc("03-02 09:00")

    def __call__(self) -> datetime:
        return self.now


@pytest.mark.parametrize("signed_in", ["03-02 20:00", "03-03 08:59", "03-03 10:00"])
def test_no_discount_for_who_bought_on_the_desktop(service: Service, signed_in: str) -> None:
    """Whoever signs in on the tablet before the wait is over; after it the discount has left."""
    stage = Stage(service.engine, DISCOUNT)
    stage.knows("ada")
    stage.knows("~t-1")
    clock = Hands()
    told: list[tuple[str, str, dict[str, Any]]] = [
        ("03-02 09:00", "track", {"event": "Product Added", "properties": TEA, **TABLET}),
        ("03-02 09:30", "identify", {"traits": {"plan": "gold"}, **DESKTOP}),
        ("03-02 09:40", "track", {"event": "Product Added", "properties": TEA, **DESKTOP}),
        (
            "03-02 10:00",
            "track",
            {"event": "Order Completed", "properties": {"order_id": "1", "products": [TEA]}, **DESKTOP},
        ),
        (signed_in, "identify", {"userId": "ada", **TABLET}),
    ]
    service = Service(service.engine, service.settings, clock=clock)
    with served(service) as url, httpx.Client(base_url=url, auth=(WRITE_KEY, "")) as client:
        for at, kind, call in told:
            _turns_until(stage, clock, at)
            sent = {"messageId": f"{kind} {at}", **call}
            assert client.post(f"/v1/{kind}", json=sent).json()["success"]
    _turns_until(stage, clock, "03-05 09:00")
    late = signed_in == "03-03 10:00"
    assert stage.sent() == ([("t-1", "discount")] if late else [])
    assert ("t-1", "completed" if late else "left: bought") in stage.ends()
    assert [row.orders for row in rows(service.engine, Customer)] == [1]
    (basket,) = (row for row in rows(service.engine, Basket) if row.latest)
    assert basket.quantity == 0


def _turns_until(stage: Stage, clock: Hands, until: str) -> None:
    """A turn for what came before, and one just before the next thing happens."""
    if clock.now < utc(until):
        stage.turn(f"{clock.now:%m-%d %H:%M}")
        clock.now = utc(until)
        stage.turn(until)
