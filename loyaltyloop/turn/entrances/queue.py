"""Entering from the queue: who waits for room, and who was started by hand or by another journey."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Table, and_, or_, select, true

from loyaltyloop.journey.admission import Candidate
from loyaltyloop.store.conditions.scope import Scope, limits, zone_limits
from loyaltyloop.store.conditions.sql import holds
from loyaltyloop.store.database import is_postgres
from loyaltyloop.store.inside.cohorts import customer
from loyaltyloop.store.models import Entry
from loyaltyloop.turn.counts import Counts
from loyaltyloop.turn.enrolling import Enrolling
from loyaltyloop.turn.frame import Frame

entry: Table = Entry.__table__  # type: ignore[attr-defined]
CHUNK = 2000
FEWEST = 100  # at a time, however little room: many of them may be refused


def work(frame: Frame, enrolling: Enrolling) -> Iterator[Counts]:
    """Judge the longest waiting as far as there is room, and who was asked for since the last turn.

    Where there is no room, nobody is looked at who waits for it.
    """
    left, after = frame.limits.limit, None
    while left is None or left > 0:
        with frame.transactions.write() as connection:
            room = enrolling.room(connection)
            size = CHUNK if room is None else min(CHUNK, max(room, FEWEST))
            rows = _next(connection, frame, after, size if left is None else min(size, left), room == 0)
            if not rows:
                return
            counts = enrolling.enrol(connection, _candidates(connection, frame, [row.id for row in rows]))
        after = rows[-1]
        left = None if left is None else left - len(rows)
        yield counts


def _next(
    connection: Connection, frame: Frame, after: Row[Any] | None, size: int, unjudged: bool
) -> Sequence[Row[Any]]:
    """The next (at, id) in the queue; `unjudged`: of those only who have never been judged."""
    queued = select(entry.c.at, entry.c.id).where(
        entry.c.journey == frame.journey.name, entry.c.state == "queued", entry.c.at <= frame.now
    )
    if frame.limits.customers:
        queued = queued.where(entry.c.customer_id.in_(frame.limits.customer_ids()))
    if unjudged:
        queued = queued.where(entry.c.judged_at.is_(None))
    if after is not None:
        later = and_(entry.c.at == after.at, entry.c.id > after.id)
        queued = queued.where(or_(entry.c.at > after.at, later))
    return connection.execute(queued.order_by(entry.c.at, entry.c.id).limit(size)).all()


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
