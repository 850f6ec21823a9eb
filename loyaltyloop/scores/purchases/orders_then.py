"""Orders as they were known at an instant, told anew from what had been heard before it.

Only those need it of which something was heard later, and those that were called off or of which other
products were told: `order_line` has the others as they were.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Select, Table, case, func, or_, select

from loyaltyloop.scores.purchases.past import STANDS
from loyaltyloop.store.among import among
from loyaltyloop.store.live.versions import load_shop, shop_text
from loyaltyloop.store.models import Event, Order
from loyaltyloop.store.orders.amounts import Exchange
from loyaltyloop.store.orders.orders import EVENTS, PLACED, OrderEvent, OrderState, fold

event: Table = Event.__table__  # type: ignore[attr-defined]
order: Table = Order.__table__  # type: ignore[attr-defined]

_NAMES = sorted(EVENTS)

Row = Sequence[Any]
"""Order, product, customer, ordered and arrived (seconds since 1970), pieces, price in minor units."""
Lines = list[tuple[Any, ...]]
"""The same of one order, without `arrived`."""
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


def changed(as_of: datetime) -> Which:
    """Orders of whose products more than one list had been heard before `as_of`, or one after the order."""
    listed = event.c.properties["products"].as_string()
    placed = (
        event.c.name.in_(PLACED),
        event.c.seq.is_not(None),
        event.c.order_id.is_not(None),
        event.c.at < as_of,
        event.c.arrived_at < as_of,
    )
    by_order = select(event.c.order_id).where(*placed).group_by(event.c.order_id)
    several = by_order.having(func.count() > 1)  # lists are read of these alone
    heard = case((event.c.at > event.c.arrived_at, event.c.at), else_=event.c.arrived_at)
    first, with_list = func.min(heard), func.min(case((listed.is_not(None), heard)))
    return by_order.where(event.c.order_id.in_(several)).having(
        or_(func.min(listed) != func.max(listed), with_list > first)
    )


def exchange_of(connection: Connection, currency: str) -> Exchange:
    """With the rates of the shop, where one is live."""
    return Exchange(currency if shop_text(connection) is None else load_shop(connection))


def versions(told: Told, exchange: Exchange) -> Iterator[tuple[int, Row]]:
    """The lines of these orders as they stood, each with the second in which it was known that they stand so
    no more (STANDS: they still do); `arrived` is since when it was known that they do.

    Each time that something of an order's lines changes is an order of its own: never do two of them stand.
    """
    for order_id, events in told.items():
        stood = list(_stood(order_id, events, exchange))
        ends = [*(since for since, _ in stood), STANDS][1:]
        for number, ((since, lines), gone) in enumerate(zip(stood, ends, strict=False)):
            name = f"{order_id}\0{number}" if number else order_id
            for _, product_id, who, at, *rest in lines:
                yield gone, (name, product_id, who, at, since, *rest)


def _stood(order_id: str, events: Sequence[OrderEvent], exchange: Exchange) -> Iterator[tuple[int, Lines]]:
    """Since which second which lines had been known; none where it was called off, or erased."""
    heard: list[OrderEvent] = []
    before = Lines()
    for since, some in groupby(sorted(events, key=_heard), _heard):
        heard += some
        state = fold(heard, exchange)
        lines = [] if state.status == "cancelled" else list(_rows(order_id, state))
        if lines != before:
            yield since, lines
        before = lines


def _heard(one: OrderEvent) -> int:
    return floor(max(one.at, one.arrived_at))


def _rows(order_id: str, state: OrderState) -> Iterator[tuple[Any, ...]]:
    if state.customer_id is not None:  # else all of it was erased
        for one in state.lines:
            yield (
                order_id,
                one.product_id,
                state.customer_id,
                floor(state.ordered_at),
                one.quantity,
                one.price,
            )


def floor(instant: datetime) -> int:
    """Whole seconds since 1970."""
    return int(instant.timestamp() // 1)
