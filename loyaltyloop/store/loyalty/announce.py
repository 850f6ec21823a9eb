"""What was decided about customers' tiers, badges and friends becomes events, for journeys to enter by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select

from loyaltyloop.store import bulk
from loyaltyloop.store.canonical import digest
from loyaltyloop.store.events.ingest import record
from loyaltyloop.store.models import Identity
from loyaltyloop.store.segment import Call

identity: Table = Identity.__table__  # type: ignore[attr-defined]
SOURCE = "loyalty"


@dataclass(frozen=True)
class News:
    """Something became so for a customer (id, key) at this instant.

    `cause`: tells it from others that are the same word for word.
    """

    customer_id: int
    key: str
    name: str
    properties: dict[str, Any]
    at: datetime
    cause: str = ""


def announce(connection: Connection, news: Sequence[News], now: datetime) -> int:
    """Record the news as events that arrive now; how many. Each is recorded once."""
    known = _ids(connection, {one.customer_id for one in news})
    calls = [_call(one, known[one.customer_id], now) for one in news if one.customer_id in known]
    return record(connection, calls).taken if calls else 0


def _call(news: News, known_by: tuple[str, str], now: datetime) -> Call:
    kind, value = known_by
    what = digest([news.key, news.name, news.properties, news.at.isoformat(), news.cause])
    return Call(
        source=SOURCE, message_id=what, type="track", name=news.name, previous_id=None,
        at=news.at, arrived_at=now, properties=news.properties,
        user_id=value if kind == "user" else None, anonymous_id=value if kind == "anonymous" else None,
    )  # fmt: skip


def _ids(connection: Connection, customers: set[int]) -> dict[int, tuple[str, str]]:
    """Customer → an id (kind, value) that events about them can bear: a user id, if there is one."""
    wanted = bulk.fill_temporary(connection, "announced", {"id": int}, ((who,) for who in sorted(customers)))
    rows = connection.execute(
        select(identity.c.customer_id, identity.c.kind, identity.c.value).join(
            wanted, wanted.c.id == identity.c.customer_id
        )
    )
    found: dict[int, tuple[str, str]] = {}
    for who, kind, value in sorted(tuple(row) for row in rows):
        if found.get(who, ("anonymous", ""))[0] == "anonymous":
            found[who] = (kind, value)
    return found
