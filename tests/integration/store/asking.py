"""Conditions asked of the same customers in a database and in Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, select

from loyaltyloop.journey.conditions import evaluate
from loyaltyloop.journey.conditions.condition import Condition
from loyaltyloop.journey.conditions.view import Enrolled, View
from loyaltyloop.journey.model import Sender, Shop
from loyaltyloop.store.conditions.scope import instant
from loyaltyloop.store.conditions.sql import Scope, holds, limits, moment, zone_limits
from loyaltyloop.store.database import is_postgres
from loyaltyloop.store.models import (
    Customer,
    Enrolment,
)
from tests.integration.store.writing import table


@dataclass(frozen=True)
class Question:
    """How conditions are asked: defaults and the window of `moment`, None for no limit."""

    since_entered: bool = False
    until: datetime | None = None
    deadline: datetime | None = None
    since_given: bool = False


def shop(currency: str = "GBP") -> Shop:
    sender = Sender("Shop", "shop@shop.example", "1 Street, Town")
    return Shop("shop", "UTC", currency, "GB", sender)


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
