"""The facts kept for every customer, computed in SQL from orders, order lines and events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    Select,
    String,
    Subquery,
    Table,
    case,
    cast,
    func,
    select,
    update,
)

from loyaltyloop.journey.model import Shop
from loyaltyloop.store import bulk, order_book
from loyaltyloop.store.database import is_postgres, write_shop
from loyaltyloop.store.models import Customer, Event, Order, OrderLine
from loyaltyloop.store.orders import EVENTS

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
        "Support Ticket Closed",
        "Product Back In Stock",
        "Price Dropped",
        "Points Earned",
        "Points Expired",
        "Tier Changed",
    )
)
BY_MACHINES = frozenset(("Email Opened", "Email Link Clicked"))
IMPORTED = "customers.csv"


def refresh(connection: Connection, customers: Iterable[int]) -> None:
    """Compute the facts from orders anew, of these customers."""
    touched = bulk.fill_temporary(connection, "touched_customer", {"id": int}, ((who,) for who in customers))
    bought, liked = _bought(touched), _liked(connection, touched)
    new = (
        select(touched.c.id, *(bought.c[name] for name in bought.c.keys() if name != "id"), liked.c.category)  # noqa: SIM118
        .outerjoin(bought, bought.c.id == touched.c.id)
        .outerjoin(liked, liked.c.id == touched.c.id)
        .subquery("fresh")
    )
    connection.execute(
        update(customer)
        .where(customer.c.id == new.c.id)
        .values(
            orders=func.coalesce(new.c.orders, 0),
            lifetime_value=func.coalesce(new.c.value, 0),
            average_order=new.c.average,
            first_order_at=new.c.first_at,
            last_order_at=new.c.last_at,
            favourite_category=new.c.category,
        )
    )


def _bought(touched: Table) -> Subquery:
    """Orders that were not cancelled: how many, what they came to, when."""
    known = order.c.total.is_not(None)
    net: ColumnElement[Any] = order.c.total - order.c.refunded
    value = cast(func.sum(case((known, net))), BigInteger)
    priced = cast(func.sum(case((known, 1))), BigInteger)
    chosen: Select[Any] = (
        select(
            touched.c.id,
            func.count().label("orders"),
            value.label("value"),
            # Whole minor units; amounts are never negative, so both databases round down alike.
            (value // priced).label("average"),
            func.min(order.c.ordered_at).label("first_at"),
            func.max(order.c.ordered_at).label("last_at"),
        )
        .join(order, order.c.customer_id == touched.c.id)
        .where(order.c.status != "cancelled")
        .group_by(touched.c.id)
    )
    return chosen.subquery("bought")


def _liked(connection: Connection, touched: Table) -> Subquery:
    """The category with the most lines, whatever their quantity; of equals the first by code point."""
    counted = (
        select(touched.c.id, line.c.category, func.count().label("lines"))
        .join(line, line.c.customer_id == touched.c.id)
        .join(order, order.c.order_id == line.c.order_id)
        .where(order.c.status != "cancelled", line.c.category.is_not(None))
        .group_by(touched.c.id, line.c.category)
        .subquery("counted")
    )
    name = counted.c.category.collate("C") if is_postgres(connection) else counted.c.category
    place = func.row_number().over(partition_by=counted.c.id, order_by=(counted.c.lines.desc(), name))
    ranked = select(counted.c.id, counted.c.category, place.label("place")).subquery("ranked")
    return select(ranked.c.id, ranked.c.category).where(ranked.c.place == 1).subquery("liked")


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


# ── from scratch ────────────────────────────────────────────────────────────


def recompute_all(engine: Engine, shop: Shop) -> None:
    """Orders and facts of all customers from the events alone; kept up to date, nothing changes by it."""
    with write_shop(engine) as connection:
        ids = connection.execute(select(event.c.order_id).distinct().where(_of_order())).scalars().all()
        order_book.rebuild(connection, shop, ids)
        people: Sequence[int] = connection.execute(select(customer.c.id)).scalars().all()
        refresh(connection, people)
        refresh_cases(connection, people)


def _of_order() -> ColumnElement[bool]:
    return event.c.order_id.is_not(None) & event.c.seq.is_not(None) & event.c.name.in_(sorted(EVENTS))
