"""Tiers in the database: what customers come to is read, and who rises or falls is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Table, and_, select

from loyaltyloop.journey.model import Shop
from loyaltyloop.journey.money import exponent
from loyaltyloop.store import bulk
from loyaltyloop.store.loyalty.announce import News
from loyaltyloop.store.loyalty.tiers import Holds, Measures, held
from loyaltyloop.store.models import Customer, LoyaltyStanding, Order

customer: Table = Customer.__table__  # type: ignore[attr-defined]
order: Table = Order.__table__  # type: ignore[attr-defined]
standing: Table = LoyaltyStanding.__table__  # type: ignore[attr-defined]
CHANGED = "Tier Changed"


@dataclass(frozen=True)
class Judged:
    """What was decided of tiers: news, and when to look again, by customer."""

    news: list[News]
    looks: dict[int, datetime]


def refresh(connection: Connection, shop: Shop, looks: Mapping[int, datetime]) -> Judged:
    """Bring the tiers of these customers up to date. `looks`: customer → as of when."""
    if not shop.tiers:
        return Judged([], {})
    wanted = bulk.fill_temporary(connection, "loyal", {"id": int}, ((who,) for who in sorted(looks)))
    columns = (customer.c.id, customer.c.key, customer.c.points, customer.c.lifetime_value)
    held_now = (standing.c.tier, standing.c.tier_since, standing.c.below_since)
    rows = connection.execute(
        select(*columns, *held_now)
        .join(wanted, wanted.c.id == customer.c.id)
        .join(standing, standing.c.customer_id == customer.c.id)
        .order_by(customer.c.id)
    ).all()
    spent = _spent(connection, wanted, shop) if any(tier.within for tier in shop.tiers) else {}
    judged = Judged([], {})
    kept = []
    for row in rows:
        now = looks[row.id]
        found = held(shop.tiers, row.tier, row.below_since, _measures(row, spent, shop), now)
        if found.look_at is not None:
            judged.looks[row.id] = found.look_at
        if (found.tier, found.below_since) != (row.tier, row.below_since):
            since = row.tier_since if found.tier == row.tier else now
            kept.append((row.id, found.tier, since, found.below_since))
        if found.tier != row.tier:
            judged.news.append(_news(row, found, shop, now))
    bulk.update_rows(connection, standing, "customer_id", ["tier", "tier_since", "below_since"], kept)
    bulk.update_rows(connection, customer, "id", ["tier"], [(who, tier) for who, tier, _, _ in kept])
    return judged


def _measures(row: Any, spent: Mapping[int, list[tuple[datetime, Decimal]]], shop: Shop) -> Measures:
    scale = Decimal(10) ** exponent(shop.currency)
    return Measures(row.points, row.lifetime_value / scale, spent.get(row.id, ()), shop.timezone)


def _spent(connection: Connection, wanted: Table, shop: Shop) -> dict[int, list[tuple[datetime, Decimal]]]:
    """What orders came to after refunds, in major units; of each customer."""
    counted = and_(
        order.c.status != "cancelled", order.c.total.is_not(None), order.c.total > order.c.refunded
    )
    columns = (order.c.customer_id, order.c.ordered_at, order.c.total - order.c.refunded)
    rows = connection.execute(
        select(*columns).join(wanted, wanted.c.id == order.c.customer_id).where(counted)
    )
    scale = Decimal(10) ** exponent(shop.currency)
    found: dict[int, list[tuple[datetime, Decimal]]] = defaultdict(list)
    for who, at, amount in rows.all():
        found[who].append((at, amount / scale))
    return found


def _news(row: Any, found: Holds, shop: Shop, now: datetime) -> News:
    """The event: `tier` is the new one, `previous` the old one; none is left out."""
    ranks = {tier.name: rank for rank, tier in enumerate(shop.tiers)}
    rose = ranks.get(found.tier or "", -1) > ranks.get(row.tier or "", -1)
    names = {"tier": found.tier, "previous": row.tier}
    told = {name: value for name, value in names.items() if value is not None}
    return News(row.id, row.key, CHANGED, told | {"direction": "up" if rose else "down"}, now)
