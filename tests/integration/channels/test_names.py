"""Names for templates, read for many messages at once, on both databases."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, insert

from loyaltyloop.channels.rendering.render import Renderer
from loyaltyloop.channels.values.context import load_names
from loyaltyloop.store.database import read, write
from loyaltyloop.store.models import Consent, Kept, Order, Product
from tests.integration.store.shops import NOW, place
from tests.unit.channels.kitchen import LAYOUTS, PUBLIC, SECRET, SHOP


@dataclass(frozen=True)
class Mail:
    key: str
    enrolment_id: int
    journey: str = "welcome"
    step: str = "hello"
    purpose: str = "marketing"
    channel: str = "email"


def _key(number: int) -> str:
    return f"00000000-0000-5000-8000-{number:012d}"


def _add(connection: Connection, model: Any, *rows: dict[str, Any]) -> None:
    connection.execute(insert(model.__table__), list(rows))


def _product(product_id: str, **values: Any) -> dict[str, Any]:
    return {
        "product_id": product_id,
        "name": f"Product {product_id}",
        "category": None,
        "price": None,
        "currency": None,
        "url": None,
        "image_url": None,
        "in_stock": True,
        **values,
    }


def _order(order_id: str, owner: int) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "customer_id": owner,
        "status": "shipped",
        "total": 1250,
        "refunded": 0,
        "currency": "GBP",
        "products": [{"product_id": "jam", "name": "Jam", "price": 4.5, "quantity": 2}],
        "main_category": "Kitchen",
        "ordered_at": NOW,
        "updated_at": NOW,
    }


@pytest.fixture
def messages(engine: Engine) -> list[Mail]:
    """Three customers: one of whom all is known, one of whom nothing is and whose event names the first one's
    order, one with an order that there is not."""
    with write(engine) as connection:
        one, two, three = place(connection, "hello", 3, trigger={"total": 12.5}, order_id="o-1")
        owner = connection.exec_driver_sql("SELECT customer_id FROM enrolment ORDER BY id LIMIT 1").scalar()
        connection.exec_driver_sql(
            "UPDATE customer SET first_name = 'Ada', locale = 'de-DE', lifetime_value = 123450, "
            "birthday = '1990-05-04' WHERE id = (SELECT min(id) FROM customer)"
        )
        connection.exec_driver_sql(f"UPDATE enrolment SET order_id = 'none' WHERE id = {three}")
        _add(connection, Order, _order("o-1", int(owner or 0)))
        _add(
            connection,
            Product,
            _product("jam", price=450, currency="GBP", url="https://shop.example/jam"),
            _product("tea", price=700),
            _product("gone", in_stock=False),
        )
        picks = [{"product_id": one, "reason": f"because {one}"} for one in ("jam", "gone", "tea", "unknown")]
        _add(
            connection,
            Kept,
            {"enrolment_id": one, "step": "picks", "value": picks},
            {"enrolment_id": one, "step": "gift", "value": {"code": "ABC"}},
            {"enrolment_id": two, "step": "picks", "value": []},
        )
    return [Mail(_key(number), enrolment) for number, enrolment in enumerate((one, two, three))]


def test_all_that_is_known(engine: Engine, messages: list[Mail]) -> None:
    with read(engine) as connection:
        names = load_names(connection, messages, SHOP)[_key(0)]
    customer, order, picks = (dict_of(names[name]) for name in ("customer", "order", "message"))
    assert (customer["first_name"], customer["birthday"]) == ("Ada", date(1990, 5, 4))
    assert str(customer["lifetime_value"]) == "1.234,50\u00a0£"
    assert customer["lifetime_value"] == 1234.5
    assert names["trigger"] == {"total": 12.5}
    assert (order["order_id"], order["status"], str(order["total"])) == ("o-1", "shipped", "£12.50")
    assert order["ordered_at"] == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert picks == {"key": _key(0), "journey": "welcome", "step": "hello", "purpose": "marketing"}
    assert names["gift"] == {"code": "ABC"}


def dict_of(value: object) -> dict[str, Any]:
    assert isinstance(value, dict)
    return value


def test_products_are_shown_as_they_are_now_without_what_is_gone(
    engine: Engine, messages: list[Mail]
) -> None:
    with read(engine) as connection:
        names = load_names(connection, messages, SHOP)
    picks: Any = names[_key(0)]["picks"]
    assert [(one["name"], str(one["price"]), one["reason"]) for one in picks] == [
        ("Product jam", "4,50\u00a0£", "because jam"),
        ("Product tea", "7,00\u00a0£", "because tea"),
    ]
    assert names[_key(1)]["picks"] == []
    assert "picks" not in names[_key(2)]


def test_a_transactional_message_goes_without_products_unless_marketing_was_asked_for(
    engine: Engine, messages: list[Mail]
) -> None:
    order_mail = [replace(messages[0], purpose="transactional")]
    with read(engine) as connection:
        assert load_names(connection, order_mail, SHOP)[_key(0)]["picks"] == []
        assert load_names(connection, order_mail, SHOP)[_key(0)]["gift"] == {"code": "ABC"}
    with write(engine) as connection:
        owner = connection.exec_driver_sql("SELECT min(customer_id) FROM enrolment").scalar()
        asked = {"customer_id": owner, "channel": "email", "purpose": "marketing", "given": True, "at": NOW}
        _add(connection, Consent, asked)
    shown = {}
    with read(engine) as connection:
        for channel in ("email", "sms", "push", "hook"):  # a call, if any channel may be told of
            mail = [replace(order_mail[0], channel=channel)]
            shown[channel] = bool(load_names(connection, mail, SHOP)[_key(0)]["picks"])
    assert shown == {"email": True, "sms": False, "push": False, "hook": True}


def test_what_is_not_known_is_not_there(engine: Engine, messages: list[Mail]) -> None:
    with read(engine) as connection:
        names = load_names(connection, messages, SHOP)
    assert dict_of(names[_key(1)]["customer"])["first_name"] is None
    assert "order" in names[_key(0)]
    assert "order" not in names[_key(1)]
    assert "order" not in names[_key(2)]


def test_a_message_without_its_enrolment_has_no_names(engine: Engine) -> None:
    with read(engine) as connection:
        assert load_names(connection, [Mail(_key(0), 999)], SHOP) == {}


def test_the_number_of_queries_does_not_grow_with_the_messages(engine: Engine, messages: list[Mail]) -> None:
    def count(some: list[Mail]) -> int:
        seen: list[str] = []

        def note(*arguments: Any) -> None:
            seen.append(arguments[2])

        event.listen(engine, "before_cursor_execute", note)
        try:
            with read(engine) as connection:
                load_names(connection, some, SHOP)
        finally:
            event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    assert count(messages[:1]) == count(messages) <= 6


def test_names_render(engine: Engine, messages: list[Mail]) -> None:
    template = (
        '{% extends "layout/email.html" %}{% from "layout/blocks.html" import order_lines, products %}'
        "{% block subject %}For {{ customer.first_name | default('you') }}{% endblock %}"
        "{% block body %}{{ products(picks) }}{{ order_lines(order.products, order.total) }}{% endblock %}"
    )
    renderer = Renderer({**LAYOUTS, "t/m.html": template}, SHOP, PUBLIC, SECRET)
    with read(engine) as connection:
        names = load_names(connection, messages, SHOP)
    made = [renderer.render("t/m", key, names[key]) for key in sorted(names)]
    assert [one.subject for one in made] == ["For Ada", "For you", "For you"]
    assert "Product jam\n4,50\u00a0£\nbecause jam" in made[0].text
    assert "2 × Jam" in made[0].text


def test_only_what_the_templates_use_is_read(engine: Engine, messages: list[Mail]) -> None:
    with read(engine) as connection:
        some = load_names(connection, messages, SHOP, {"customer.first_name", "picks"})[_key(0)]
        more = load_names(connection, messages, SHOP, {"customer.shoe_size"})[_key(0)]
        whole = load_names(connection, messages, SHOP, {"customer"})[_key(0)]
    assert dict_of(some["customer"]) == {
        "first_name": "Ada",
        "country": None,
        "locale": "de-DE",
        "zone": "Europe/London",
    }
    assert set(dict_of(more["customer"])) == {"country", "locale", "zone"}
    assert dict_of(whole["customer"])["birthday"] == date(1990, 5, 4)


def test_the_renderer_tells_what_templates_use() -> None:
    body = "{% set a = customer.city %}{% for p in picks %}{{ p.name }}{{ trigger['id'] }}{% endfor %}"
    template = f"{{% block subject %}}{{{{ order.total | money }}}}{{% endblock %}}{body}"
    renderer = Renderer({"t/m.html": template, "t/broken.html": "{% if %}"}, SHOP, PUBLIC, SECRET)
    uses = renderer.uses([("t/m", None), ("t/m", "de"), ("t/broken", None)])
    assert {"customer.city", "picks", "p.name", "trigger", "order.total"} <= uses
    assert "customer" not in uses
