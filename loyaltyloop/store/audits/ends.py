"""Every enrolment ends in exactly one end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Table, and_, or_, select

from loyaltyloop.journey.model import Shop
from loyaltyloop.store.audits.audit import Audit, Breach
from loyaltyloop.store.models import Enrolment

enrolment: Table = Enrolment.__table__  # type: ignore[attr-defined]
_ENDS = ("completed", "held_out", "erased", "left")


def _find(connection: Connection, _shop: Shop, _now: datetime) -> Sequence[Breach]:
    """The record shows this of everybody who has ever entered: an enrolment is never deleted."""
    e = enrolment.c
    over = e.ended_at.is_not(None)
    wrong = or_(
        and_(over, or_(e.end.is_(None), e.end.not_in(_ENDS), e.state.not_in(("ended", "ending")))),
        and_(~over, or_(e.end.is_not(None), e.state.in_(("ended", "ending")))),
        and_(over, (e.end == "left") != e.reason.is_not(None)),
    )
    rows = connection.execute(select(e.id, e.journey, e.state, e.end).where(wrong).order_by(e.id))
    return [Breach(f"enrolment {row.id}", f"{row.journey}: {row.state}, end {row.end}") for row in rows]


AUDIT = Audit("one end", "every enrolment ends in exactly one end", _find)
