"""Two customers turned out to be one: their points, badges, friends and tier."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, Table, delete, select

from loyaltyloop.journey.model import Shop
from loyaltyloop.store import bulk
from loyaltyloop.store.loyalty import badges, ledger, referral_book
from loyaltyloop.store.models import Customer, LoyaltyStanding

customer: Table = Customer.__table__  # type: ignore[attr-defined]
standing: Table = LoyaltyStanding.__table__  # type: ignore[attr-defined]
_HELD = ["tier", "tier_since", "below_since", "looked_at"]


def join(connection: Connection, gone: Table, into: Mapping[int, int], shop: Shop) -> None:
    """Let all that is not moved as it is be the survivors'. `into`: merged id → survivor's; `gone`: the same.

    The ledger's entries have been moved already.
    """
    badges.merge(connection, into)
    referral_book.merge(connection, gone)
    _join_standings(connection, gone, shop)
    ledger.follow_merges(connection, into.values())


def _join_standings(connection: Connection, gone: Table, shop: Shop) -> None:
    """The higher of both tiers is held on; the next look tells what both come to together."""
    ranks = {tier.name: rank for rank, tier in enumerate(shop.tiers)}
    had = select(gone.c.survivor, standing).join(gone, gone.c.id == standing.c.customer_id)
    rows = connection.execute(had.order_by(standing.c.customer_id)).all()
    if not rows:
        return
    connection.execute(delete(standing).where(standing.c.customer_id.in_(select(gone.c.id))))
    own = select(standing).where(standing.c.customer_id.in_([row.survivor for row in rows]))
    known = {row.customer_id: row for row in connection.execute(own)}
    for row in rows:
        has = known[row.survivor].tier if row.survivor in known else None
        if row.survivor not in known or ranks.get(has or "", -1) < ranks.get(row.tier or "", -1):
            known[row.survivor] = row
    taken = [(who, *(getattr(row, name) for name in _HELD)) for who, row in known.items()]
    bulk.upsert_rows(connection, standing, ["customer_id"], ["customer_id", *_HELD], taken)
    bulk.update_rows(connection, customer, "id", ["tier"], [(who, row.tier) for who, row in known.items()])
