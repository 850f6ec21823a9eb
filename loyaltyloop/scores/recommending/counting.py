"""What sells: lists of products counted from the order lines that had arrived before an instant.

Every list is ordered by its figure, ties by product id. Only orders count, not pieces: one wholesaler's
thousand pieces are one customer's wish.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from math import sqrt
from typing import Any, Literal

import orjson
from sqlalchemy import ColumnElement, Connection, exists, func, select

from loyaltyloop.scores.purchases.tables import customer, event, ids_of, line, product
from loyaltyloop.scores.recommending.affinity import neighbours

LONGEST = 500  # products in a list
YEAR = timedelta(days=365)
SEASON = timedelta(days=90)
LATELY = timedelta(days=14)
NEW = timedelta(days=30)
_STEADY = 10  # damps products that are hardly ever bought

Figures = Iterator[tuple[str, Any]]


def together(connection: Connection, as_of: datetime) -> Figures:
    """Each product of the last year's orders: what is bought together with it, `[product, weight]`."""
    grouped = (
        select(ids_of(connection, line.c.product_id)).where(known(as_of, YEAR)).group_by(line.c.order_id)
    )
    baskets = (orjson.loads(row[0]) for row in connection.execute(grouped))
    yield from neighbours(baskets)


def looked(connection: Connection, as_of: datetime) -> Figures:
    """Each product: what the same people looked at on the same day of the last 90, `[product, weight]`."""
    what = event.c.properties["product_id"].as_string()
    grouped = (
        select(ids_of(connection, what))
        .where(
            event.c.name == "Product Viewed",
            event.c.customer_id.is_not(None),
            event.c.at >= as_of - SEASON,
            event.c.at < as_of,
            event.c.arrived_at < as_of,
        )
        .group_by(event.c.customer_id, func.date(event.c.at))
    )
    visits = (orjson.loads(row[0]) for row in connection.execute(grouped))
    yield from neighbours(sorted({str(one) for one in visit if one is not None}) for visit in visits)


def bestsellers(connection: Connection, as_of: datetime) -> Figures:
    """In most orders of the last year."""
    yield "", ranked(orders_by_product(connection, known(as_of, YEAR)))


def trending(connection: Connection, as_of: datetime) -> Figures:
    """Orders of the last 14 days / sqrt(orders of the 90 days before + 10)."""
    lately = orders_by_product(connection, known(as_of, LATELY))
    before = orders_by_product(connection, known(as_of - LATELY, SEASON, arrived=as_of))
    yield "", ranked({name: count / sqrt(before.get(name, 0) + _STEADY) for name, count in lately.items()})


def popular_here(connection: Connection, as_of: datetime) -> Figures:
    """Each country: in most of its orders of the last 90 days."""
    counted = (
        select(customer.c.country, line.c.product_id, func.count())
        .join(customer, customer.c.id == line.c.customer_id)
        .where(known(as_of, SEASON), customer.c.country.is_not(None))
        .group_by(customer.c.country, line.c.product_id)
    )
    yield from _each(connection.execute(counted).tuples())


def popular_in_category(connection: Connection, as_of: datetime) -> Figures:
    """Each category: in most orders of the last 90 days."""
    counted = (
        select(line.c.category, line.c.product_id, func.count())
        .where(known(as_of, SEASON), line.c.category.is_not(None))
        .group_by(line.c.category, line.c.product_id)
    )
    yield from _each(connection.execute(counted).tuples())


def new(connection: Connection, as_of: datetime) -> Figures:
    """First ordered within the last 30 days, most ordered first; then what has come since, still unsold."""
    earlier = line.alias("earlier")
    sold_before = exists().where(
        earlier.c.product_id == line.c.product_id,
        earlier.c.ordered_at < as_of - NEW,
        earlier.c.arrived_at < as_of,
    )
    sold = ranked(orders_by_product(connection, known(as_of, NEW), ~sold_before))
    yield "", [*sold, *_arrivals(connection, as_of)][:LONGEST]


def _arrivals(connection: Connection, as_of: datetime) -> list[str]:
    """What the catalogue has had for 30 days at most, and nobody ordered; the first catalogue is not new."""
    first = select(func.min(product.c.known_since)).scalar_subquery()
    unsold = ~exists().where(
        line.c.product_id == product.c.product_id, line.c.ordered_at < as_of, line.c.arrived_at < as_of
    )
    found = (
        select(product.c.product_id)
        .where(product.c.known_since >= as_of - NEW, product.c.known_since < as_of)
        .where(product.c.known_since > first, product.c.in_stock, unsold)
        .order_by(product.c.known_since.desc(), product.c.product_id)
    )
    return list(connection.execute(found.limit(LONGEST)).scalars())


Kind = Literal["together", "looked", "bestsellers", "trending", "popular_here", "category", "new"]
COUNTS: dict[Kind, Callable[[Connection, datetime], Figures]] = {
    "together": together,
    "looked": looked,
    "bestsellers": bestsellers,
    "trending": trending,
    "popular_here": popular_here,
    "category": popular_in_category,
    "new": new,
}


def known(as_of: datetime, back: timedelta, arrived: datetime | None = None) -> ColumnElement[bool]:
    """Lines ordered in the time `back` before `as_of` that had arrived by then (or by `arrived`)."""
    return (
        (line.c.ordered_at >= as_of - back)
        & (line.c.ordered_at < as_of)
        & (line.c.arrived_at < (arrived or as_of))
    )


def orders_by_product(connection: Connection, *where: ColumnElement[bool]) -> dict[str, int]:
    """Product → in how many orders."""
    counted = select(line.c.product_id, func.count()).where(*where).group_by(line.c.product_id)
    return {row[0]: row[1] for row in connection.execute(counted)}


def ranked(figures: dict[str, float] | dict[str, int]) -> list[str]:
    """The products with the highest figures, ties by id."""
    return sorted(figures, key=lambda name: (-figures[name], name))[:LONGEST]


def _each(rows: Iterable[tuple[str, str, int]]) -> Figures:
    by_key: dict[str, dict[str, int]] = defaultdict(dict)
    for key, name, count in rows:
        by_key[key][name] = count
    for key in sorted(by_key):
        yield key, ranked(by_key[key])
