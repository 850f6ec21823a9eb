"""Messages that wait because their way out did not take them: the gate let them, and they came back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    exists,
    func,
    literal_column,
    or_,
    select,
    update,
)

from loyaltyloop.store.inside.holding import ASKED, CAPPED, HOLDS, QUIET, STOPPED
from loyaltyloop.store.models import Message

message: Table = Message.__table__  # type: ignore[attr-defined]
# Written out as the partial index has it, which SQLite then finds.
_WAITING: ColumnElement[bool] = literal_column("message.state IN ('planned', 'held')")
# One that was claimed once may be held by the gate at its next try, whose reasons begin so.
_BY_THE_GATE = or_(*(message.c.reason.startswith(one) for one in (HOLDS, CAPPED, QUIET, STOPPED, ASKED)))
UNTAKEN = and_(_WAITING, message.c.state == "held", message.c.claimed_by.is_not(None), ~_BY_THE_GATE)
_LEFT = ("handed_over", "delivered", "bounced", "complained")


@dataclass(frozen=True)
class Untaken:
    """Held messages of one channel, which their way out did not take for one reason. All times are UTC.

    `oldest`: when the first was decided; `tried`: the latest try of any; `again`: when the next is tried.
    """

    channel: str
    reason: str
    number: int
    oldest: datetime
    tried: datetime
    again: datetime


def untaken(connection: Connection) -> Sequence[Untaken]:
    """What waits so now, the most first within each channel."""
    number = func.count().label("number")
    times = (func.min(message.c.decided_at), func.max(message.c.claimed_at), func.min(message.c.due_at))
    chosen = select(message.c.channel, message.c.reason, number, *times).where(UNTAKEN)
    grouped = chosen.group_by(message.c.channel, message.c.reason)
    rows = connection.execute(grouped.order_by(message.c.channel, number.desc(), message.c.reason))
    return [Untaken(*row) for row in rows]


def has_left_since(connection: Connection, channel: str, since: datetime) -> bool:
    """Has anything been taken of this channel from then on?"""
    left = and_(message.c.channel == channel, message.c.state.in_(_LEFT), message.c.handed_over_at >= since)
    return bool(connection.execute(select(exists().where(left))).scalar())


def try_now(connection: Connection, channel: str, now: datetime) -> int:
    """What this channel's way out did not take is due now; how many. The gate asks all of it again."""
    waits = and_(UNTAKEN, message.c.channel == channel, message.c.due_at > now)
    return int(connection.execute(update(message).where(waits).values(due_at=now)).rowcount)
