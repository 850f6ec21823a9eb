"""Vouchers: no code is anybody's twice, none is used up unseen, and none is kept for who has left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Table, and_, func, or_, select

from loyaltyloop.journey.model import CALLS, Shop
from loyaltyloop.store.audits.audit import Audit, Breach
from loyaltyloop.store.models import Enrolment, Gift, Message, Voucher
from loyaltyloop.store.vouchers.gifts import waits_for_none

enrolment: Table = Enrolment.__table__  # type: ignore[attr-defined]
gift: Table = Gift.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]
voucher: Table = Voucher.__table__  # type: ignore[attr-defined]
# A message in one of these has been seen, or may have been.
_LEFT = ("claimed", "handed_over", "delivered", "bounced", "complained", "unknown")


def _twice(connection: Connection, _shop: Shop, _now: datetime) -> Sequence[Breach]:
    """Among gifts; and codes that somebody has, and that could be given again."""
    several = select(func.min(gift.c.id)).where(gift.c.matched.is_not(None))
    numbers = connection.execute(several.group_by(gift.c.matched).having(func.count() > 1)).scalars()
    found = [Breach(f"gift {number}", "its code is another gift's, too") for number in sorted(numbers)]
    joined = gift.outerjoin(voucher, voucher.c.matched == gift.c.matched)
    free = or_(voucher.c.id.is_(None), voucher.c.state != "taken")
    loose = select(gift.c.id).select_from(joined).where(gift.c.matched.is_not(None), free)
    rows = connection.execute(loose.order_by(gift.c.id)).scalars()
    return [*found, *(Breach(f"gift {number}", "its code could be given to others") for number in rows)]


def _unseen(connection: Connection, _shop: Shop, _now: datetime) -> Sequence[Breach]:
    # A call is tried with the same bytes until its last instant: who takes it may have read them.
    tried = and_(message.c.channel == CALLS, message.c.claimed_at.is_not(None))
    in_doubt = and_(message.c.state.in_(("planned", "held")), message.c.handed_over_at.is_not(None))
    left = or_(message.c.state.in_(_LEFT), tried, in_doubt)
    shown = select(message.c.id).where(message.c.key == gift.c.message_key, left).exists()
    states = gift.c.state.in_(("committed", "expired"))
    rows = connection.execute(select(gift.c.id).where(states, ~shown).order_by(gift.c.id)).scalars()
    return [Breach(f"gift {number}", "no message that left shows it") for number in rows]


def _kept(connection: Connection, _shop: Shop, _now: datetime) -> Sequence[Breach]:
    joined = gift.outerjoin(enrolment, enrolment.c.id == gift.c.enrolment_id)
    over = or_(enrolment.c.id.is_(None), enrolment.c.id.in_(waits_for_none()))
    reserved = select(gift.c.id).select_from(joined).where(and_(gift.c.state == "reserved", over))
    rows = connection.execute(reserved.order_by(gift.c.id)).scalars()
    return [Breach(f"gift {number}", "reserved, and its enrolment has ended") for number in rows]


CODES = Audit("codes once", "no voucher's code is ever given twice", _twice)
SHOWN = Audit("codes shown", "a code is committed by the message that shows it", _unseen)
KEPT = Audit("codes kept", "no code is kept for an enrolment that has ended", _kept)
