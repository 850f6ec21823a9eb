"""The store's order lines as they were known at an instant.

`order_line` holds orders as they are now: without those that were cancelled, and with what updates changed.
So an order that was changed, or of which something was heard later, is told anew: see orders_then.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence, Set
from datetime import datetime
from itertools import compress
from typing import Any

import numpy as np
import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Select,
    cast,
    extract,
    func,
    select,
)

from loyaltyloop.journey.money import exponent
from loyaltyloop.scores.purchases.orders_then import (
    Row,
    Told,
    called_off_now,
    changed,
    exchange_of,
    floor,
    heard_of_later,
    told_before,
    versions,
)
from loyaltyloop.scores.purchases.past import STANDS, Floats, Lines, Longs
from loyaltyloop.scores.purchases.tables import ids_of, line
from loyaltyloop.store.among import among
from loyaltyloop.store.database import is_postgres

_CHUNK = 200  # customers whose lines are Python's objects at one time


def read_lines(
    connection: Connection,
    as_of: datetime,
    currency: str,
    since: datetime | None = None,
    customers: Collection[int] | None = None,
) -> Lines:
    """Ordered, and known, before `as_of`; at or after `since`, by these customers alone.

    `currency`: the shop's, in which prices are.
    """
    columns = _Columns()
    people = None if customers is None else frozenset(customers)
    wanted = _by_customer(connection, as_of, since, customers)
    told = _told_anew(connection, as_of, customers)
    if customers is None:  # who looks at some looks at today
        for which in (called_off_now(as_of), changed(as_of)):
            told = {**told_before(connection, as_of, which), **told}
    _stream(connection, wanted, columns, told.keys())
    columns.add_rows(
        (gone, row)
        for gone, row in versions(told, exchange_of(connection, currency))
        if _meant(row, since, people) and (people is None or gone == STANDS)
    )
    return columns.lines(currency)


def _told_anew(connection: Connection, as_of: datetime, customers: Collection[int] | None) -> Told:
    """What had been heard of the orders of which something was heard later: nothing of most of them."""
    later = heard_of_later(connection, as_of, customers)
    if connection.execute(later.limit(1)).first() is None:
        return {}
    visible = select(line.c.order_id).where(*_visible(as_of), line.c.order_id.in_(later)).distinct()
    unheard: Told = dict.fromkeys(connection.execute(visible).scalars(), ())
    return {**unheard, **told_before(connection, as_of, later)}


def _meant(row: Row, since: datetime | None, customers: Collection[int] | None) -> bool:
    return (customers is None or row[2] in customers) and (since is None or row[3] >= floor(since))


class _Columns:
    """Rows as they come, a column each; a name that stands in many rows is kept once."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._orders: list[str] = []
        self._products: list[str] = []
        self._wholes: list[Longs] = [np.zeros((5, 0), np.int64)]
        self._prices: list[Floats] = [np.zeros(0)]

    def add_rows(self, found: Iterable[tuple[int, Row]]) -> None:
        """Some more, and since which second each has not stood any more."""
        rows = list(found)
        if rows:
            self.add(list(zip(*(row for _, row in rows), strict=True)), [gone for gone, _ in rows])

    def add(self, found: Sequence[Sequence[Any]], gone: Sequence[int] | None = None) -> None:
        """Some more: the columns of a `Row`, all equally long."""
        orders, products, *wholes, prices = found
        self._orders += [self._names.setdefault(name, name) for name in orders]
        self._products += [self._names.setdefault(name, name) for name in products]
        self._wholes.append(np.array([*wholes, gone or [STANDS] * len(orders)], np.int64))
        self._prices.append(np.array(prices, np.float64))  # None becomes nan

    def lines(self, currency: str) -> Lines:
        """All of them, with prices in major units."""
        customer, at, arrived, quantity, gone = np.concatenate(self._wholes, axis=1)
        price = np.concatenate(self._prices) / 10 ** exponent(currency)
        pieces = quantity.astype(np.int32)
        return Lines(self._orders, self._products, customer, at, arrived, pieces, price, gone)


def _stream(connection: Connection, wanted: Select[Any], columns: _Columns, without: Set[str]) -> None:
    """A row a customer, with a list a column, is read four times as fast as a row a line."""
    found = connection.execute(wanted, execution_options={"yield_per": _CHUNK})
    for people in found.partitions():
        some: list[list[Any]] = [[] for _ in range(7)]
        for who, *texts in people:
            orders, products, *rest = (orjson.loads(text) for text in texts)
            for column, values in zip(some, (orders, products, [who] * len(orders), *rest), strict=True):
                column.extend(values)
        columns.add(_left(some, without))


def _left(columns: list[list[Any]], without: Set[str]) -> list[list[Any]]:
    """All but the lines of some orders."""
    if not without:
        return columns
    kept = [order_id not in without for order_id in columns[0]]
    return [list(compress(column, kept)) for column in columns]


# ── as they are now ─────────────────────────────────────────────────────────


def _visible(as_of: datetime) -> tuple[ColumnElement[bool], ...]:
    return line.c.ordered_at < as_of, line.c.arrived_at < as_of


def _by_customer(
    connection: Connection, as_of: datetime, since: datetime | None, customers: Collection[int] | None
) -> Select[Any]:
    times = (epoch(connection, line.c.ordered_at), epoch(connection, line.c.arrived_at))
    columns = (line.c.order_id, line.c.product_id, *times, line.c.quantity, line.c.price)
    lists = (ids_of(connection, column) for column in columns)
    wanted = select(line.c.customer_id, *lists).where(*_visible(as_of)).group_by(line.c.customer_id)
    if since is not None:
        wanted = wanted.where(line.c.ordered_at >= since)
    return wanted if customers is None else wanted.where(among(connection, line.c.customer_id, customers))


def epoch(connection: Connection, column: Column[datetime] | ColumnElement[datetime]) -> ColumnElement[int]:
    """Whole seconds since 1970, rounded down."""
    if is_postgres(connection):
        return cast(func.floor(extract("epoch", column)), BigInteger)
    # SQLite counts in thousandths, to the nearest: the last half of one would be of the next second.
    return cast(func.strftime("%s", func.substr(column, 1, 19)), BigInteger)
