"""Entering by an event: candidates in order (event time, id) among those applied since the last turn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, and_, or_, select, true, update

from loyaltyloop.journey.admission import Candidate
from loyaltyloop.journey.conditions.comparisons import fields_pass, first_instant
from loyaltyloop.journey.conditions.condition import Ago, Condition, Instant
from loyaltyloop.journey.model import ByEvent
from loyaltyloop.store.among import among
from loyaltyloop.store.conditions.scope import Scope, limits, zone_limits
from loyaltyloop.store.conditions.sql import holds
from loyaltyloop.store.database import is_postgres
from loyaltyloop.store.events.touched import batches
from loyaltyloop.store.inside.cohorts import customer
from loyaltyloop.store.inside.entries import one_per
from loyaltyloop.store.models import Event
from loyaltyloop.store.records import records
from loyaltyloop.turn.counts import Counts
from loyaltyloop.turn.enrolling import Enrolling
from loyaltyloop.turn.frame import Frame, journey_table
from loyaltyloop.turn.pauses import without_collector

event: Table = Event.__table__  # type: ignore[attr-defined]
CHUNK = 2000
# An event as conditions see an enrolment that it is about to make.
entered = select(
    event.c.id.label("trigger_event_id"),
    event.c.properties.label("trigger"),
    event.c.at.label("entered_at"),
    event.c.order_id,
    event.c.customer_id,
    event.c.source,
    event.c.message_id,
).subquery("entered")


def work(frame: Frame, by: ByEvent, enrolling: Enrolling) -> Iterator[Counts]:
    """Judge this turn's events, chunk by chunk; a turn that died goes on where it stood."""
    while True:
        with frame.transactions.read() as connection:
            span = _span(connection, frame)
            ids = _ordered(connection, frame, by, span)
        for chunk in batches(ids, CHUNK):
            with without_collector(), frame.transactions.write() as connection:
                counts = enrolling.enrol(connection, _candidates(connection, frame, by, chunk))
                _note(connection, frame, entering={"upto": span.upto, "judged": chunk[-1]})
            yield counts
        with frame.transactions.write() as connection:
            _note(connection, frame, entered_seq=span.upto, entering=None)
        if span.upto >= frame.upto or not frame.limits.all:
            return


@dataclass(frozen=True)
class Span:
    """The numbers of the events to judge, (after, upto]; and the last one (an id) that was judged of them."""

    after: int
    upto: int
    judged: int | None = None


def _span(connection: Connection, frame: Frame) -> Span:
    row = connection.execute(
        select(journey_table.c.entered_seq, journey_table.c.entering).where(
            journey_table.c.name == frame.journey.name
        )
    ).one()
    begun = row.entering if frame.limits.all else None
    if begun:
        return Span(row.entered_seq, begun["upto"], begun["judged"])
    return Span(row.entered_seq, frame.upto)


def _note(connection: Connection, frame: Frame, **values: Any) -> None:
    """How far the candidates were judged; a restricted turn moves no cursor."""
    if frame.limits.all:
        mine = journey_table.c.name == frame.journey.name
        connection.execute(update(journey_table).where(mine).values(values))


def _ordered(connection: Connection, frame: Frame, by: ByEvent, span: Span) -> list[int]:
    chosen = select(event.c.id).where(
        event.c.seq > span.after, event.c.seq <= span.upto, event.c.name.in_(by.events)
    )
    if frame.limits.customers:
        chosen = chosen.where(event.c.customer_id.in_(frame.limits.customer_ids()))
    if span.judged is not None:
        at = connection.execute(select(event.c.at).where(event.c.id == span.judged)).scalar_one()
        chosen = chosen.where(or_(event.c.at > at, and_(event.c.at == at, event.c.id > span.judged)))
    ordered = chosen.order_by(event.c.at, event.c.id).limit(frame.limits.limit)
    return list(connection.execute(ordered).scalars())


def _candidates(connection: Connection, frame: Frame, by: ByEvent, ids: list[int]) -> list[Candidate]:
    condition = frame.journey.enter.condition
    judged = true() if condition is None else holds(condition, _scope(connection, frame, condition, ids))
    chosen = (
        select(entered, customer.c.key, customer.c.zone, judged.label("holds"))
        .select_from(_people(connection, ids))
        .order_by(entered.c.entered_at, entered.c.trigger_event_id)
    )
    return [
        _candidate(frame, by, row) for row in records(connection.execute(chosen)) if _wanted(frame, by, row)
    ]


def _people(connection: Connection, ids: list[int]) -> Any:
    mine = among(connection, entered.c.trigger_event_id, ids)
    return entered.join(customer, and_(customer.c.id == entered.c.customer_id, mine))


def _scope(connection: Connection, frame: Frame, condition: Condition, ids: list[int]) -> Scope:
    asked = limits(condition)
    zones = select(customer.c.zone).select_from(_people(connection, ids)).distinct()
    found = sorted(connection.execute(zones).scalars()) if asked else []
    return Scope(
        customer=customer,
        now=frame.now,
        shop=frame.shop,
        postgres=is_postgres(connection),
        enrolment=entered,
        limits=zone_limits(asked, found, frame.now),
    )


def _wanted(frame: Frame, by: ByEvent, row: Any) -> bool:
    """Do the event's properties pass `where`?"""

    def instant(value: Instant) -> datetime:
        match value:
            case Ago(duration, sign):
                return duration.after(frame.now, row.zone, sign)
            case datetime():
                return value
            case day:
                return first_instant(day)

    return fields_pass(by.where, row.trigger or {}, instant)


def _candidate(frame: Frame, by: ByEvent, row: Any) -> Candidate:
    enter, trigger = frame.journey.enter, row.trigger or {}
    return Candidate(
        customer_id=row.customer_id,
        customer_key=row.key,
        zone=row.zone,
        at=row.entered_at,
        one_per=one_per(enter, trigger),
        occurrence="" if enter.again.kind == "never" else f"{row.source}:{row.message_id}",
        trigger=trigger,
        event_id=row.trigger_event_id,
        order_id=row.order_id,
        holds=bool(row.holds),
        too_old=by.max_age.after(row.entered_at, row.zone) < frame.now,
    )
