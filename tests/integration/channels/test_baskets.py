"""A basket as templates see it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from loyaltyloop.channels.values.baskets import add_baskets, baskets_of
from loyaltyloop.channels.values.context import Names
from loyaltyloop.store.database import read, write
from loyaltyloop.store.models import Basket, Product
from tests.integration.channels.test_names import Mail, _key
from tests.integration.store.shops import NOW, new_customer
from tests.unit.channels.kitchen import SHOP

TEA = {
    "product_id": "tea",
    "name": "Tea as told",
    "price": 6.5,
    "quantity": 2,
    "url": "https://shop.example/tea",
}


def put(
    engine: Engine, *lines: dict[str, Any], products: Sequence[dict[str, Any]] = (), **values: Any
) -> int:
    """A customer with this basket; the id."""
    with write(engine) as connection:
        for one in products:
            connection.execute(insert(Product.__table__), {"in_stock": True, **one})  # type: ignore[attr-defined]
        who = new_customer(connection, "ada", **values.pop("customer", {}))
        row = {"customer_id": who, "cart_id": "", "latest": True, "checkouts": [], "products": list(lines)}
        row |= {"quantity": 2, "lines": len(lines), "currency": "GBP", "began_at": NOW, "updated_at": NOW}
        connection.execute(insert(Basket.__table__), row | values)  # type: ignore[attr-defined]
    return who


def shown(engine: Engine, who: int) -> Names | None:
    with read(engine) as connection:
        return baskets_of(connection, [who], SHOP, NOW).get(who)


def told(names: Names | None) -> list[Any]:
    assert names is not None and isinstance(names["products"], list)
    return names["products"]


def test_as_the_events_told_it_where_the_shop_keeps_no_catalogue(engine: Engine) -> None:
    who = put(engine, TEA, {"product_id": "nameless", "quantity": 1}, url="https://shop.example/cart")
    found = shown(engine, who)
    assert found is not None
    (line,) = told(found)
    assert (line["name"], str(line["price"]), line["quantity"]) == ("Tea as told", "£6.50", 2)
    assert (str(found["value"]), found["quantity"], found["lines"]) == ("£13.00", 2, 1)
    assert found["url"] == "https://shop.example/cart"


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "//evil.example", "shop.example/tea", "data:,x", ""]
)
def test_what_is_no_address_of_the_web_is_none(engine: Engine, address: str) -> None:
    found = shown(engine, put(engine, {**TEA, "url": address, "image_url": address}, url=address))
    assert found is not None and found["url"] is None
    (line,) = told(found)
    assert (line["url"], line["image_url"]) == (None, None)


def test_prices_in_the_customers_language_and_no_sum_of_two_currencies(engine: Engine) -> None:
    catalogue = [
        {"product_id": "tea", "name": "Tea", "price": 123450, "currency": "GBP"},
        {"product_id": "jam", "name": "Jam", "price": 400, "currency": "EUR"},
    ]
    lines = [TEA, {"product_id": "jam", "quantity": 1}]
    found = shown(engine, put(engine, *lines, products=catalogue, customer={"locale": "de-DE"}))
    assert [str(line["price"]) for line in told(found)] == ["1.234,50\u00a0£", "4,00\u00a0€"]
    assert found is not None and found["value"] is None


def test_the_shops_own_systems_are_told_all_of_it(engine: Engine) -> None:
    catalogue = [{"product_id": "tea", "name": "Tea", "price": 700, "in_stock": False}]
    lines = [TEA, {"product_id": "unknown", "quantity": 1, "price": 1}]
    who = put(engine, *lines, products=catalogue)
    assert shown(engine, who) is None
    with read(engine) as connection:
        found = baskets_of(connection, [who], SHOP, NOW, whole=True)[who]
    assert [(line["name"], str(line["price"])) for line in told(found)] == [("Tea", "£7.00"), (None, "£1.00")]
    assert str(found["value"]) == "£15.00"


def test_no_basket_no_names(engine: Engine) -> None:
    who = put(engine, latest=False)
    assert shown(engine, who) is None
    names: dict[str, Names] = {_key(0): {}}
    with read(engine) as connection:
        mail = Mail(_key(0), 1)
        add_baskets(connection, names, [Whose(mail, who)], SHOP, NOW)
    assert names == {_key(0): {"cart": None}}


class Whose:
    """A message and its customer."""

    def __init__(self, mail: Mail, who: int) -> None:
        self.key, self.enrolment_id, self.customer_id = mail.key, mail.enrolment_id, who
        self.journey, self.step, self.purpose = mail.journey, mail.step, mail.purpose
        self.channel = mail.channel
