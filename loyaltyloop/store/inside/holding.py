"""Messages that wait for what shop.yaml says, a `hold_while` or a cap: let them be looked at again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Table, and_, case, literal, literal_column, or_, update

from loyaltyloop.store.among import among
from loyaltyloop.store.models import Message

message: Table = Message.__table__  # type: ignore[attr-defined]
HOLDS = "hold_while: "  # the reason of such a message begins so
CAPPED = "cap of "  # and of one over a cap
QUIET = "quiet hours"
STOPPED = "stopped: "  # of one whose journey's marketing has stopped
ASKED = "the customer asked "  # for a pause, or to hear less often
# Written out as the partial index has it, which SQLite then finds.
_WAITING: ColumnElement[bool] = literal_column("message.state IN ('planned', 'held')")
_HELD = and_(message.c.state == "held", message.c.reason.startswith(HOLDS))


def release(connection: Connection, journey: str, customers: Collection[int], now: datetime) -> int:
    """The held messages of the journey for these customers are due now; the gate asks all of it again."""
    theirs = and_(message.c.journey == journey, among(connection, message.c.customer_id, customers))
    held = and_(_HELD, message.c.due_at > now)
    return int(connection.execute(update(message).where(theirs, held).values(due_at=now)).rowcount)


def release_stopped(connection: Connection, journey: str, now: datetime) -> int:
    """What waited for this journey's marketing to go on is due now."""
    theirs = and_(message.c.journey == journey, message.c.state == "held", message.c.due_at > now)
    waits = and_(theirs, message.c.reason.startswith(STOPPED))
    return int(connection.execute(update(message).where(_WAITING, waits).values(due_at=now)).rowcount)


def release_quiet(connection: Connection, now: datetime) -> int:
    """What quiet hours hold is due now: they are others."""
    held = and_(message.c.state == "held", message.c.reason == QUIET, message.c.due_at > now)
    return int(connection.execute(update(message).where(_WAITING, held).values(due_at=now)).rowcount)


def put_off(connection: Connection, keys: Collection[str], then: datetime) -> None:
    """These, where they are held, are due then at the earliest, but not when it is too late for them."""
    theirs = and_(among(connection, message.c.key, keys), message.c.state == "held", message.c.due_at < then)
    ends = message.c.expires_at
    due = case((ends < then, ends), else_=literal(then, message.c.due_at.type))
    connection.execute(update(message).where(theirs).values(due_at=due))


def release_all(connection: Connection, now: datetime) -> int:
    """The same for everybody, and what is over a cap: what messages are held by has changed."""
    capped = and_(message.c.state == "held", message.c.reason.startswith(CAPPED))
    held = and_(_WAITING, or_(_HELD, capped), message.c.due_at > now)
    return int(connection.execute(update(message).where(held).values(due_at=now)).rowcount)
