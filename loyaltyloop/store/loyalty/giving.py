"""Points and badges that a journey gives: on record at once, within the step's transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Table, select, update

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.model import Shop
from loyaltyloop.store import bulk
from loyaltyloop.store.events.apply import apply_on
from loyaltyloop.store.loyalty import badges
from loyaltyloop.store.loyalty.announce import announce
from loyaltyloop.store.loyalty.heard import mark
from loyaltyloop.store.loyalty.points import Terms
from loyaltyloop.store.models import Customer, PointsEntry

customer: Table = Customer.__table__  # type: ignore[attr-defined]
entry: Table = PointsEntry.__table__  # type: ignore[attr-defined]


class Gift(NamedTuple):
    """For whom, and the key of the gift: the same at every repetition."""

    customer_id: int
    key: str


def give_points(
    connection: Connection,
    shop: Shop,
    now: datetime,
    gifts: Sequence[Gift],
    points: int,
    valid: Duration | None,
) -> datetime | None:
    """So many points for each; when they lapse, if they do. What is owed is paid off at the next look."""
    lasts = valid or (shop.points.expire_after if shop.points else None)
    terms = Terms(lasts=lasts).document()
    columns = ["customer_id", "kind", "cause", "number", "points", "at", "recorded_at", "terms"]
    rows = [(who, "give", f"give:{key}", 0, points, now, now, terms) for who, key in gifts]
    bulk.insert_rows(connection, entry, columns, rows)
    for times, ids in _by_count(gifts).items():
        wanted = bulk.fill_temporary(connection, "points_given", {"id": int}, ((who,) for who in ids))
        more = customer.c.points + times * points
        theirs = customer.c.id.in_(select(wanted.c.id))
        connection.execute(update(customer).where(theirs).values(points=more))
    mark(connection, (who for who, _ in gifts), now)
    return None if lasts is None else lasts.after(now, shop.timezone)


def _by_count(gifts: Sequence[Gift]) -> dict[int, list[int]]:
    """Who gets one, who gets two at once: somebody may stand here more than once."""
    found: dict[int, list[int]] = {}
    for who, times in sorted(Counter(one.customer_id for one in gifts).items()):
        found.setdefault(times, []).append(who)
    return found


def give_badge(
    connection: Connection, shop: Shop, now: datetime, gifts: Sequence[Gift], badge: str
) -> set[str]:
    """The badge for each who has not got it; the keys of the gifts that were given."""
    ids = sorted({one.customer_id for one in gifts})
    wanted = bulk.fill_temporary(connection, "badge_asked", {"id": int}, ((who,) for who in ids))
    named = select(customer.c.id, customer.c.key).join(wanted, wanted.c.id == customer.c.id)
    keys = {row.id: row.key for row in connection.execute(named)}
    given = [badges.Given(who, keys[who], badge, f"give:{key}") for who, key in gifts if who in keys]
    news = badges.give(connection, shop, given, now)
    if announce(connection, news, now):
        apply_on(connection, now, shop)
    new = {one.customer_id for one in news}
    first: dict[int, str] = {}
    for who, key in gifts:
        first.setdefault(who, key)
    return {key for who, key in first.items() if who in new}
