"""`send`: plan a message and stand until it was handed over or refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, Table, and_, case, literal, select, update

from loyaltyloop.journey.dice import message_key
from loyaltyloop.journey.model import Send
from loyaltyloop.journey.times import next_at
from loyaltyloop.steps.stand import Stand
from loyaltyloop.store.bulk import insert_rows
from loyaltyloop.store.cohorts import READY, cohort, customer, enrolment, mark
from loyaltyloop.store.models import Message

message: Table = Message.__table__  # type: ignore[attr-defined]
_PLANNED = (
    "key", "enrolment_id", "customer_id", "journey", "version", "step", "channel", "purpose", "template",
    "priority", "entered_at", "decided_at", "due_at", "expires_at", "state", "reason",
)  # fmt: skip


def look(stand: Stand) -> None:
    """Those whose message is settled go on; those who have arrived get one planned."""
    _go_on(stand)
    _plan(stand)


def _go_on(stand: Stand) -> None:
    action = _action(stand)
    settled = select(message.c.state, message.c.reason).where(
        message.c.enrolment_id == cohort.c.id, message.c.step == stand.step.name
    )
    refused = settled.where(message.c.state == "refused").exists()
    why = settled.with_only_columns(
        case((message.c.state == "refused", literal("not sent: ") + message.c.reason), else_="handed over")
    )
    sent = cohort.c.state == "sent"
    if action.if_blocked == "leave":
        mark(stand.connection, and_(sent, refused), left="blocked", why=why.scalar_subquery())
    mark(stand.connection, sent, path="", why=why.scalar_subquery())


def _plan(stand: Stand) -> None:
    people = stand.people(
        enrolment.c.id,
        enrolment.c.customer_id,
        enrolment.c.customer_key,
        enrolment.c.one_per,
        enrolment.c.occurrence,
        enrolment.c.entered_at,
        customer.c.zone,
    )
    if not people:
        return
    due = {zone: _due(stand, zone) for zone in {person.zone for person in people}}
    expires = {zone: _expires(stand, zone) for zone in due}
    rows = [_row(stand, person, due[person.zone], expires[person.zone]) for person in people]
    insert_rows(stand.connection, message, _PLANNED, rows)
    ready = select(cohort.c.id).where(READY)
    stand.connection.execute(update(enrolment).where(enrolment.c.id.in_(ready)).values(state="sending"))


def _row(stand: Stand, person: Row[Any], due: datetime, expires: datetime | None) -> tuple[Any, ...]:
    step, action, journey = stand.step, _action(stand), stand.journey
    first = step.first_name or step.name
    key = message_key(journey.name, person.customer_key, person.one_per, person.occurrence, first)
    return (
        key, person.id, person.customer_id, journey.name, stand.version, step.name, action.channel,
        action.purpose, action.template, journey.priority, person.entered_at, stand.now, due, expires,
        "planned", "",
    )  # fmt: skip


def _due(stand: Stand, zone: str) -> datetime:
    at = _action(stand).at
    return next_at(stand.now, zone, at.time, at.days) if at else stand.now


def _expires(stand: Stand, zone: str) -> datetime | None:
    """`expires_after` counts from the decision: what would leave later is dropped."""
    after = _action(stand).expires_after
    return after.after(stand.now, zone) if after else None


def _action(stand: Stand) -> Send:
    assert isinstance(stand.step.action, Send)
    return stand.step.action
