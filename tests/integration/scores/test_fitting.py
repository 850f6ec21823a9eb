"""What a product must fit: the customer's size, and what they usually pay; and why it was passed over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from loyaltyloop.journey.model import Recommend, Recommending, Source
from loyaltyloop.scores.recommending.recommend import PassedOver, Wanted, recommend
from loyaltyloop.store.database import write
from loyaltyloop.store.models import Customer, Event, Order, OrderLine, Product
from tests.integration.scores.conftest import DAY, NOW, SHOP, customer, line, order, product, view

Ask = Callable[..., tuple[list[str], dict[str, str]]]


@pytest.fixture
def ask(engine: Engine) -> Ask:
    """What customer 1 is shown, and why the rest is not: of everything that customer 2 bought."""

    def asked(*sources: Source, **rules: Any) -> tuple[list[str], dict[str, str]]:
        shop = replace(SHOP, recommending=Recommending(**rules))
        passed: list[PassedOver] = []
        spec = Recommend(products=9, sources=sources or ("bestsellers",))
        with write(engine) as connection:
            picks = recommend(connection, [Wanted(1, 7, "GB", {})], spec, shop, NOW, passed)[7]
        return sorted(pick.product_id for pick in picks), {one.product_id: str(one.why) for one in passed}

    return asked


def fill(
    engine: Engine, goods: Sequence[dict[str, Any]], attributes: dict[str, Any], paid: Sequence[int] = ()
) -> None:
    """A catalogue of which customer 2 bought everything; customer 1 paid these prices for other things."""
    people = [customer(1, "GB") | {"attributes": attributes}, customer(2, "GB")]
    sold, at = [one["product_id"] for one in goods], DAY - timedelta(days=100)
    lines = [line("o2", one, 2, at, price=100) for one in sold]
    lines += [line("o1", f"own{number}", 1, at, price=price) for number, price in enumerate(paid)]
    with write(engine) as connection:
        connection.execute(insert(Customer), people)
        connection.execute(insert(Product), list(goods))
        connection.execute(insert(Order), [order("o1", 1, at), order("o2", 2, at)])
        connection.execute(insert(OrderLine), lines)


def sized(product_id: str, *tags: str) -> dict[str, Any]:
    return product(product_id, product_id, None, tags=list(tags) or None)


def priced(product_id: str, price: int | None, currency: str = "GBP") -> dict[str, Any]:
    return product(product_id, product_id, None, price=price, currency=currency)


SHIRTS = [
    sized("any"),
    sized("gift", "gift"),
    sized("m", "size:M", "Size:S"),
    sized("xl", "size: XL", "size:L"),
]


@pytest.mark.parametrize(
    ("attributes", "shown"),
    [
        ({}, ["any", "gift", "m", "xl"]),
        ({"size": "m "}, ["any", "gift", "m"]),
        ({"size": ["L", "M"]}, ["any", "gift", "m", "xl"]),
        ({"size": 44}, ["any", "gift"]),
        ({"size": {"shirt": "M"}}, ["any", "gift", "m", "xl"]),
        ({"shoe_size": "M"}, ["any", "gift", "m", "xl"]),
    ],
)
def test_only_in_their_size_where_both_are_known(
    engine: Engine, ask: Ask, attributes: dict[str, Any], shown: list[str]
) -> None:
    fill(engine, SHIRTS, attributes)
    found, why = ask()
    assert found == shown
    assert why == {one: "not in their size" for one in ("m", "xl") if one not in shown}
    assert ask(sizes=())[0] == ["any", "gift", "m", "xl"]


def test_sizes_may_be_of_several_kinds(engine: Engine, ask: Ask) -> None:
    goods = [sized("boot", "shoe_size:42", "size:M"), sized("slipper", "shoe_size:43")]
    fill(engine, goods, {"size": "L", "shoe_size": 42})
    assert ask(sizes=("shoe_size",))[0] == ["boot"]
    assert ask(sizes=("shoe_size", "size"))[0] == []


GOODS = [priced("cheap", 99), priced("low", 100), priced("high", 3000), priced("dear", 3001)]
GOODS += [priced("unknown", None), priced("foreign", 9_999_999, "EUR")]


def test_not_far_from_what_they_usually_pay(engine: Engine, ask: Ask) -> None:
    fill(engine, GOODS, {}, paid=(300, 500, 1000))
    found, why = ask()
    assert found == ["foreign", "high", "low"]
    assert {one: told for one, told in why.items() if not one.startswith("own")} == {
        "cheap": "far from what they usually pay",
        "dear": "far from what they usually pay",
        "unknown": "without a name, picture or price",
    }
    assert ask(price_band=None)[0] == ["cheap", "dear", "foreign", "high", "low"]
    assert ask(price_band=Decimal("1.5"))[0] == ["foreign"]


def test_two_purchases_tell_nothing_of_what_they_pay(engine: Engine, ask: Ask) -> None:
    fill(engine, GOODS, {}, paid=(300, 1000))
    assert ask()[0] == ["cheap", "dear", "foreign", "high", "low"]


def test_what_they_looked_at_may_cost_what_it_will(engine: Engine, ask: Ask) -> None:
    fill(engine, GOODS, {}, paid=(300, 500, 1000))
    with write(engine) as connection:
        connection.execute(insert(Event), [view(1, 1, "dear", NOW - timedelta(days=1))])
    assert ask("viewed")[0] == ["dear"]


def test_each_reason_is_told(engine: Engine, ask: Ask) -> None:
    goods = [sized(one) for one in ("had", "back", "out", "abroad")]
    goods[2]["in_stock"], goods[3]["markets"] = False, ["DE"]
    fill(engine, goods, {})
    own = [order("o3", 1, NOW - timedelta(days=2))]
    bought = [line("o3", "had", 1, own[0]["ordered_at"]), line("o3", "back", 1, own[0]["ordered_at"])]
    bought[1]["returned"] = True
    with write(engine) as connection:
        connection.execute(insert(Order), own)
        connection.execute(insert(OrderLine), bought)
    assert ask() == (
        [],
        {
            "had": "bought lately",
            "back": "they sent it back",
            "out": "out of stock",
            "abroad": "not sold in their market",
        },
    )
