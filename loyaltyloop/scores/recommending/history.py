"""What the customers of a cohort did: a query each, a row a customer where lists are wanted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    distinct,
    func,
    select,
)

from loyaltyloop.journey.model import CALLS
from loyaltyloop.scores.purchases.lines import epoch
from loyaltyloop.scores.purchases.tables import customer, event, ids_of, line, lists_of
from loyaltyloop.scores.recommending.likeness import words_of
from loyaltyloop.store.models import Enrolment, Kept, Message
from loyaltyloop.store.orders.basket_book import basket, is_present

enrolment: Table = Enrolment.__table__  # type: ignore[attr-defined]
kept: Table = Kept.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]

LAST_ORDERS = 3
MOST_HABITS = 40
SHOWN_WITHIN = timedelta(days=30)
SHOWN_TIMES = 3
VIEWED_WITHIN = timedelta(days=30)
LATEST_SEARCHES = 5
LONGEST_SEARCH = 200  # letters


def habits(connection: Connection, ids: Collection[int], now: datetime) -> dict[int, dict[str, int]]:
    """What each buys regularly, and on how many days (two or more): at most forty products, in order.

    On most days first, then the latest, then by id; last what was just bought: when less than a quarter of
    the usual time between two purchases has gone by.
    """
    days = func.count(distinct(func.date(line.c.ordered_at)))
    columns = (line.c.product_id, days, *(seconds(connection, one) for one in (func.min, func.max)))
    named = [column.label(f"c{place}") for place, column in enumerate(columns)]
    regular = (
        select(line.c.customer_id, *named)
        .where(line.c.customer_id.in_(ids), line.c.arrived_at <= now)
        .group_by(line.c.customer_id, line.c.product_id)
        .having(days > 1)
        .subquery()
    )
    together = lists_of(connection, *(regular.c[column.name] for column in named))
    rows = connection.execute(select(regular.c.customer_id, together).group_by(regular.c.customer_id))
    moment = int(now.timestamp())
    return {who: _by_need(orjson.loads(found), moment) for who, found in rows}


def _by_need(found: list[tuple[str, int, int, int]], now: int) -> dict[str, int]:
    """Of (product, days, first and last purchase in seconds since 1970)."""
    ranked = sorted(
        (4 * (now - last) * (days - 1) < last - first, -days, -last, product_id)
        for product_id, days, first, last in found
    )
    return {product_id: -days for _, days, _, product_id in ranked[:MOST_HABITS]}


def seconds(connection: Connection, edge: Callable[..., ColumnElement[Any]]) -> ColumnElement[int]:
    """The first or last `ordered_at` of a group, in whole seconds since 1970."""
    return epoch(connection, edge(line.c.ordered_at))


def bought(
    connection: Connection, ids: Collection[int], since: datetime | None = None
) -> dict[int, set[str]]:
    """What each has ordered: from `since` on, or ever."""
    theirs = (
        select(line.c.customer_id, ids_of(connection, line.c.product_id))
        .where(line.c.customer_id.in_(ids))
        .group_by(line.c.customer_id)
    )
    if since is not None:
        theirs = theirs.where(line.c.ordered_at >= since)
    return {who: set(orjson.loads(products)) for who, products in connection.execute(theirs)}


def last_baskets(connection: Connection, ids: Collection[int], now: datetime) -> dict[int, list[str]]:
    """The products of each one's last three orders that were known by `now`."""
    place = func.dense_rank().over(
        partition_by=line.c.customer_id, order_by=(line.c.ordered_at.desc(), line.c.order_id)
    )
    numbered = (
        select(line.c.customer_id, line.c.product_id, place.label("place"))
        .where(line.c.customer_id.in_(ids), line.c.arrived_at <= now)
        .subquery()
    )
    lines = (
        select(numbered.c.customer_id, ids_of(connection, numbered.c.product_id))
        .where(numbered.c.place <= LAST_ORDERS)
        .group_by(numbered.c.customer_id)
    )
    return {who: sorted(set(orjson.loads(products))) for who, products in connection.execute(lines)}


def favourite_categories(connection: Connection, ids: Collection[int]) -> dict[int, str]:
    """The category that each buys most of."""
    known = select(customer.c.id, customer.c.favourite_category).where(
        customer.c.id.in_(ids), customer.c.favourite_category.is_not(None)
    )
    return {row[0]: row[1] for row in connection.execute(known)}


def viewed(connection: Connection, ids: Collection[int], now: datetime) -> dict[int, list[str]]:
    """What each has looked at in the last 30 days, the latest first."""
    found: dict[int, dict[str, None]] = defaultdict(dict)
    for who, properties in _lately(connection, ids, "Product Viewed", now):
        if product_id := properties.get("product_id"):
            found[who].setdefault(str(product_id))
    return {who: list(products) for who, products in found.items()}


def searched(connection: Connection, ids: Collection[int], now: datetime) -> dict[int, list[frozenset[str]]]:
    """The words of each one's searches in the last 30 days, the latest first, each search once."""
    found: dict[int, dict[frozenset[str], None]] = defaultdict(dict)
    for who, properties in _lately(connection, ids, "Products Searched", now):
        query = properties.get("query")
        if isinstance(query, str) and (words := words_of(query[:LONGEST_SEARCH])):
            found[who].setdefault(words)
    return {who: list(searches)[:LATEST_SEARCHES] for who, searches in found.items()}


def _lately(connection: Connection, ids: Collection[int], name: str, now: datetime) -> Iterator[Any]:
    """Customer and properties of events of that name in 30 days, known by `now`, the latest first."""
    told = (
        select(event.c.customer_id, event.c.properties)
        .where(
            event.c.customer_id.in_(ids),
            event.c.name == name,
            event.c.at >= now - VIEWED_WITHIN,
            event.c.arrived_at <= now,
        )
        .order_by(event.c.at.desc(), event.c.id)
    )
    yield from connection.execute(told)


def baskets(connection: Connection, ids: Collection[int], now: datetime) -> dict[int, list[str]]:
    """The products in each one's basket, as it is now, in the order in which they were put in."""
    present = select(basket.c.customer_id, basket.c.products).where(
        basket.c.customer_id.in_(ids), is_present(basket, now)
    )
    return {
        who: list(dict.fromkeys(line["product_id"] for line in lines))
        for who, lines in connection.execute(present)
    }


def shown(connection: Connection, ids: Collection[int], now: datetime) -> dict[int, set[str]]:
    """What was recommended to each three times or more in messages handed over in the last 30 days."""
    columns = (enrolment.c.customer_id, message.c.offers, kept.c.step, kept.c.value)
    lists = (
        select(*columns)
        .join(message, message.c.enrolment_id == enrolment.c.id)
        .join(kept, kept.c.enrolment_id == enrolment.c.id)
        .where(
            enrolment.c.customer_id.in_(ids),
            message.c.offers.is_not(None),
            message.c.channel != CALLS,
            message.c.handed_over_at >= now - SHOWN_WITHIN,
        )
    )
    times: dict[int, Counter[str]] = defaultdict(Counter)
    for who, offers, step, value in connection.execute(lists):
        if step in offers.split():
            times[who].update(_product_ids(value))
    return {
        who: {name for name, count in seen.items() if count >= SHOWN_TIMES} for who, seen in times.items()
    }


def _product_ids(value: Any) -> Iterator[str]:
    """Of what a `recommend` step kept; other steps keep other things."""
    for one in value if isinstance(value, Sequence) and not isinstance(value, str) else ():
        if isinstance(one, Mapping) and "product_id" in one:
            yield str(one["product_id"])
