"""The sample shop's whole year, written straight into the tables that scores are counted from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Engine, Insert, Table, insert, literal, select

from benchmarks.shop import SHOP
from loyaltyloop.demo import made
from loyaltyloop.demo.invoices import Invoice
from loyaltyloop.demo.naming import category_of, tidy_name
from loyaltyloop.demo.sample import CURRENCY, YEAR, Sample, read_sample
from loyaltyloop.journey.reading.reader import read_project
from loyaltyloop.store.database import write
from loyaltyloop.store.live.changes import apply
from loyaltyloop.store.models import Customer, OrderLine, Product

END = datetime(2010, 12, 1, tzinfo=UTC)  # the year is over
SHIFT = 1_000_000  # what ids of customers who are had again are raised by, each time anew
ASKING = """
journey: asking
about: Asks for all that is predicted.
enter: {when: {predicted: {lapse: {over: 0.7}, value: {over: 10}, refill: {under: 5}}}}
leave_when: {safe: {predicted: {lapse: {under: 0.3}}}}
steps:
  - wait: 30 days
"""
_FIRST = datetime(2009, 12, 1, tzinfo=UTC)
_BATCH = 20_000


def open_year(engine: Engine) -> int:
    """Customers, products and order lines of the year; how many lines there are."""
    apply(engine, read_project({"journeys/shop.yaml": SHOP, "journeys/asking.yaml": ASKING}), _FIRST)
    sample = read_sample(YEAR)
    lines = list(_lines(sample))
    for model, rows in ((Customer, _customers(sample)), (Product, _products(sample)), (OrderLine, lines)):
        _write(engine, model, list(rows))
    return len(lines)


def open_catalogue(engine: Engine, products: int) -> None:
    """So many products, and ten orders of ten customers."""
    apply(engine, read_project({"journeys/shop.yaml": SHOP}), _FIRST)
    more = f"SELECT i + 1 FROM n WHERE i < {products - 1}"
    rows = "SELECT 'm' || i, 'Thing ' || i, true FROM n"
    with write(engine) as connection:
        connection.exec_driver_sql(
            "INSERT INTO product (product_id, name, in_stock) "
            f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL {more}) {rows}"
        )
    people = range(1, 11)
    _write(engine, Customer, [_customer(who, "GB") for who in people])
    _write(engine, OrderLine, [_ordered(who, f"m{who * products // 11}") for who in people])


def fill_up(engine: Engine, customers: int) -> None:
    """The customers of the year, and their order lines, again and again until there are so many."""
    people, lines = Customer.__table__, OrderLine.__table__  # type: ignore[attr-defined]
    with write(engine) as connection:
        ids = list(connection.execute(select(people.c.id).order_by(people.c.id)).scalars())
        for again in range(1, -(-customers // len(ids))):
            last = ids[min(len(ids), customers - again * len(ids)) - 1]
            shift, mark = again * SHIFT, literal(f" {again}")
            someone = {"id": people.c.id + shift, "key": people.c.key + mark}
            connection.execute(_copied(people, someone, people.c.id <= last))
            theirs = {"customer_id": lines.c.customer_id + shift, "order_id": lines.c.order_id + mark}
            connection.execute(_copied(lines, theirs, lines.c.customer_id <= last))
        connection.exec_driver_sql("ANALYZE")


def _copied(table: Table, other: dict[str, ColumnElement[Any]], which: ColumnElement[bool]) -> Insert:
    """These rows of the year once more, but for some columns."""
    names = [column.name for column in table.columns]
    chosen = select(*(other.get(name, table.c[name]) for name in names)).where(which)
    return insert(table).from_select(names, chosen)


def _ordered(who: int, product_id: str) -> dict[str, Any]:
    at = END - timedelta(days=20 * who)
    row = {"order_id": f"o{who}", "product_id": product_id, "customer_id": who, "category": None}
    return row | {"quantity": 1, "price": 250, "ordered_at": at, "arrived_at": at}


def _write(engine: Engine, model: Any, rows: list[dict[str, Any]]) -> None:
    with write(engine) as connection:
        for start in range(0, len(rows), _BATCH):
            connection.execute(insert(model.__table__), rows[start : start + _BATCH])


def _customers(sample: Sample) -> Iterator[dict[str, Any]]:
    country = made.CUSTOMER_COLUMNS.index("country")
    for row in made.people(sample.orders):
        yield _customer(int(row[0]), row[country] or None)


def _customer(number: int, country: str | None) -> dict[str, Any]:
    row = {"id": number, "key": str(number), "country": country, "zone": "Europe/London", "zone_from": "shop"}
    return row | {"attributes": {}, "stamps": {}, "tags": []}


def _products(sample: Sample) -> Iterator[dict[str, Any]]:
    prices: dict[str, Decimal] = {}
    for order in sample.orders:
        prices.update((line.product_id, line.price) for line in order.lines)
    for code in sorted(prices):
        said = sample.descriptions[code]
        row: dict[str, Any] = {"product_id": code, "name": tidy_name(said), "category": category_of(said)}
        row |= {"price": _pence(prices[code]), "currency": CURRENCY, "in_stock": True, "known_since": _FIRST}
        yield row


def _lines(sample: Sample) -> Iterator[dict[str, Any]]:
    for order in sample.orders:
        yield from _lines_of(sample, order)


def _lines_of(sample: Sample, order: Invoice) -> Iterator[dict[str, Any]]:
    pieces: dict[str, int] = defaultdict(int)
    price: dict[str, Decimal] = {}
    for line in order.lines:
        pieces[line.product_id] += line.quantity
        price.setdefault(line.product_id, line.price)
    for code, count in pieces.items():
        row = {"order_id": order.number, "product_id": code, "customer_id": int(order.customer)}
        row |= {"category": category_of(sample.descriptions[code]), "quantity": count}
        yield row | {"price": _pence(price[code]), "ordered_at": order.at, "arrived_at": order.at}


def _pence(amount: Decimal) -> int:
    return int(amount * 100)
