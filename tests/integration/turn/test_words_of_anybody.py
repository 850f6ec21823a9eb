"""What anybody may send about a customer brings no words, addresses or orders of others into messages."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, Table, update

from loyaltyloop.store.database import write
from loyaltyloop.store.models import Body, Event
from loyaltyloop.store.segment import PUBLIC
from tests.integration.store.shop import rows
from tests.integration.turn.stage import Stage

event: Table = Event.__table__  # type: ignore[attr-defined]
JOURNEY = """
    journey: looking
    about: Somebody looks at something.
    enter: {event: Checkout Started}
    steps:
      - send: again
        template: test/again
"""
STARTING = """
    journey: first
    about: Begins the other one.
    enter: {event: Product Viewed}
    steps:
      - start: looking
"""
TEMPLATE = """\
{% block subject %}Still looking?{% endblock %}
{% block body %}<p>{{ trigger.title | default("no name") }} | {{ trigger.url | default("no address") }} |
{% for one in trigger.products | default([]) %}
{{ one.title | default("no name") }} {{ one.quantity }};
{% endfor %}
| {{ trigger.currency | default("?") }} {{ trigger.product_id | default("?") }}
| {{ order.total | default("no order") }}</p>{% endblock %}
"""
EVIL: dict[str, Any] = {
    "title": "Call 0900 123",
    "url": "https://evil.example/",
    "products": [{"product_id": "tea 1", "title": "www.evil.example", "quantity": 2}],
    "currency": "GBP",
    "product_id": "tea 1",
    "order_id": "1001",
}


@pytest.fixture
def stage(engine: Engine) -> Stage:
    stage = Stage(engine, JOURNEY, STARTING, templates={"test/again.html": TEMPLATE})
    stage.knows("ada", "ben")
    stage.did("ben", "Order Completed", "03-01 09:00", order_id="1001", total=77, currency="GBP")
    stage.turn("03-01 10:00")
    return stage


def written(stage: Stage) -> str:
    """The only message, on one line."""
    [body] = rows(stage.engine, Body)
    return " ".join(body.text.split())


def by_anybody(stage: Stage) -> None:
    with write(stage.engine) as connection:
        connection.execute(update(event).where(event.c.seq.is_(None)).values(source=PUBLIC))


@pytest.mark.parametrize("name", ["Checkout Started", "Product Viewed"])
def test_of_what_anybody_sent_codes_and_numbers_are_printed(stage: Stage, name: str) -> None:
    stage.did("ada", name, "03-02 09:00", **EVIL)
    by_anybody(stage)
    stage.turns("03-02 09:00", "03-02 11:00")
    found = written(stage)
    assert "evil" not in found
    assert "no name | no address | no name 2; | GBP tea 1 | no order" in found


def test_an_address_of_the_shop_and_single_words_are_printed(stage: Stage) -> None:
    stage.did("ada", "Checkout Started", "03-02 09:00", title="Green-Tea", url="https://shop.example/tea")
    by_anybody(stage)
    stage.turn("03-02 09:00")
    assert "Green-Tea | https://shop.example/tea |" in written(stage)


def test_what_the_shop_sends_is_printed_as_it_is(stage: Stage) -> None:
    said: dict[str, Any] = {**EVIL, "url": "https://a.example/"}
    stage.did("ben", "Checkout Started", "03-02 09:00", **said)
    stage.turn("03-02 09:00")
    assert "Call 0900 123 | https://a.example/ | www.evil.example 2; | GBP tea 1 | £77.00" in written(stage)
