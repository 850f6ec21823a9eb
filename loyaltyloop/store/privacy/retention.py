"""What is kept for a while only: what was written in messages. That one was sent stays on record."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Table, or_, select, update

from loyaltyloop.store.among import among
from loyaltyloop.store.models import Body, Message

body: Table = Body.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]
CHUNK = 2000


def forget_old_bodies(connection: Connection, before: datetime, after: int = 0) -> dict[int, str]:
    """Empty some messages and calls that were written before then and have left, or never will.

    At most CHUNK of them, the next ones after the message `after`: their ids in order, each with the key that
    its file is called by. Where their links lead is kept: people click in old messages, too.
    """
    settled = message.c.state.not_in(("planned", "held", "claimed"))
    old = (
        select(message.c.id, message.c.key)
        .join(body, body.c.message_id == message.c.id)
        .where(message.c.id > after, message.c.claimed_at < before, settled)
        .where(or_(body.c.html != "", body.c.text != ""))
        .order_by(message.c.id)
        .limit(CHUNK)
    )
    found = {row.id: row.key for row in connection.execute(old)}
    mine = among(connection, body.c.message_id, found)
    connection.execute(update(body).where(mine).values(html="", text=""))
    return found
