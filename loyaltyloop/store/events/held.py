"""Responses that are held: recorded, and not arrived yet by their own time, so that no turn has seen them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, String, Table, select, type_coerce

from loyaltyloop.store import bulk
from loyaltyloop.store.among import among
from loyaltyloop.store.models import Event

event: Table = Event.__table__  # type: ignore[attr-defined]
RESPONSES = ("Email Link Clicked", "Email Opened")


def held_responses(connection: Connection, keys: Collection[str], since: datetime) -> Sequence[Row[Any]]:
    """Clicks and openings of these messages (id, at, properties) that arrive from `since` on.

    Nothing else lies so far ahead, so that the index by arrival leads to few rows.
    """
    key = type_coerce(event.c.properties["email_id"].as_string(), String)
    chosen = select(event.c.id, event.c.at, event.c.properties).where(
        event.c.seq.is_(None),
        event.c.arrived_at >= since,
        event.c.name.in_(RESPONSES),
        among(connection, key, keys),
    )
    return connection.execute(chosen.order_by(event.c.id)).all()


def mark_machines(connection: Connection, found: Iterable[tuple[int, dict[str, Any], str]]) -> int:
    """Write that these events (id, properties, why), which no turn has seen, are machines'; how many."""
    rows = [(number, {**said, "machine": True, "machine_reason": why}) for number, said, why in found]
    return bulk.update_rows(connection, event, "id", ["properties"], rows) if rows else 0
