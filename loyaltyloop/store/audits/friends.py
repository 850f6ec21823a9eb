"""Nobody is credited for themselves, nor twice for one friend."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Table, func, select

from loyaltyloop.journey.model import Shop
from loyaltyloop.store.audits.audit import Audit, Breach
from loyaltyloop.store.models import LoyaltyStanding, Referral

referral: Table = Referral.__table__  # type: ignore[attr-defined]
standing: Table = LoyaltyStanding.__table__  # type: ignore[attr-defined]


def _find(connection: Connection, _shop: Shop, now: datetime) -> Sequence[Breach]:
    """Who has just turned out to be one is looked at by the next turn, which takes the credit back."""
    r = referral.c
    due = select(standing.c.customer_id).where(standing.c.look_at <= now)
    credited = select(r.customer_id, r.event_id).where(r.state == "converted", r.customer_id.not_in(due))
    themselves = connection.execute(credited.where(r.customer_id == r.referrer_id)).all()
    found = [Breach(f"friend of event {row.event_id}", "is who brought them") for row in themselves]
    counts = func.count()
    twice = select(r.customer_id, counts).where(r.state == "converted", r.customer_id.not_in(due))
    rows = connection.execute(twice.group_by(r.customer_id).having(counts > 1)).all()
    return found + [Breach(f"customer {who}", f"was credited {number} times") for who, number in rows]


AUDIT = Audit("friends", "nobody is credited for themselves, nor twice for one friend", _find)
