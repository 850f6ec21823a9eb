"""Orders as they were known at an instant, told anew from what had been heard before it.

Only those need it of which something was heard later, and those that were called off: `order_line` has the
others as they were.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Table, or_, select

from loyaltyloop.store.among import among
from loyaltyloop.store.live.versions import load_shop, shop_text
from loyaltyloop.store.models import Event, Order
from loyaltyloop.store.orders.amounts import Exchange
from loyaltyloop.store.orders.orders import EVENTS, OrderEvent, OrderState, fold, is_called_off

event: Table = Event.__table__  # type: ignore[attr-defined]
order: Table = Order.__table__  # type: ignore[attr-defined]

_NAMES = sorted(EVENTS)

Row = Sequence[Any]
"""Order, product, customer, ordered and arrived (seconds since 1970), pieces, price in minor units."""
Told = Mapping[str, Sequence[OrderEvent]]
Which = Select[tuple[str]]


def heard_of_later(connection: Connection, as_of: datetime, customers: Collection[int] | None) -> Which:
    """Orders of which something happened, or arrived, at `as_of` or after it; of these customers' alone."""
    heard = select(event.c.order_id).where(
        event.c.name.in_(_NAMES),
        event.c.seq.is_not(None),
        event.c.order_id.is_not(None),
        or_(event.c.at >= as_of, event.c.arrived_at >= as_of),
    )
    if customers is None:
        return heard
    own = event.alias("own")
    named = select(own.c.order_id).where(
        among(connection, own.c.customer_id, customers), own.c.name.in_(_NAMES), own.c.order_id.is_not(None)
    )
    return heard.where(event.c.order_id.in_(named))


def told_before(connection: Connection, as_of: datetime, which: Which) -> Told:
    """The events of these orders that had happened, and were known, before `as_of`."""
    before = event.alias("before")
    columns = (before.c.name, before.c.at, before.c.arrived_at)
    about = (before.c.message_id, before.c.customer_id, before.c.properties)
    told = select(before.c.order_id, *columns, *about).where(
        before.c.name.in_(_NAMES),
        before.c.seq.is_not(None),
        before.c.at < as_of,
        before.c.arrived_at < as_of,
        before.c.order_id.in_(which),
    )
    events: dict[str, list[OrderEvent]] = defaultdict(list)
    for order_id, *values in connection.execute(told):
        events[order_id].append(OrderEvent(*values))
    return events


def called_off_now(as_of: datetime) -> Which:
    """Orders from before `as_of` that are cancelled today."""
    return select(order.c.order_id).where(order.c.status == "cancelled", order.c.ordered_at < as_of)


def exchange_of(connection: Connection, currency: str) -> Exchange:
    """With the rates of the shop, where one is live."""
    return Exchange(currency if shop_text(connection) is None else load_shop(connection))


def standing(told: Told, exchange: Exchange) -> Iterator[Row]:
    """The lines of those orders that had not been called off."""
    for order_id, events in told.items():
        state = fold(events, exchange) if events else None
        if state is not None and state.status != "cancelled":
            yield from _rows(order_id, state)


def lost(told: Told, exchange: Exchange) -> Iterator[tuple[int, Row]]:
    """The lines of those that had been, as they were before; with the second in which that was known."""
    for order_id, events in told.items():
        ordered = sorted(events, key=lambda one: (one.at, one.message_id))
        if not ordered or fold(ordered, exchange).status != "cancelled":
            continue
        place, word = next((place, one) for place, one in enumerate(ordered) if is_called_off(one))
        if place:
            known = floor(max(word.at, word.arrived_at))
            yield from ((known, row) for row in _rows(order_id, fold(ordered[:place], exchange)))


def _rows(order_id: str, state: OrderState) -> Iterator[Row]:
    if state.customer_id is not None:  # else all of it was erased
        times = (floor(state.ordered_at), floor(state.arrived_at))
        for one in state.lines:
            yield order_id, one.product_id, state.customer_id, *times, one.quantity, one.price


def floor(instant: datetime) -> int:
    """Whole seconds since 1970."""
    return int(instant.timestamp() // 1)
