"""The facts kept for every customer, computed in SQL from orders, order lines and events."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    String,
    Table,
    case,
    cast,
    func,
    select,
)

from loyaltyloop.store import bulk
from loyaltyloop.store.database import is_postgres
from loyaltyloop.store.models import Customer, Event, Order, OrderLine
from loyaltyloop.store.orders.orders import EVENTS

customer: Table = Customer.__table__  # type: ignore[attr-defined]
event: Table = Event.__table__  # type: ignore[attr-defined]
order: Table = Order.__table__  # type: ignore[attr-defined]
line: Table = OrderLine.__table__  # type: ignore[attr-defined]

OPENED, CLOSED = "Support Ticket Opened", "Support Ticket Closed"
TICKETS = (OPENED, CLOSED)
# What the shop, a mail server or a machine does is no sign of the customer.
NOT_OWN = frozenset(
    (
        *(EVENTS - {"Order Completed", "Order Returned"}),
        "Email Delivered",
        "Email Bounced",
        "SMS Delivered",
        "SMS Bounced",
        "Support Ticket Closed",
        "Product Back In Stock",
        "Price Dropped",
        "Points Earned",
        "Points Expired",
        "Tier Changed",
        "Badge Earned",
        "Referral Converted",
        "Referral Reversed",
    )
)
BY_MACHINES = frozenset(("Email Opened", "Email Link Clicked", "Email Replied"))
_FACTS = [
    "orders",
    "lifetime_value",
    "average_order",
    "first_order_at",
    "last_order_at",
    "favourite_category",
]


def refresh(connection: Connection, customers: Iterable[int]) -> None:
    """Compute the facts from orders anew, of these customers."""
    touched = bulk.fill_temporary(connection, "touched_customer", {"id": int}, ((who,) for who in customers))
    liked = {who: category for who, category, _ in connection.execute(_liked(connection, touched))}
    rows = [(*row, liked.get(row.id)) for row in connection.execute(_bought(touched))]
    bulk.update_rows(connection, customer, "id", _FACTS, rows)


def _bought(touched: Table) -> Select[Any]:
    """Orders that were not cancelled: how many, what they came to, when."""
    known = order.c.total.is_not(None)
    net: ColumnElement[Any] = order.c.total - order.c.refunded
    value = cast(func.sum(case((known, net))), BigInteger)
    priced = cast(func.sum(case((known, 1))), BigInteger)
    counted = (order.c.customer_id == touched.c.id) & (order.c.status != "cancelled")
    return (
        select(
            touched.c.id,
            func.count(order.c.order_id),
            func.coalesce(value, 0),
            value // priced,  # whole minor units; never negative, so both databases round down alike
            func.min(order.c.ordered_at),
            func.max(order.c.ordered_at),
        )
        .outerjoin_from(touched, order, counted)
        .group_by(touched.c.id)
    )


def _liked(connection: Connection, touched: Table) -> Select[Any]:
    """Customer, category and its lines, whatever their quantity: the one with the most lines comes last.

    Of equals the first by code point. An order that was cancelled has no lines.
    """
    lines = func.count()
    name = line.c.category.collate("C") if is_postgres(connection) else line.c.category
    return (
        select(touched.c.id, line.c.category, lines)
        .join_from(touched, line, line.c.customer_id == touched.c.id)
        .where(line.c.category.is_not(None))
        .group_by(touched.c.id, line.c.category)
        .order_by(lines, name.desc())
    )


# ── open cases ──────────────────────────────────────────────────────────────


def open_cases(told: Iterable[tuple[datetime, str, str]]) -> int:
    """How many support tickets are open, after these (event time, name of the event, ticket id).

    Without ids each opening and closing counts for itself.
    """
    latest: dict[str, tuple[datetime, str]] = {}
    nameless = 0
    for at, name, ticket in told:
        if not ticket:
            nameless += 1 if name == OPENED else -1
        elif ticket not in latest or (at, name) > latest[ticket]:
            latest[ticket] = (at, name)
    return max(nameless, 0) + sum(name == OPENED for _, name in latest.values())


def refresh_cases(connection: Connection, customers: Iterable[int]) -> None:
    """Count the open cases anew, of these customers."""
    wanted = bulk.fill_temporary(connection, "wanted_cases", {"id": int}, ((who,) for who in customers))
    ticket = cast(event.c.properties["ticket_id"].as_string(), String)
    rows = connection.execute(
        select(event.c.customer_id, event.c.at, event.c.name, ticket)
        .join(wanted, wanted.c.id == event.c.customer_id)
        .where(event.c.name.in_(TICKETS), event.c.seq.is_not(None))
    )
    told: dict[int, list[tuple[datetime, str, str]]] = {
        who: [] for who in connection.execute(select(wanted.c.id)).scalars()
    }
    for who, at, name, number in rows:
        told[who].append((at, name, number or ""))
    counts = [(who, open_cases(cases)) for who, cases in told.items()]
    bulk.update_rows(connection, customer, "id", ["open_cases"], counts)
