"""Customers written to a database, and conditions asked of them there and in Python."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Table, select
from sqlmodel import SQLModel

from loyaltyloop.journey import evaluate
from loyaltyloop.journey.condition import Condition
from loyaltyloop.journey.model import Sender, Shop
from loyaltyloop.journey.view import Enrolled, View
from loyaltyloop.store.conditions import Scope, holds, limits, moment, zone_limits
from loyaltyloop.store.database import is_postgres
from loyaltyloop.store.models import (
    Consent,
    Customer,
    Engagement,
    Enrolment,
    Event,
    Kept,
    Message,
    Order,
    Visit,
)
from loyaltyloop.store.scope import instant

APART = 100  # ids of one customer's rows


@dataclass(frozen=True)
class Question:
    """How conditions are asked: defaults and the window of `moment`, None for no limit."""

    since_entered: bool = False
    until: datetime | None = None
    deadline: datetime | None = None
    since_given: bool = False


def table(model: type[SQLModel]) -> Table:
    return model.__table__  # type: ignore[attr-defined, no-any-return]


def shop(currency: str = "GBP") -> Shop:
    sender = Sender("Shop", "shop@shop.example", "1 Street, Town")
    return Shop("shop", "UTC", currency, "GB", sender)


def numbered(view: View, number: int) -> View:
    """The same customer with ids that no other customer's rows have."""
    base = number * APART
    enrolment = view.enrolment
    assert enrolment is not None
    order = {**enrolment.order, "order_id": f"o{number}"} if enrolment.order else None
    by = enrolment.trigger_event_id
    return replace(
        view,
        events=tuple(replace(event, id=base + event.id) for event in view.events),
        messages=tuple(replace(each, enrolment_id=base + each.enrolment_id) for each in view.messages),
        engagements=tuple(replace(each, enrolment_id=base + each.enrolment_id) for each in view.engagements),
        enrolment=replace(enrolment, id=base + 1, order=order, trigger_event_id=by and base + by),
    )


def store(connection: Connection, views: Sequence[View]) -> None:
    """Write the customers; the first has the id 1."""
    for number, view in enumerate(views, start=1):
        _store_customer(connection, view, number)
        _store_enrolments(connection, view, number)
        _store_messages(connection, view, number)


def _add(connection: Connection, model: type[SQLModel], rows: Iterable[dict[str, Any]]) -> None:
    if found := list(rows):
        connection.execute(table(model).insert(), found)


def _store_customer(connection: Connection, view: View, number: int) -> None:
    blank = {"attributes": view.attributes, "stamps": {}, "zone_from": "own", "often": "normal"}
    facts = {"points": 0, "open_cases": 0, "lifetime_value": 0, "orders": 0, "tags": [], **view.customer}
    _add(connection, Customer, [{"id": number, "key": str(number), "zone": view.zone, **blank, **facts}])
    consents = [("marketing", channel, given) for channel, given in view.consents.items()]
    consents += [("service", "email", True)]
    _add(
        connection,
        Consent,
        (
            {"customer_id": number, "channel": c, "purpose": p, "given": g, "at": view.now}
            for p, c, g in consents
        ),
    )
    _add(
        connection,
        Event,
        (
            {
                "id": event.id,
                "source": "test",
                "message_id": str(event.id),
                "type": "track",
                "name": event.name,
                "at": event.at,
                "arrived_at": event.arrived_at,
                "properties": event.properties,
                "seq": event.id,
                "customer_id": number,
            }
            for event in view.events
        ),
    )


def _store_enrolments(connection: Connection, view: View, number: int) -> None:
    own = view.enrolment
    assert own is not None and own.id is not None
    rows = []
    for place, journey in enumerate(("mine", "other")):
        rows.append(
            {
                "id": own.id + place,
                "journey": journey,
                "version": 1,
                "customer_id": number,
                "customer_key": str(number),
                "one_per": "",
                "occurrence": "",
                "entered_at": own.entered_at,
                "enrolled_at": own.entered_at,
                "trigger": own.trigger,
                "trigger_event_id": own.trigger_event_id,
                "order_id": f"o{number}",
                # Kept out, or at its end: neither is inside.
                "held_out": journey not in view.inside and number % 2 == 0,
                "ended_at": None if journey in view.inside or number % 2 == 0 else view.now,
                "step": "hello",
                "state": "ready",
                "arrived_at": own.arrived_at,
            }
        )
    _add(connection, Enrolment, rows)
    left = {step: at for step, at in own.arrivals.items() if step != "hello"}
    _add(
        connection,
        Visit,
        (
            {"enrolment_id": own.id, "step": step, "arrived_at": at, "left_at": at, "path": "", "why": ""}
            for step, at in left.items()
        ),
    )
    _add(connection, Kept, ({"enrolment_id": own.id, "step": s, "value": v} for s, v in own.kept.items()))
    more = {"customer_id": number, "refunded": 0, "ordered_at": view.now, "updated_at": view.now}
    _add(connection, Order, [{**own.order, **more}] if own.order else [])


def _store_messages(connection: Connection, view: View, number: int) -> None:
    _add(
        connection,
        Message,
        (
            {
                "key": f"{message.enrolment_id}.{message.step}",
                "enrolment_id": message.enrolment_id,
                "customer_id": number,
                "journey": message.journey,
                "version": 1,
                "step": message.step,
                "channel": "email",
                "purpose": "marketing",
                "template": "t",
                "priority": 50,
                "entered_at": view.now,
                "decided_at": view.now,
                "due_at": view.now,
                "state": message.state,
                "reason": "",
                "claimed_at": message.claimed_at,
                "handed_over_at": message.handed_over_at,
            }
            for message in view.messages
        ),
    )
    _add(
        connection,
        Engagement,
        (
            {
                "event_id": number * APART + place,
                "message_key": f"{found.enrolment_id}.{found.step}",
                "customer_id": number,
                "journey": found.journey,
                "step": found.step,
                "kind": found.kind,
                "at": found.at,
                "arrived_at": found.arrived_at,
                "machine": found.machine,
            }
            for place, found in enumerate(view.engagements)
        ),
    )


# ── asking ──────────────────────────────────────────────────────────────────

Answer = tuple[bool, datetime | None]


def answers_in_sql(
    connection: Connection,
    views: Sequence[View],
    conditions: Sequence[Condition],
    question: Question,
    currency: str,
) -> list[list[Answer]]:
    """For each customer and condition: does it hold, and since when was it satisfied."""
    customer, enrolment = table(Customer).alias("c"), table(Enrolment).alias("e")
    scope = _scope(connection, views, conditions, customer, currency)
    scope = replace(
        scope, enrolment=enrolment, since=enrolment.c.entered_at if question.since_entered else None
    )
    columns: list[ColumnElement[Any]] = []
    for condition in conditions:
        columns.append(holds(condition, scope))
        until, deadline = (_bound(each) for each in (question.until, question.deadline))
        columns.append(
            moment(condition, scope, enrolment.c.arrived_at, until, deadline, question.since_given)
        )
    joined = enrolment.join(customer, customer.c.id == enrolment.c.customer_id)
    rows = select(*columns).select_from(joined).where(enrolment.c.journey == "mine").order_by(customer.c.id)
    return [list(zip(row[::2], row[1::2], strict=True)) for row in connection.execute(rows)]


def holding_at_entry(
    connection: Connection, views: Sequence[View], conditions: Sequence[Condition], currency: str
) -> list[list[bool]]:
    """The same of candidates: only the trigger and its order are known."""
    customer = table(Customer).alias("c")
    all_of = table(Enrolment)
    entry = (
        select(all_of.c.customer_id, all_of.c.trigger, all_of.c.trigger_event_id, all_of.c.order_id)
        .where(all_of.c.journey == "mine")
        .subquery("entry")
    )
    scope = replace(_scope(connection, views, conditions, customer, currency), enrolment=entry)
    joined = entry.join(customer, customer.c.id == entry.c.customer_id)
    rows = (
        select(*(holds(condition, scope) for condition in conditions))
        .select_from(joined)
        .order_by(customer.c.id)
    )
    return [list(row) for row in connection.execute(rows)]


def holding_outside(
    connection: Connection, views: Sequence[View], conditions: Sequence[Condition], currency: str
) -> list[list[bool]]:
    """The same of customers in no journey."""
    customer = table(Customer)
    scope = _scope(connection, views, conditions, customer, currency)
    rows = select(*(holds(condition, scope) for condition in conditions)).order_by(customer.c.id)
    return [list(row) for row in connection.execute(rows.select_from(customer))]


def _scope(
    connection: Connection,
    views: Sequence[View],
    conditions: Sequence[Condition],
    customer: FromClause,
    currency: str,
) -> Scope:
    now = views[0].now
    zones = {view.zone for view in views}
    table_of_limits = zone_limits(limits(*conditions), zones, now)
    return Scope(customer, now, shop(currency), is_postgres(connection), limits=table_of_limits)


def _bound(value: datetime | None) -> ColumnElement[Any] | None:
    return None if value is None else instant(value)


def answers_in_python(
    views: Sequence[View], conditions: Sequence[Condition], question: Question
) -> list[list[Answer]]:
    """As `answers_in_sql`."""
    found = []
    for view in views:
        assert view.enrolment is not None
        since = view.enrolment.entered_at if question.since_entered else None
        window = (view.enrolment.arrived_at, question.until, question.deadline, question.since_given)
        found.append(
            [
                (evaluate.holds(condition, view, since), evaluate.moment(condition, view, *window))
                for condition in conditions
            ]
        )
    return found


def at_entry(view: View) -> View:
    """The customer as a candidate."""
    own = view.enrolment
    assert own is not None
    return replace(
        view, enrolment=Enrolled(trigger=own.trigger, trigger_event_id=own.trigger_event_id, order=own.order)
    )
