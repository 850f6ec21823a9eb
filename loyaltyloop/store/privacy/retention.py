"""What is kept for a while only: what was written in messages. That one was sent stays on record."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Table, select, update

from loyaltyloop.store.among import among
from loyaltyloop.store.models import Body, Message

body: Table = Body.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]
CHUNK = 2000


def forget_old_bodies(connection: Connection, before: datetime) -> tuple[int, list[str]]:
    """Empty at most CHUNK messages that left before then; how many, and the keys that files are called by.

    Where their links lead is kept: people click in old messages, too.
    """
    old = (
        select(message.c.id, message.c.key)
        .join(body, body.c.message_id == message.c.id)
        .where(message.c.handed_over_at < before, body.c.html != "")
        .order_by(message.c.id)
        .limit(CHUNK)
    )
    rows = connection.execute(old).all()
    mine = among(connection, body.c.message_id, [row.id for row in rows])
    connection.execute(update(body).where(mine).values(html="", text=""))
    return len(rows), [row.key for row in rows]
