"""Orders in the database: the events of an order are read, folded and written again, many at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Table, delete, select

from loyaltyloop.journey.model import Shop
from loyaltyloop.store import bulk
from loyaltyloop.store.models import Event, Order, OrderLine, Product
from loyaltyloop.store.orders.amounts import Exchange
from loyaltyloop.store.orders.orders import EVENTS, OrderEvent, OrderState, fold, product_id_of, products_of

event: Table = Event.__table__  # type: ignore[attr-defined]
order: Table = Order.__table__  # type: ignore[attr-defined]
line: Table = OrderLine.__table__  # type: ignore[attr-defined]
product: Table = Product.__table__  # type: ignore[attr-defined]

Told = Mapping[str, list[OrderEvent]]
_ORDER = [
    "order_id",
    "customer_id",
    "status",
    "total",
    "refunded",
    "currency",
    "products",
    "main_category",
    "ordered_at",
    "updated_at",
]
_LINE = [
    "order_id",
    "product_id",
    "customer_id",
    "category",
    "quantity",
    "price",
    "ordered_at",
    "arrived_at",
    "returned",
]


def refresh(connection: Connection, shop: Shop, new: Told, before: int) -> set[int]:
    """Bring orders up to date with new events; whose they are and were.

    `new`: order id → events that were just applied. `before`: earlier ones have a smaller `seq`.
    """
    if not new:
        return set()
    wanted = bulk.fill_temporary(connection, "wanted_order", {"order_id": str}, ((name,) for name in new))
    told: dict[str, list[OrderEvent]] = {name: list(events) for name, events in new.items()}
    for name, earlier in _earlier(connection, wanted, before):
        told[name].append(earlier)
    known = select(order.c.order_id, order.c.customer_id).join(wanted, wanted.c.order_id == order.c.order_id)
    before_now = {row.order_id: row.customer_id for row in connection.execute(known)}
    states = _folded(connection, shop, told)
    _write(connection, wanted, states, bool(before_now))
    return {state.customer_id for state in states.values() if state.customer_id is not None} | set(
        before_now.values()
    )


def rebuild(connection: Connection, shop: Shop, order_ids: Iterable[str]) -> set[int]:
    """The same from all events of these orders: after the catalogue named other categories, and in tests."""
    new: dict[str, list[OrderEvent]] = {name: [] for name in order_ids}
    if not new:
        return set()
    wanted = bulk.fill_temporary(connection, "wanted_order", {"order_id": str}, ((name,) for name in new))
    for name, earlier in _earlier(connection, wanted, None):
        new[name].append(earlier)
    return refresh(connection, shop, {name: events for name, events in new.items() if events}, 0)


def _earlier(connection: Connection, wanted: Table, before: int | None) -> Iterator[tuple[str, OrderEvent]]:
    columns = (
        event.c.name,
        event.c.at,
        event.c.arrived_at,
        event.c.message_id,
        event.c.customer_id,
        event.c.properties,
    )
    of_orders = (
        select(event.c.order_id, *columns)
        .join(wanted, wanted.c.order_id == event.c.order_id)
        .where(event.c.name.in_(sorted(EVENTS)))
    )
    applied = event.c.seq.is_not(None) if before is None else event.c.seq < before
    for order_id, *values in connection.execute(of_orders.where(applied)):
        yield order_id, OrderEvent(*values)


def _folded(connection: Connection, shop: Shop, told: Told) -> dict[str, OrderState]:
    exchange = Exchange(shop)
    categories = _categories(connection, told)
    return {name: fold(events, exchange, categories) for name, events in told.items()}


def _categories(connection: Connection, told: Told) -> dict[str, str]:
    """Of the products that an order names without a category, those that the catalogue knows."""
    unknown = {
        product_id
        for events in told.values()
        for one in events
        for item in products_of(one.properties) or ()
        if "category" not in item and (product_id := product_id_of(item)) is not None
    }
    if not unknown:
        return {}
    wanted = bulk.fill_temporary(connection, "wanted_product", {"id": str}, ((name,) for name in unknown))
    found = select(product.c.product_id, product.c.category).join(wanted, wanted.c.id == product.c.product_id)
    return {row.product_id: row.category for row in connection.execute(found) if row.category is not None}


def _write(connection: Connection, wanted: Table, states: Mapping[str, OrderState], known: bool) -> None:
    """Write orders anew. One that was cancelled has no lines: it is no purchase.

    Without an owner (all was erased) an order is not kept.
    """
    if known:
        chosen = select(wanted.c.order_id)
        connection.execute(delete(line).where(line.c.order_id.in_(chosen)))
        connection.execute(delete(order).where(order.c.order_id.in_(chosen)))
    kept = {name: state for name, state in states.items() if state.customer_id is not None}
    bulk.insert_rows(connection, order, _ORDER, (_order_row(name, state) for name, state in kept.items()))
    bulk.insert_rows(connection, line, _LINE, _line_rows(kept))


def _order_row(name: str, state: OrderState) -> tuple[Any, ...]:
    return (
        name,
        state.customer_id,
        state.status,
        state.total,
        state.refunded,
        state.currency,
        state.products,
        state.main_category,
        state.ordered_at,
        state.updated_at,
    )


def _line_rows(states: Mapping[str, OrderState]) -> Iterator[tuple[Any, ...]]:
    for name, state in states.items():
        for one in state.lines if state.status != "cancelled" else ():
            about = (one.category, one.quantity, one.price)
            when = (state.ordered_at, state.arrived_at)
            yield name, one.product_id, state.customer_id, *about, *when, one.returned
