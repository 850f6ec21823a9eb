"""Leases: for how long what a delivery claimed is its own, and what becomes of claims that nobody keeps.

Leases go by the database's clock, so that no two machines need to agree on the time; whoever has one counts
from before it was asked for, by a clock that is never set. They decide who hands over, never what: they are
real time also where a turn's time is made up.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, literal_column, or_, select, update
from sqlmodel import UTCDateTime

from loyaltyloop.channels.claiming.outbox import CLAIMED, message
from loyaltyloop.store.among import among
from loyaltyloop.store.database import is_postgres

# A lease, how often it is renewed, and how long before its end nothing is offered any more: what was offered
# by then has left when somebody else may take the claim over, though clocks do not run alike.
LEASE, RENEW, MARGIN = 120, 30, 30  # seconds


def present(connection: Connection, ahead: int = 0) -> ColumnElement[datetime]:
    """The database's clock, so many seconds ahead."""
    if is_postgres(connection):
        return func.clock_timestamp(type_=UTCDateTime()) + timedelta(seconds=ahead)
    words = f"strftime('%Y-%m-%d %H:%M:%f000', 'now', '{ahead:+d} seconds')"
    return literal_column(words, UTCDateTime())


def claimers(connection: Connection, channels: Collection[str]) -> set[str]:
    """Deliveries that have claimed messages and not told yet what became of them."""
    chosen = select(message.c.claimed_by).where(CLAIMED, message.c.channel.in_(channels)).distinct()
    return {name or "" for name in connection.execute(chosen).scalars()}


def lost(connection: Connection, channels: Collection[str], dead: Collection[str]) -> Sequence[Row[Any]]:
    """Claims whose lease ran out, or whose delivery is dead: key, channel, via, claimed_at."""
    columns = (message.c[name] for name in ("key", "channel", "via", "claimed_at"))
    gone = or_(
        message.c.claimed_by.is_(None),
        message.c.claimed_by.in_(sorted(dead)),
        message.c.leased_until < present(connection),
    )
    chosen = select(*columns).where(CLAIMED, message.c.channel.in_(channels), gone)
    return connection.execute(chosen.order_by(message.c.key)).all()


def take_over(connection: Connection, keys: Sequence[str], by: str) -> None:
    """These claims are this delivery's from now on."""
    theirs = and_(among(connection, message.c.key, keys), message.c.state == "claimed")
    values = {"claimed_by": by, "leased_until": present(connection, LEASE)}
    connection.execute(update(message).where(theirs).values(values))


def renew(connection: Connection, by: str) -> None:
    """What this delivery still has stays its own for as long again."""
    mine = and_(CLAIMED, message.c.claimed_by == by)
    connection.execute(update(message).where(mine).values(leased_until=present(connection, LEASE)))
