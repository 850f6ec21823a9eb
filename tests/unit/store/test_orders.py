"""An order is a fold over its events: their order of arrival is nothing to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from loyaltyloop.journey.model import Market, Sender, Shop
from loyaltyloop.store.orders.amounts import Exchange
from loyaltyloop.store.orders.orders import Line, OrderEvent, OrderState, fold, product_id_of, quantity_of

SENDER = Sender("Sample Shop", "hello@example.com", "1 Example Road")
SHOP = Shop(
    name="Sample Shop",
    timezone="Europe/London",
    currency="GBP",
    country="GB",
    sender=SENDER,
    markets=(("DE", Market("EUR", rate=Decimal("0.85"))), ("JP", Market("JPY", rate=Decimal("0.005")))),
)
START = datetime(2026, 5, 1, 9, tzinfo=UTC)
TEA = {"product_id": "tea", "category": "Tea", "price": 4.5, "quantity": 2}
MUG = {"product_id": "mug", "category": "Ware", "price": "12.00"}


def told(*names: str | tuple[str, dict[str, Any]]) -> list[OrderEvent]:
    """Events an hour apart."""
    found = []
    for hour, name in enumerate(names):
        event, properties = (name, {}) if isinstance(name, str) else name
        when = START + timedelta(hours=hour)
        found.append(OrderEvent(event, when, when, f"m{hour}", 1, properties))
    return found


def state(*names: str | tuple[str, dict[str, Any]], shop: Shop = SHOP) -> OrderState:
    return fold(told(*names), Exchange(shop))


COMPLETED = ("Order Completed", {"total": 21, "currency": "GBP", "products": [TEA, MUG]})


def test_an_order_as_it_was_placed() -> None:
    order = state(COMPLETED)
    assert (order.status, order.total, order.refunded, order.currency) == ("open", 2100, 0, "GBP")
    assert order.lines == (Line("tea", "Tea", 2, 450), Line("mug", "Ware", 1, 1200))
    assert order.products == [TEA, MUG | {"price": 12}]
    assert order.ordered_at == order.updated_at == START


@pytest.mark.parametrize(
    ("later", "status"),
    [
        ((), "open"),
        (("Order Fulfilled",), "shipped"),
        (("Order Shipped", "Order Delayed"), "shipped"),
        (("Order Delivered", "Order Shipped"), "delivered"),
        (("Order Shipped", "Order Cancelled", "Order Delivered"), "cancelled"),
        (("Order Refunded",), "refunded"),
        (("Order Delivered", ("Order Refunded", {"total": 3})), "partly_refunded"),
        ((("Order Refunded", {"total": 11}), ("Order Refunded", {"total": 10})), "refunded"),
        (("Order Refunded", "Order Cancelled"), "cancelled"),
        (("Order Returned",), "open"),
    ],
)
def test_the_status_is_as_far_as_it_came(later: tuple[Any, ...], status: str) -> None:
    assert state(COMPLETED, *later).status == status


def test_any_order_of_arrival_gives_the_same_order() -> None:
    events = told(
        COMPLETED,
        ("Order Updated", {"total": 30, "products": [TEA]}),
        ("Order Refunded", {"total": 5}),
        "Order Shipped",
    )
    found = {repr(fold(arrival, Exchange(SHOP))) for arrival in permutations(events)}
    assert len(found) == 1
    assert fold(events, Exchange(SHOP)).total == 3000


@pytest.mark.parametrize(
    ("later", "status"),
    [
        (("Order Cancelled",), "cancelled"),
        (("Order Cancelled", "Order Updated"), "cancelled"),
        (("Order Cancelled", ("Order Updated", {"cancelled": False})), "open"),
        (("Order Cancelled", "Order Shipped", ("Order Updated", {"cancelled": False})), "shipped"),
        ((("Order Updated", {"cancelled": False}), "Order Cancelled"), "cancelled"),
        ((("Order Updated", {"cancelled": True}),), "cancelled"),
        ((("Order Updated", {"cancelled": "false"}), "Order Cancelled"), "cancelled"),
        ((("Order Updated", {"cancelled": True}), ("Order Updated", {"cancelled": False})), "open"),
        (("Order Cancelled", ("Order Shipped", {"cancelled": False})), "cancelled"),
    ],
)
def test_the_newest_word_on_cancelling_holds(later: Any, status: str) -> None:
    events = told(COMPLETED, *later)
    found = {fold(arrival, Exchange(SHOP)).status for arrival in permutations(events)}
    assert found == {status}


def test_of_two_words_at_one_instant_the_order_is_cancelled() -> None:
    cancelled, taken_up = told("Order Cancelled", ("Order Updated", {"cancelled": False}))
    assert fold([cancelled, replace(taken_up, at=cancelled.at)], Exchange(SHOP)).status == "cancelled"


def test_an_update_replaces_lines_and_total() -> None:
    order = state(COMPLETED, ("Order Updated", {"total": 9, "products": [TEA]}))
    assert (order.total, [line.product_id for line in order.lines]) == (900, ["tea"])
    assert state(COMPLETED, ("Order Updated", {"total": 9})).lines == state(COMPLETED).lines


@pytest.mark.parametrize(
    ("properties", "total"),
    [
        ({"revenue": "10.50"}, 1050),
        ({"value": 3}, 300),
        ({"products": [TEA, MUG]}, 2100),
        ({"products": [TEA, {"product_id": "gift"}]}, None),
        ({"total": 10, "currency": "EUR"}, 850),
        ({"total": 1000, "currency": "JPY"}, 500),
        ({"total": 10, "currency": "CHF"}, None),
        ({"total": "ten"}, None),
        ({"total": -5}, None),
        ({"total": 1.005}, 101),
        ({"total": 1e300}, None),
        ({"total": 9e307}, None),  # a float, but not a hundred times as much
        ({"total": -9e307}, None),
        ({"products": [{"product_id": "tea", "price": 9e307}]}, None),
        ({}, None),
    ],
)
def test_what_was_to_pay(properties: dict[str, Any], total: int | None) -> None:
    assert state(("Order Completed", properties)).total == total


def test_prices_are_told_in_the_shops_currency() -> None:
    euros = {"currency": "EUR", "total": 10, "products": [{"product_id": "tea", "price": 10}]}
    order = state(("Order Completed", euros))
    assert (order.lines[0].price, order.products[0]["price"]) == (850, 8.5)
    francs = state(("Order Completed", euros | {"currency": "CHF"}))
    assert (francs.lines[0].price, francs.products) == (None, [{"product_id": "tea"}])


def test_a_refund_of_products_is_their_price() -> None:
    order = state(COMPLETED, ("Order Refunded", {"products": [{"product_id": "tea", "quantity": 1}]}))
    assert (order.refunded, order.status) == (450, "partly_refunded")
    assert [line.returned for line in order.lines] == [True, False]


def test_no_more_is_paid_back_than_was_paid() -> None:
    assert state(COMPLETED, ("Order Refunded", {"total": 99})).refunded == 2100
    unknown = state(("Order Completed", {}), ("Order Refunded", {"total": 99}))
    assert (unknown.total, unknown.status) == (None, "partly_refunded")


def test_a_return_without_a_list_is_of_all() -> None:
    assert all(line.returned for line in state(COMPLETED, "Order Returned").lines)


def test_the_same_product_twice_is_added_up() -> None:
    order = state(("Order Completed", {"products": [TEA, TEA]}))
    assert order.lines == (Line("tea", "Tea", 4, 450),)


def test_the_main_category_has_the_most_lines_then_the_first_name() -> None:
    many = [{"product_id": str(n), "category": name} for n, name in enumerate(["B", "A", "A", "B", "C"])]
    assert state(("Order Completed", {"products": many})).main_category == "A"
    assert state(("Order Completed", {"products": [{"product_id": "1"}]})).main_category is None


def test_the_catalogue_names_the_category_where_the_order_does_not() -> None:
    bare = [{"product_id": "tea"}, {"product_id": "mug", "category": "Gifts"}]
    order = fold(told(("Order Completed", {"products": bare})), Exchange(SHOP), {"tea": "Tea", "mug": "Ware"})
    assert [line.category for line in order.lines] == ["Tea", "Gifts"]
    assert order.products[0]["category"] == "Tea"


def test_an_order_first_heard_of_by_its_delivery_is_one() -> None:
    order = state("Order Delivered")
    assert (order.status, order.total, order.lines, order.ordered_at) == ("delivered", None, (), START)


@pytest.mark.parametrize(
    ("item", "found"),
    [
        ({"product_id": 12, "sku": "s"}, "12"),
        ({"product_id": "  ", "sku": "s"}, "s"),
        ({"product_id": True, "id": "i"}, "i"),
        ({"product_id": "x" * 256}, None),
        ({"product_id": 1.5}, None),
    ],
)
def test_a_products_id(item: dict[str, Any], found: str | None) -> None:
    assert product_id_of(item) == found


@pytest.mark.parametrize(
    ("quantity", "found"), [(3, 3), ("3", 3), (None, 1), (0, 1), (-2, 1), (True, 1), ("many", 1), (1e12, 1)]
)
def test_a_quantity(quantity: object, found: int) -> None:
    assert quantity_of({"quantity": quantity}) == found


def test_decimals_follow_the_shops_currency() -> None:
    yen = Shop(name="S", timezone="Asia/Tokyo", currency="JPY", country="JP", sender=SENDER)
    dinar = Shop(name="S", timezone="Asia/Kuwait", currency="KWD", country="KW", sender=SENDER)
    assert state(("Order Completed", {"total": 1500}), shop=yen).total == 1500
    assert state(("Order Completed", {"total": 1.5}), shop=dinar).total == 1500
