"""A shop with points, tiers, badges and friends, for tests of the store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.conditions.condition import Compare, Did, Where
from loyaltyloop.journey.model import Shop
from loyaltyloop.journey.model.loyalty import Badge, Points, Referral, Tier
from loyaltyloop.store.database import write_shop
from loyaltyloop.store.events.apply import apply_events
from loyaltyloop.store.loyalty.look import look
from loyaltyloop.store.models import Customer, Event, PointsEntry
from tests.integration.store.shop import NOW, SHOP, feed, rows, track

POINTS = Points(earn=2, expire_after=Duration.of("90 days"))
LOYAL = replace(SHOP, points=POINTS)
OFTEN = Did(("Order Completed",), Duration.of("60 days"), None, (Compare("at_least", 3),), Where(()), None)
TIERED = replace(
    SHOP,
    tiers=(
        Tier("silver", "lifetime_value", Decimal(50), Decimal(50)),
        Tier("gold", "spent", Decimal(100), Decimal(80), Duration.of("30 days"), Duration.of("10 days")),
    ),
)
BADGED = replace(
    SHOP, badges=(Badge("regular", "Three orders in sixty days", OFTEN), Badge("founder", "Here first"))
)
BRINGING = replace(
    SHOP, points=Points(), referral=Referral("https://shop.example/?ref=", Duration.of("14 days"), points=200)
)


def settle(engine: Engine, *raws: dict[str, Any], shop: Shop = LOYAL, now: datetime = NOW) -> None:
    """Record these calls, apply what has arrived, and look at whom it concerns."""
    feed(engine, raws)
    apply_events(engine, now, shop)
    look(lambda: write_shop(engine), now, shop, b"a secret for tests")


def order(who: str, when: str, total: float, name: str = "", **more: Any) -> dict[str, Any]:
    """An order; without a name it is called after customer and time."""
    return track(who, "Order Completed", when, order_id=name or f"{who} {when}", total=total, **more)


def ledger(engine: Engine) -> list[tuple[str, str, int]]:
    """Kind, cause and points of each entry, in the order in which they were added."""
    return [(row.kind, row.cause, row.points) for row in rows(engine, PointsEntry, "id")]


def customers(engine: Engine) -> dict[str, Any]:
    """The customers by their keys."""
    return {row.key: row for row in rows(engine, Customer)}


def balances(engine: Engine) -> dict[str, int]:
    """Points by key of the customer; it is the sum of the ledger."""
    sums: dict[int, int] = {}
    for row in rows(engine, PointsEntry):
        sums[row.customer_id] = sums.get(row.customer_id, 0) + row.points
    found = {row.id: (row.key, row.points) for row in rows(engine, Customer)}
    assert {who: points for who, (_, points) in found.items() if points} == {
        who: points for who, points in sums.items() if points
    }
    return dict(found.values())


def news(engine: Engine, names: Iterable[str]) -> list[tuple[str, dict[str, Any]]]:
    """The events of these names that were told, in the order of their ids: name and properties."""
    return [(row.name, row.properties) for row in rows(engine, Event, "id") if row.name in set(names)]
