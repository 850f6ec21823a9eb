"""Planning a message, and standing until it was handed over or refused: what all that sends has in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, case, insert, literal, select, update

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.dice import message_key
from loyaltyloop.journey.model import Purpose
from loyaltyloop.journey.routes import Route
from loyaltyloop.steps.showing import keep_what_is_shown
from loyaltyloop.steps.stand import Stand
from loyaltyloop.store.bulk import fill_temporary, update_rows
from loyaltyloop.store.inside.cohorts import READY, cohort, customer, enrolment, mark, states
from loyaltyloop.store.models import Message

message: Table = Message.__table__  # type: ignore[attr-defined]
_KEYS: dict[str, type] = {"id": int, "key": str, "channel": str, "due_at": datetime, "expires_at": datetime}


@dataclass(frozen=True)
class Planned:
    """What is planned for everybody who arrives. `due`: from when on (UTC), by zone; None: now.

    `expires_after` counts from the decision: what would leave later is dropped. `routes`: the channels that
    each enrolment's message may take, where they are not the same for all; `channel` for all others.
    `hours`: from when on each enrolment's may leave, by the channels of all, where that is their own.
    """

    channel: str
    purpose: Purpose
    template: str
    due: Callable[[str], datetime] | None
    expires_after: Duration | None
    routes: Callable[[], Mapping[int, list[Route]]] | None = None
    hours: Callable[[Mapping[int, str]], Mapping[int, datetime]] | None = None


def go_on(stand: Stand, refused_words: str, leaves: bool = False) -> None:
    """Those whose message is settled go on; `leaves`: those whose message was refused end as `blocked`."""
    if "sent" not in states(stand.connection):
        return
    settled = select(message.c.state, message.c.reason).where(
        message.c.enrolment_id == cohort.c.id, message.c.step == stand.step.name
    )
    refused = settled.where(message.c.state == "refused").exists()
    why = settled.with_only_columns(
        case((message.c.state == "refused", literal(refused_words) + message.c.reason), else_="handed over")
    )
    sent = cohort.c.state == "sent"
    if leaves:
        mark(stand.connection, and_(sent, refused), left="blocked", why=why.scalar_subquery())
    mark(stand.connection, sent, path="", why=why.scalar_subquery())
    keep_what_is_shown(stand, and_(sent, refused))


def plan(stand: Stand, planned: Planned) -> None:
    """One message for each who has arrived, with its key; they stand here until it is settled."""
    people = stand.people(
        enrolment.c.id,
        enrolment.c.customer_key,
        enrolment.c.one_per,
        enrolment.c.occurrence,
        customer.c.zone,
    )
    if not people:
        return
    zones = {person.zone for person in people}
    due = {zone: planned.due(zone) if planned.due else stand.now for zone in zones}
    after = planned.expires_after
    expires = {zone: after.after(stand.now, zone) if after else None for zone in due}
    routes = planned.routes() if planned.routes else {}
    name, first = stand.journey.name, stand.step.first_name or stand.step.name
    keys = {
        number: message_key(name, customer_key, one_per, occurrence, first)
        for number, customer_key, one_per, occurrence, _ in people
    }
    channels = {one.id: _first(routes.get(one.id), planned) for one in people}
    own = planned.hours(channels) if planned.hours else {}
    rows = [
        (one.id, keys[one.id], channels[one.id], own.get(one.id, due[one.zone]), expires[one.zone])
        for one in people
    ]
    _insert(stand, planned, fill_temporary(stand.connection, "planned", _KEYS, rows))
    if routes:
        told = [(keys[number], each) for number, each in routes.items()]
        update_rows(stand.connection, message, "key", ["routes"], told)
    ready = select(cohort.c.id).where(READY)
    stand.connection.execute(update(enrolment).where(enrolment.c.id.in_(ready)).values(state="sending"))


def _first(routes: list[Route] | None, planned: Planned) -> str:
    return str(routes[0]["channel"]) if routes else planned.channel


def _insert(stand: Stand, planned: Planned, keyed: Table) -> None:
    """The messages of these keys; what they have of their enrolments is copied inside the database."""
    own: dict[str, Any] = {
        "key": keyed.c.key,
        "enrolment_id": enrolment.c.id,
        "customer_id": enrolment.c.customer_id,
        "journey": stand.journey.name,
        "version": stand.version,
        "step": stand.step.name,
        "channel": keyed.c.channel,
        "purpose": planned.purpose,
        "template": planned.template,
        "priority": stand.journey.priority,
        "entered_at": enrolment.c.entered_at,
        "decided_at": stand.now,
        "due_at": keyed.c.due_at,
        "expires_at": keyed.c.expires_at,
        "state": "planned",
        "reason": "",
    }
    values = [
        value if isinstance(value, ColumnElement) else literal(value, message.c[name].type)
        for name, value in own.items()
    ]
    joined = keyed.join(enrolment, enrolment.c.id == keyed.c.id)
    chosen = select(*values).select_from(joined).order_by(keyed.c.id)
    stand.connection.execute(insert(message).from_select(list(own), chosen))
