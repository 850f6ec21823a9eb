"""What has stopped by itself, and what nobody can tell of: for whoever looks after the shop."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, Table, and_, func, literal_column, select

from loyaltyloop.store.models import Breaker, Message

breaker: Table = Breaker.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]


def stopped(connection: Connection, kind: str = "journey") -> dict[str, str]:
    """Journeys whose marketing has stopped, or channels, and why."""
    open_ones = and_(breaker.c.kind == kind, breaker.c.state == "open")
    rows = connection.execute(select(breaker.c.name, breaker.c.why).where(open_ones).order_by(breaker.c.name))
    return {row.name: row.why for row in rows}


def number_unknown(connection: Connection) -> int:
    """How many messages may have left or not."""
    # Written out as the partial index has it, which SQLite then finds.
    unknown: ColumnElement[bool] = literal_column("message.state = 'unknown'")
    return connection.execute(select(func.count()).select_from(message).where(unknown)).scalar_one()
