"""What shops say of their products: in the catalogue as if it had been imported, the newest word last."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import delete

from loyaltyloop.store.database import write
from loyaltyloop.store.events.apply import apply_events
from loyaltyloop.store.importing.imports import import_paths
from loyaltyloop.store.live.changes import apply
from loyaltyloop.store.models import Customer, Event, Imported, OrderLine, Product
from loyaltyloop.web.service import Service
from tests.integration.store.shop import SHOP, one, rows
from tests.integration.store.shops import SHOP as SHOP_FILE
from tests.integration.store.shops import reading
from tests.integration.web.shops import NOW, send, taken
from tests.unit.web import shopify, woocommerce

RESTOCKED = {"inventory_item_id": 54401, "location_id": 1, "available": 2}


@pytest.fixture(autouse=True)
def _applied(service: Service) -> None:
    files = {"journeys/shop.yaml": f"{SHOP_FILE}url: https://shop.example/\n"}
    apply(service.engine, reading(extra=files), NOW)


def values(service: Service, *names: str) -> dict[str, Any]:
    found = one(service.engine, Product)._mapping
    return {name: found[name] for name in names or found}


def test_a_product_of_shopify(service: Service, web: httpx.Client) -> None:
    assert taken(send(web, "shopify", "products/update", shopify.product()))
    assert values(service) == {
        "product_id": "3301",
        "known_since": datetime(2026, 5, 3, 16, tzinfo=UTC),
        "name": "Teapot",
        "category": "Ware",
        "price": 1999,
        "currency": "GBP",
        "url": "https://shop.example/products/teapot",
        "image_url": "https://cdn.example/teapot.jpg",
        "in_stock": True,
        "markets": None,
        "tags": ["pottery", "gift"],
    }


def test_a_product_of_woocommerce(service: Service, web: httpx.Client) -> None:
    assert taken(send(web, "woocommerce", "product.created", woocommerce.product()))
    assert values(service, "product_id", "name", "category", "price", "url", "in_stock") == {
        "product_id": "93",
        "name": "Tea & Mug",
        "category": "Food & Drink",
        "price": 1850,
        "url": "https://shop.example/product/tea-mug/",
        "in_stock": True,
    }
    assert taken(send(web, "woocommerce", "product.deleted", {"id": 93}))
    assert values(service, "in_stock") == {"in_stock": False}
    sold_out = woocommerce.product(date_modified_gmt=woocommerce.day(19), stock_status="outofstock")
    assert taken(send(web, "woocommerce", "product.restored", sold_out))


def test_what_the_shop_does_not_tell_stands_as_it_was_imported(
    service: Service, web: httpx.Client, tmp_path: Path
) -> None:
    file = tmp_path / "products.csv"
    file.write_text("product_id,name,category,price,markets\n3301,Old pot,Tea,5.00,DE;FR\n")
    import_paths(service.engine, [file], NOW, SHOP)
    silent = shopify.product(product_type="", variants=[])
    assert taken(send(web, "shopify", "products/update", silent))
    assert values(service, "name", "category", "price", "markets") == {
        "name": "Teapot",
        "category": "Tea",
        "price": 500,
        "markets": ["DE", "FR"],
    }


def test_the_newest_word_holds_in_whatever_order_it_comes(service: Service, web: httpx.Client) -> None:
    words = [
        ("products/create", shopify.product(title="Pot", updated_at=shopify.day(2))),
        (
            "products/update",
            shopify.product(updated_at=shopify.day(4), variants=[shopify.variant(4401, "20", 0)]),
        ),
        ("inventory_levels/update", RESTOCKED | {"updated_at": shopify.day(5)}),
        ("products/update", shopify.product(title="Best pot", updated_at=shopify.day(3))),
    ]
    for order in permutations(words):
        if order[0][0] == "inventory_levels/update":
            continue  # of which product, nobody has said yet
        _forget(service)
        for topic, payload in order:
            assert send(web, "shopify", topic, payload).status_code == 200
        assert values(service, "name", "price", "in_stock") == {
            "name": "Teapot",
            "price": 2000,
            "in_stock": True,
        }


def _forget(service: Service) -> None:
    models: list[type[Any]] = [Product, Imported]
    with write(service.engine) as connection:
        for model in models:
            connection.execute(delete(model.__table__))


@pytest.mark.parametrize(
    ("level", "in_stock"),
    [
        ({"available": 0, "updated_at": shopify.day(5)}, False),
        ({"available": 3, "updated_at": shopify.day(5)}, True),
        ({"available": 3, "updated_at": shopify.day(2)}, False),  # before it was sold out
        ({"available": None, "updated_at": shopify.day(5)}, False),
        ({"inventory_item_id": 1, "available": 3, "updated_at": shopify.day(5)}, False),
    ],
)
def test_what_a_stock_tells(
    service: Service, web: httpx.Client, level: dict[str, Any], in_stock: bool
) -> None:
    sold_out = shopify.product(variants=[shopify.variant(4401, "24.00", 0)])
    assert taken(send(web, "shopify", "products/update", sold_out))
    assert send(web, "shopify", "inventory_levels/update", RESTOCKED | level).status_code == 200
    assert values(service, "in_stock") == {"in_stock": in_stock}


def test_a_draft_is_not_sold_however_much_there_is(service: Service, web: httpx.Client) -> None:
    assert taken(send(web, "shopify", "products/update", shopify.product(status="draft")))
    assert taken(send(web, "shopify", "inventory_levels/update", RESTOCKED | {"updated_at": shopify.day(5)}))
    assert values(service, "in_stock") == {"in_stock": False}


def test_a_deleted_product_is_sold_no_more(service: Service, web: httpx.Client) -> None:
    for topic, payload in [("products/delete", {"id": 3301}), ("products/update", shopify.product())]:
        assert taken(send(web, "shopify", topic, payload))
    assert values(service, "in_stock") == {"in_stock": False}


def test_orders_follow_the_category(service: Service, web: httpx.Client) -> None:
    assert taken(send(web, "shopify", "orders/create", shopify.order()))
    apply_events(service.engine, service.clock(), SHOP)
    assert one(service.engine, Customer).favourite_category is None
    assert taken(send(web, "shopify", "products/update", shopify.product()))
    assert {row.category for row in rows(service.engine, OrderLine)} == {"Ware", None}
    assert one(service.engine, Customer).favourite_category == "Ware"


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": None},
        {"image": {"src": "javascript:alert(1)"}},
        {"variants": [shopify.variant(1, "12.345", 1)]},
    ],
)
def test_a_product_that_cannot_be_taken_changes_nothing(
    service: Service, web: httpx.Client, wrong: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    answer = send(web, "shopify", "products/update", shopify.product(**wrong))
    assert (answer.status_code, answer.json()["outcome"]) == (200, "not taken")
    assert "javascript" not in caplog.text and "12.345" not in caplog.text
    assert not rows(service.engine, Product)
    assert not rows(service.engine, Imported)
    assert not rows(service.engine, Event)
