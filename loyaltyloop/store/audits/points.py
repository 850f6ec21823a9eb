"""A customer's points are the sum of their ledger, in which each cause comes to what it is told once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Table, func, select

from loyaltyloop.journey.model import Shop
from loyaltyloop.store.audits.audit import Audit, Breach
from loyaltyloop.store.models import Customer, PointsEntry

customer: Table = Customer.__table__  # type: ignore[attr-defined]
entry: Table = PointsEntry.__table__  # type: ignore[attr-defined]


def _find(connection: Connection, _shop: Shop, _now: datetime) -> Sequence[Breach]:
    summed = select(entry.c.customer_id, func.sum(entry.c.points).label("points")).group_by(
        entry.c.customer_id
    )
    ledger = summed.subquery("ledger")
    comes_to = func.coalesce(ledger.c.points, 0)
    rows = connection.execute(
        select(customer.c.id, customer.c.points, comes_to.label("sum"))
        .outerjoin(ledger, ledger.c.customer_id == customer.c.id)
        .where(customer.c.points != comes_to)
        .order_by(customer.c.id)
    )
    return [Breach(f"customer {row.id}", f"{row.points} points, and a ledger of {row.sum}") for row in rows]


AUDIT = Audit("points", "a customer's points are the sum of their ledger", _find)
