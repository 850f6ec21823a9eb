"""`send`: plan a message and stand until it was handed over or refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, case, insert, literal, select, update

from loyaltyloop.journey.dice import message_key
from loyaltyloop.journey.model import Send
from loyaltyloop.journey.times import next_at
from loyaltyloop.steps.stand import Stand
from loyaltyloop.store.bulk import fill_temporary
from loyaltyloop.store.cohorts import READY, cohort, customer, enrolment, mark
from loyaltyloop.store.models import Message

message: Table = Message.__table__  # type: ignore[attr-defined]
_KEYS: dict[str, type] = {"id": int, "key": str, "due_at": datetime, "expires_at": datetime}


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
        enrolment.c.customer_key,
        enrolment.c.one_per,
        enrolment.c.occurrence,
        customer.c.zone,
    )
    if not people:
        return
    due = {zone: _due(stand, zone) for zone in {person.zone for person in people}}
    expires = {zone: _expires(stand, zone) for zone in due}
    name, first = stand.journey.name, stand.step.first_name or stand.step.name
    keys = [
        (number, message_key(name, customer_key, one_per, occurrence, first), due[zone], expires[zone])
        for number, customer_key, one_per, occurrence, zone in people
    ]
    _insert(stand, fill_temporary(stand.connection, "planned", _KEYS, keys))
    ready = select(cohort.c.id).where(READY)
    stand.connection.execute(update(enrolment).where(enrolment.c.id.in_(ready)).values(state="sending"))


def _insert(stand: Stand, planned: Table) -> None:
    """The messages of these keys; what they have of their enrolments is copied inside the database."""
    action = _action(stand)
    own: dict[str, Any] = {
        "key": planned.c.key,
        "enrolment_id": enrolment.c.id,
        "customer_id": enrolment.c.customer_id,
        "journey": stand.journey.name,
        "version": stand.version,
        "step": stand.step.name,
        "channel": action.channel,
        "purpose": action.purpose,
        "template": action.template,
        "priority": stand.journey.priority,
        "entered_at": enrolment.c.entered_at,
        "decided_at": stand.now,
        "due_at": planned.c.due_at,
        "expires_at": planned.c.expires_at,
        "state": "planned",
        "reason": "",
    }
    values = [
        value if isinstance(value, ColumnElement) else literal(value, message.c[name].type)
        for name, value in own.items()
    ]
    joined = planned.join(enrolment, enrolment.c.id == planned.c.id)
    chosen = select(*values).select_from(joined).order_by(planned.c.id)
    stand.connection.execute(insert(message).from_select(list(own), chosen))


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
