"""No message is left half-way, and whoever is to be told of what stopped is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Table, or_, select

from loyaltyloop.journey.model import Shop
from loyaltyloop.store.audits.audit import Audit, Breach
from loyaltyloop.store.models import Alert, Message

alert: Table = Alert.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]
LONG = timedelta(days=1)  # any turn takes over what was claimed longer ago


def _left(connection: Connection, _shop: Shop, now: datetime) -> Sequence[Breach]:
    m = message.c
    stands = select(m.key, m.via).where(m.state == "claimed", m.claimed_at < now - LONG)
    rows = connection.execute(stands.order_by(m.key))
    return [
        Breach(row.key, f"claimed for {row.via} more than a day ago, and nobody tells of it") for row in rows
    ]


def _untold(connection: Connection, _shop: Shop, now: datetime) -> Sequence[Breach]:
    a = alert.c
    late = a.made_at < now - LONG
    rows = connection.execute(
        select(a.key, a.state, a.reason)
        .where(a.state != "handed_over", or_(a.state == "refused", late))
        .order_by(a.id)
    )
    return [Breach(row.key, f"an alert that was not taken: {row.reason or row.state}") for row in rows]


LEFT = Audit("claims", "no message that was claimed is left half-way", _left)
UNTOLD = Audit("alerts", "what has stopped is told to the hook that shop.yaml names", _untold)
