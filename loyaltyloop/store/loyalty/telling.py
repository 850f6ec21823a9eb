"""What is on record of a customer's points, tier, badges and friends, in words for people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, or_, select

from loyaltyloop.store.loyalty.announce import SOURCE
from loyaltyloop.store.loyalty.tier_book import CHANGED
from loyaltyloop.store.models import BadgeEarned, Event, PointsEntry, Referral

badge: Table = BadgeEarned.__table__  # type: ignore[attr-defined]
entry: Table = PointsEntry.__table__  # type: ignore[attr-defined]
event: Table = Event.__table__  # type: ignore[attr-defined]
referral: Table = Referral.__table__  # type: ignore[attr-defined]
Told = tuple[datetime, str]
_KINDS = {
    "earn": "earned",
    "give": "given",
    "spend": "spent",
    "expire": "lapsed",
    "reverse": "put right",
}


def told_of(connection: Connection, customer_id: int) -> Iterator[Told]:
    """When and what: each entry of the ledger, each tier, badge and friend."""
    for row in connection.execute(
        select(entry).where(entry.c.customer_id == customer_id).order_by(entry.c.id)
    ):
        yield row.at, f"{row.points:+,} points: {_KINDS[row.kind]}{_for(row.cause)}"
    mine = (event.c.customer_id == customer_id, event.c.name == CHANGED, event.c.source == SOURCE)
    for row in connection.execute(select(event.c.at, event.c.properties).where(*mine).order_by(event.c.id)):
        yield row.at, _tier(row.properties)
    for row in connection.execute(select(badge).where(badge.c.customer_id == customer_id)):
        yield row.at, f"badge: {row.badge}"
    theirs = or_(referral.c.customer_id == customer_id, referral.c.referrer_id == customer_id)
    for row in connection.execute(select(referral).where(theirs).order_by(referral.c.event_id)):
        yield row.at, _friend(row, row.customer_id == customer_id)


def _for(cause: str) -> str:
    """An order is told; other causes bear numbers of ours."""
    lapsed = cause.removeprefix("lapse:")
    kind, _, name = lapsed.partition(":")
    said = {"order": f"order {name}", "referral": "a friend who was brought", "give": "a gift of a journey"}
    return f" ({said[kind]})" if kind in said else ""


def _tier(told: dict[str, Any]) -> str:
    before = f", {told['previous']} before" if "previous" in told else ""
    return f"tier: {told.get('tier', 'none any more')}{before}"


def _friend(row: Any, is_friend: bool) -> str:
    code = f"the code {row.code}" if row.code else "a code"  # of somebody who was erased nothing is told
    what = f"came with {code}" if is_friend else "brought a friend"
    why = f" ({row.reason})" if row.reason else ""
    return f"{what}: {row.state}{why}"
