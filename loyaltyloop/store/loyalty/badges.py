"""Badges: given by a condition of shop.yaml or by a step, once each; kept, and told as an event."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Select, Table, delete, exists, select

from loyaltyloop.journey.conditions.condition import Condition
from loyaltyloop.journey.model import Shop
from loyaltyloop.store import bulk
from loyaltyloop.store.conditions.scope import Scope, limits, zone_limits
from loyaltyloop.store.conditions.sql import holds
from loyaltyloop.store.database import is_postgres
from loyaltyloop.store.loyalty.announce import News
from loyaltyloop.store.models import BadgeEarned, Customer

badge: Table = BadgeEarned.__table__  # type: ignore[attr-defined]
customer: Table = Customer.__table__  # type: ignore[attr-defined]
EARNED = "Badge Earned"
BY_RULE = "rule"
_COLUMNS = ["customer_id", "badge", "at", "cause"]


class Given(NamedTuple):
    """A badge for a customer (id, key), and by what."""

    customer_id: int
    key: str
    badge: str
    cause: str


@dataclass(frozen=True)
class _Asked:
    """Customers in a temporary table, whose conditions are asked as of one instant."""

    wanted: Table
    zones: list[str]
    now: datetime


def refresh(connection: Connection, shop: Shop, looks: Mapping[int, datetime]) -> list[News]:
    """Give these customers the badges whose conditions hold and that they do not have; the news of it."""
    rules = [(one.name, one.when) for one in shop.badges if one.when is not None]
    if not rules:
        return []
    groups: dict[datetime, list[int]] = defaultdict(list)
    for who, now in looks.items():
        groups[now].append(who)
    news: list[News] = []
    for now, ids in sorted(groups.items()):
        asked = _asked(connection, ids, now)
        found = [
            Given(who, key, name, BY_RULE)
            for name, condition in rules
            for who, key in connection.execute(_earning(connection, shop, asked, name, condition))
        ]
        news += give(connection, shop, found, now)
    return news


def _asked(connection: Connection, ids: Iterable[int], now: datetime) -> _Asked:
    wanted = bulk.fill_temporary(connection, "badge_asked", {"id": int}, ((who,) for who in sorted(ids)))
    zones = select(customer.c.zone).join(wanted, wanted.c.id == customer.c.id).distinct()
    return _Asked(wanted, sorted(connection.execute(zones).scalars()), now)


def _earning(
    connection: Connection, shop: Shop, asked: _Asked, name: str, condition: Condition
) -> Select[tuple[int, str]]:
    scope = Scope(
        customer=customer,
        now=asked.now,
        shop=shop,
        postgres=is_postgres(connection),
        limits=zone_limits(limits(condition), asked.zones, asked.now),
    )
    has = exists().where(badge.c.customer_id == customer.c.id, badge.c.badge == name)
    return (
        select(customer.c.id, customer.c.key)
        .join(asked.wanted, asked.wanted.c.id == customer.c.id)
        .where(~has, holds(condition, scope))
        .order_by(customer.c.id)
    )


def give(connection: Connection, shop: Shop, given: Iterable[Given], now: datetime) -> list[News]:
    """Put badges on record, each once for a customer; the news of those that are new."""
    first: dict[tuple[int, str], Given] = {}
    for one in given:
        first.setdefault((one.customer_id, one.badge), one)
    wanted = bulk.fill_temporary(
        connection, "badge_given", {"id": int}, ((who,) for who in {who for who, _ in first})
    )
    known = select(badge.c.customer_id, badge.c.badge).join(wanted, wanted.c.id == badge.c.customer_id)
    had = {(who, name) for who, name in connection.execute(known)}
    new = [one for place, one in sorted(first.items()) if place not in had]
    bulk.insert_rows(
        connection, badge, _COLUMNS, [(one.customer_id, one.badge, now, one.cause) for one in new]
    )
    _note(connection, {one.customer_id for one in new})
    words = {one.name: one.about for one in shop.badges}
    return [
        News(one.customer_id, one.key, EARNED, {"badge": one.badge, "about": words.get(one.badge, "")}, now)
        for one in new
    ]


def _note(connection: Connection, customers: Iterable[int]) -> None:
    """Write the badges of these customers beside their other facts, in the order of their names."""
    ids = sorted(customers)
    if not ids:
        return
    wanted = bulk.fill_temporary(connection, "badge_noted", {"id": int}, ((who,) for who in ids))
    rows = connection.execute(
        select(badge.c.customer_id, badge.c.badge).join(wanted, wanted.c.id == badge.c.customer_id)
    )
    names: dict[int, list[str]] = {who: [] for who in ids}
    for who, name in rows:
        names[who].append(name)
    bulk.update_rows(
        connection, customer, "id", ["badges"], [(who, sorted(has)) for who, has in names.items()]
    )


def merge(connection: Connection, into: Mapping[int, int]) -> None:
    """The badges of who turned out to be somebody else: each once, since the earlier of the two."""
    gone = bulk.fill_temporary(connection, "badge_merged", {"id": int, "survivor": int}, into.items())
    rows = connection.execute(
        select(gone.c.survivor, badge.c.badge, badge.c.at, badge.c.cause).join(
            gone, gone.c.id == badge.c.customer_id
        )
    ).all()
    own = bulk.fill_temporary(
        connection, "badge_noted", {"id": int}, ((who,) for who in sorted(set(into.values())))
    )
    kept = connection.execute(select(badge).join(own, own.c.id == badge.c.customer_id)).all()
    first: dict[tuple[int, str], tuple[datetime, str]] = {}
    for who, name, at, cause in [*(tuple(row) for row in rows), *(tuple(row) for row in kept)]:
        first[who, name] = min((at, cause), first.get((who, name), (at, cause)))
    connection.execute(delete(badge).where(badge.c.customer_id.in_(select(gone.c.id))))
    bulk.upsert_rows(
        connection, badge, _COLUMNS[:2], _COLUMNS, [(*place, *what) for place, what in first.items()]
    )
    _note(connection, {who for who, _ in first})
