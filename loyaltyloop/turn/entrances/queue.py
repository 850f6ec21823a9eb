"""Entering from the queue: who waits for room, and who was started by hand or by another journey."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, Table, select, true

from loyaltyloop.journey.admission import Candidate
from loyaltyloop.store.cohorts import customer
from loyaltyloop.store.conditions import holds
from loyaltyloop.store.database import is_postgres
from loyaltyloop.store.models import Entry
from loyaltyloop.store.scope import Scope, limits, zone_limits
from loyaltyloop.store.touched import batches
from loyaltyloop.turn.counts import Counts
from loyaltyloop.turn.enrolling import Enrolling
from loyaltyloop.turn.frame import Frame

entry: Table = Entry.__table__  # type: ignore[attr-defined]
CHUNK = 2000


def work(frame: Frame, enrolling: Enrolling) -> Iterator[Counts]:
    """Judge everybody in the queue again, the longest waiting first."""
    with frame.transactions.read() as connection:
        ids = _ordered(connection, frame)
    for chunk in batches(ids, CHUNK):
        with frame.transactions.write() as connection:
            counts = enrolling.enrol(connection, _candidates(connection, frame, chunk))
        yield counts


def _ordered(connection: Connection, frame: Frame) -> list[int]:
    who = entry.c.customer_id.in_(frame.limits.customer_ids()) if frame.limits.customers else true()
    queued = select(entry.c.id).where(
        entry.c.journey == frame.journey.name, entry.c.state == "queued", entry.c.at <= frame.now, who
    )
    return list(
        connection.execute(queued.order_by(entry.c.at, entry.c.id).limit(frame.limits.limit)).scalars()
    )


def _candidates(connection: Connection, frame: Frame, ids: list[int]) -> list[Candidate]:
    condition = frame.journey.enter.condition
    people = entry.join(customer, customer.c.id == entry.c.customer_id)
    judged: Any = true()
    if condition is not None:
        asked = limits(condition)
        zones = select(customer.c.zone).select_from(people).where(entry.c.id.in_(ids)).distinct()
        found = sorted(connection.execute(zones).scalars()) if asked else []
        scope = Scope(
            customer=customer,
            now=frame.now,
            shop=frame.shop,
            postgres=is_postgres(connection),
            enrolment=entry,
            limits=zone_limits(asked, found, frame.now),
        )
        judged = holds(condition, scope)
    rows = connection.execute(
        select(entry, customer.c.key, customer.c.zone, judged.label("holds"))
        .select_from(people)
        .where(entry.c.id.in_(ids))
        .order_by(entry.c.at, entry.c.id)
    )
    return [_candidate(frame, row) for row in rows]


def _candidate(frame: Frame, row: Row[Any]) -> Candidate:
    never = frame.journey.enter.again.kind == "never"
    trigger = row.trigger or {}
    order_id = trigger.get("order_id")
    return Candidate(
        customer_id=row.customer_id,
        customer_key=row.key,
        zone=row.zone,
        at=frame.now if row.cause in ("hand", "start") else row.at,
        one_per=row.one_per,
        occurrence="" if never else row.occurrence,
        trigger=trigger,
        event_id=row.trigger_event_id,
        order_id=str(order_id) if isinstance(order_id, str | int) else None,
        holds=bool(row.holds),
        cause=row.cause,
        queue_id=row.id,
    )
