"""What the shop's data cannot know, made up: who looked at what, and whose basket was left standing.

Some baskets are ordered the next day, as they were; the other visits come some time after an order, look at
what other customers bought, and end in nothing, or in a basket that nobody orders.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

from loyaltyloop.demo.invoices import Invoice, Line
from loyaltyloop.demo.made import dice, made_event
from loyaltyloop.demo.naming import category_of, tidy_name

# Visits are made of orders since then; most of them fall into the days that the demo walks.
SINCE = datetime(2010, 8, 1, tzinfo=UTC)
LEFT_FIRST = 0.05  # of the orders: their basket was left standing the day before
COMES_BACK = 0.15  # of the orders: the customer looks round again later
FILLS_A_BASKET = 0.35  # of those who look round again
MOST_VIEWS = 4


def visits(orders: list[Invoice], descriptions: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Views and baskets, in the order of the orders that they belong to. Times are UTC."""
    for place, order in enumerate(orders):
        if order.at < SINCE:
            continue
        if dice("left first", order.number) < LEFT_FIRST:
            yield from _left_the_day_before(order, descriptions)
        if dice("comes back", order.number) < COMES_BACK:
            others = orders[max(0, place - 50) : place + 1]
            seen = others[int(dice("sees", order.number) * len(others))]
            yield from _another_visit(order, seen.lines, descriptions)


def _left_the_day_before(order: Invoice, descriptions: dict[str, str]) -> Iterator[dict[str, Any]]:
    began = order.at - timedelta(hours=14 + 10 * dice("left at", order.number))
    yield from _visit(order, "before", began, order.lines[:MOST_VIEWS], descriptions, fills=True)


def _another_visit(
    order: Invoice, lines: list[Line], descriptions: dict[str, str]
) -> Iterator[dict[str, Any]]:
    day = order.at.date() + timedelta(days=6 + int(40 * dice("back after", order.number)))
    began = datetime.combine(day, time(8), UTC) + timedelta(hours=13 * dice("back at", order.number))
    start = int(dice("sees first", order.number) * len(lines))
    count = 1 + int(dice("sees many", order.number) * MOST_VIEWS)
    fills = dice("fills", order.number) < FILLS_A_BASKET
    yield from _visit(order, "after", began, lines[start : start + count], descriptions, fills)


def _visit(
    order: Invoice,
    kind: str,
    began: datetime,
    lines: list[Line],
    descriptions: dict[str, str],
    fills: bool,
) -> Iterator[dict[str, Any]]:
    """Each product is looked at; where a basket is filled, all but the first are put into it, or the only."""
    at = began.replace(second=0, microsecond=0)
    for number, line in enumerate(lines):
        name = f"{kind}-{order.number}-{number}"
        about = _product(line, descriptions)
        at += timedelta(minutes=1 + int(12 * dice("looks", name)))
        yield made_event(order.customer, f"viewed-{name}", "Product Viewed", at, about)
        if fills and (number or len(lines) == 1):
            quantity = min(line.quantity, 12)
            at += timedelta(minutes=1)
            put = {**about, "quantity": quantity}
            yield made_event(order.customer, f"added-{name}", "Product Added", at, put)


def _product(line: Line, descriptions: dict[str, str]) -> dict[str, Any]:
    description = descriptions[line.product_id]
    return {
        "product_id": line.product_id,
        "name": tidy_name(description),
        "category": category_of(description),
        "price": float(line.price),
        "currency": "GBP",
    }
