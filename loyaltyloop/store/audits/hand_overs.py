"""At most one hand-over for each step of an enrolment, and none that nobody had claimed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Table, and_, func, or_, select

from loyaltyloop.journey.model import Shop
from loyaltyloop.store.audits.audit import Audit, Breach
from loyaltyloop.store.models import Message

message: Table = Message.__table__  # type: ignore[attr-defined]
LEFT = ("handed_over", "delivered", "bounced", "complained", "unknown")


def _find(connection: Connection, _shop: Shop, _now: datetime) -> Sequence[Breach]:
    """A message is never deleted, so the record shows this of all that ever left.

    It cannot show what a provider took twice under one key: that is the provider's to tell.
    """
    m = message.c
    twice = select(m.enrolment_id, m.step).where(m.state.in_(LEFT))
    twice = twice.group_by(m.enrolment_id, m.step).having(func.count() > 1)
    pairs = twice.order_by(m.enrolment_id, m.step)
    found = [
        Breach(f"enrolment {row.enrolment_id}", f"several messages of the step {row.step} left")
        for row in connection.execute(pairs)
    ]
    # An erased customer's message may be unknown before it was ever claimed by a way out.
    told = and_(m.state.in_(LEFT[:-1]), or_(m.claimed_at.is_(None), m.handed_over_at.is_(None)))
    rows = connection.execute(select(m.key, m.state).where(told).order_by(m.key))
    return [*found, *(Breach(row.key, f"{row.state}, and nobody had claimed it") for row in rows)]


AUDIT = Audit("one hand-over", "at most one hand-over for each step of an enrolment", _find)
