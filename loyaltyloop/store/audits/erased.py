"""Nothing was handed over to somebody who was erased, and nothing is left by which they are known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Table, and_, or_, select

from loyaltyloop.journey.model import Shop
from loyaltyloop.store.audits.audit import Audit, Breach
from loyaltyloop.store.models import Customer, Event, Identity, Message

customer: Table = Customer.__table__  # type: ignore[attr-defined]
event: Table = Event.__table__  # type: ignore[attr-defined]
identity: Table = Identity.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]


def _find(connection: Connection, _shop: Shop, _now: datetime) -> Sequence[Breach]:
    """When somebody was erased, and when a message was claimed, stays on record for ever.

    A claim bears its turn's `now`: one of a turn that began before the erasure is not seen here.
    """
    c, m = customer.c, message.c
    later = and_(c.erased_at.is_not(None), m.customer_id == c.id, m.claimed_at > c.erased_at)
    rows = connection.execute(select(m.key).where(later).order_by(m.key))
    found = [Breach(row.key, "claimed after its customer was erased") for row in rows]
    named = or_(
        c.email.is_not(None), c.phone.is_not(None), c.first_name.is_not(None), c.last_name.is_not(None)
    )
    known = or_(
        named,
        select(identity.c.customer_id).where(identity.c.customer_id == c.id).exists(),
        select(event.c.id).where(event.c.customer_id == c.id).exists(),
        select(m.id).where(m.customer_id == c.id, or_(m.to.is_not(None), m.subject.is_not(None))).exists(),
    )
    left = select(c.id).where(c.erased_at.is_not(None), known).order_by(c.id)
    return [
        *found,
        *(Breach(f"customer {row.id}", "was erased, and is known still") for row in connection.execute(left)),
    ]


AUDIT = Audit("erased", "nothing goes to, or is left of, somebody who was erased", _find)
