"""Baskets that were left: who is reminded, when, of what, and who is not."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, Table, insert, select, update

from loyaltyloop.store.database import read, write
from loyaltyloop.store.models import Body, Product
from tests.integration.turn.stage import Stage

product: Table = Product.__table__  # type: ignore[attr-defined]
body: Table = Body.__table__  # type: ignore[attr-defined]

LEFT = """\
    journey: left
    about: Reminds whoever left a basket of 15.00 or more.
    enter:
      event: [Product Added, Cart Viewed, Checkout Started]
      if: {cart: {value: {at_least: 15}}}
      again: after 5 days
    leave_when:
      bought: {did: Order Completed}
      emptied: {not: {cart: {value: {over: 0}}}}
    steps:
      - wait: 1 hour
        reset_by: {did: [Product Added, Product Removed, Cart Viewed, Checkout Started]}
      - send: reminder
        template: test/reminder
        at: "12:00"
"""
REMINDER = """\
{% block subject %}Your basket{% endblock %}
{% block body %}<p>{% for line in cart.products %}
{{ line.quantity }} {{ line.name }} {{ line.price }}; {% endfor %}
is {{ cart.value }}, <a href="{{ cart.url | default(shop.url) }}">go on</a>.</p>
<p>{{ shop.sender.postal_address }}</p>
<p><a href="{{ links.unsubscribe }}">Unsubscribe</a></p>{% endblock %}
"""
WITHOUT = REMINDER.replace("<p>{% for", "<p>{% if cart %}{% for").replace(".</p>", "{% endif %}.</p>", 1)


class Shop(Stage):
    """A shop that sells jam and tea, and saw at whom a basket was left."""

    def __init__(self, engine: Engine, *journeys: str, reminder: str = REMINDER) -> None:
        rows: list[dict[str, Any]] = [
            {"product_id": "jam", "name": "Jam", "price": 900, "in_stock": True},
            {"product_id": "tea", "name": "Tea", "price": 600, "in_stock": True},
        ]
        with write(engine) as connection:
            connection.execute(insert(product), rows)
        super().__init__(engine, *(journeys or (LEFT,)), templates={"test/reminder.html": reminder})
        self.knows("ada", country="GB")

    def add(self, product_id: str, at: str, who: str = "ada", **more: Any) -> None:
        self.did(who, "Product Added", at, product_id=product_id, **more)

    def change(self, product_id: str, **values: Any) -> None:
        with write(self.engine) as connection:
            connection.execute(update(product).where(product.c.product_id == product_id).values(**values))

    def shown(self) -> list[str]:
        """What messages that left say before their links and behind their subject."""
        with read(self.engine) as connection:
            texts = connection.execute(select(body.c.text).order_by(body.c.message_id)).scalars()
            said = (" ".join(text.split("go on")[0].split()) for text in texts)
            return [text.removeprefix("Your basket ") for text in said]


def test_whoever_left_a_basket_is_reminded_an_hour_after_the_last_change(engine: Engine) -> None:
    shop = Shop(engine)
    shop.add("jam", "03-02 08:00")
    shop.turn("03-02 08:15")
    assert shop.ends() == []  # not enough in it
    shop.add("tea", "03-02 08:30", quantity=2)
    shop.turn("03-02 08:45")
    shop.did("ada", "Cart Viewed", "03-02 09:10", products=[{"product_id": "tea", "quantity": 3}])
    shop.turn("03-02 09:40")
    assert shop.ends() == [("ada", "waiting at enter.wait")]
    shop.turn("03-02 10:15")
    assert shop.ends() == [("ada", "sending at reminder")]
    shop.turn("03-02 12:15")
    assert shop.shown() == ["3 Tea £6.00; is £18.00,"]


def test_an_order_ends_it_wherever_they_stand(engine: Engine) -> None:
    shop = Shop(engine)
    shop.add("tea", "03-02 08:00", quantity=3)
    shop.turns("03-02 08:15", "03-02 11:00")
    shop.did("ada", "Order Completed", "03-02 11:00", order_id="1", products=[{"product_id": "tea"}])
    shop.turn("03-02 12:15")
    assert shop.ends() == [("ada", "left: bought")]
    assert shop.messages() == [("ada", "reminder", "refused", "the enrolment has ended: bought")]


def test_an_emptied_basket_ends_it(engine: Engine) -> None:
    shop = Shop(engine)
    shop.add("tea", "03-02 08:00", quantity=3)
    shop.turn("03-02 08:15")
    shop.did("ada", "Product Removed", "03-02 08:20", product_id="tea", quantity=1)
    shop.turn("03-02 08:30")
    assert shop.ends() == [("ada", "waiting at enter.wait")]
    shop.did("ada", "Product Removed", "03-02 08:40", product_id="tea")
    shop.turn("03-02 09:00")
    assert shop.ends() == [("ada", "left: emptied")]


def test_events_that_arrive_late_and_twice_make_no_second_reminder(engine: Engine) -> None:
    shop = Shop(engine)
    shop.add("tea", "03-02 08:00", quantity=3)
    shop.did("ada", "Order Completed", "03-02 09:30", arrived="03-02 13:00", order_id="1", total=18)
    shop.turns("03-02 08:15", "03-02 14:00")
    assert shop.sent() == [("ada", "reminder")]  # nobody could know better
    shop.add("tea", "03-02 08:05", arrived="03-02 15:00")
    shop.turn("03-02 15:15")
    assert shop.ends() == [("ada", "completed")]  # an old event of a basket that was ordered enters nobody


def test_what_is_shown_is_what_can_be_had_now_at_the_price_of_now(engine: Engine) -> None:
    shop = Shop(engine)
    for name in ("jam", "tea"):
        shop.add(name, "03-02 08:00", price=9)
    shop.add("gone", "03-02 08:00", price=9)  # in no catalogue
    shop.add("tea", "03-02 08:00", variant="Large", price=11.5)
    shop.turns("03-02 08:15", "03-02 11:00")
    shop.change("tea", price=650)
    shop.change("jam", in_stock=False)
    shop.turn("03-02 12:15")
    assert shop.shown() == ["1 Tea £6.50; 1 Tea £11.50; is £18.00,"]


@pytest.mark.parametrize("change", [{"in_stock": False}, {"markets": ["DE"]}, {"name": ""}])
def test_where_nothing_of_it_can_be_had_the_message_is_refused(
    engine: Engine, change: dict[str, Any]
) -> None:
    shop = Shop(engine)
    shop.add("tea", "03-02 08:00", quantity=3)
    shop.turns("03-02 08:15", "03-02 11:00")
    shop.change("tea", **change)
    shop.turn("03-02 12:15")
    assert shop.messages() == [("ada", "reminder", "refused", "basket: nothing in it can be had")]
    assert shop.ends() == [("ada", "completed")]


def test_a_message_that_can_do_without_it_goes_without_it(engine: Engine) -> None:
    shop = Shop(engine, reminder=WITHOUT)
    shop.add("tea", "03-02 08:00", quantity=3)
    shop.turns("03-02 08:15", "03-02 11:00")
    shop.change("tea", in_stock=False)
    shop.turn("03-02 12:15")
    assert shop.sent() == [("ada", "reminder")]


def test_the_basket_is_one_on_all_devices(engine: Engine) -> None:
    """Put in on the tablet, ordered on the desktop; that both are one comes out behind the wait."""
    shop = Shop(engine)
    shop.knows("~tablet", consent=False, email="ada@example.com")
    shop.add("tea", "03-02 08:00", who="~tablet", quantity=3)
    shop.turn("03-02 08:15")
    shop.did("ada", "Order Completed", "03-02 08:30", order_id="1", products=[{"product_id": "tea"}])
    shop.turn("03-02 08:45")
    assert shop.ends() == [("tablet", "waiting at enter.wait")]
    shop.merged("ada", "tablet", "03-02 09:30")
    shop.turns("03-02 09:45", "03-02 14:00")
    assert shop.ends() == [("tablet", "left: bought")]
    assert shop.sent() == []


def test_a_basket_that_is_over_reminds_nobody(engine: Engine) -> None:
    weekly = """\
        journey: weekly
        about: Whoever has a basket.
        enter: {when: {cart: {quantity: {at_least: 1}}}, check: daily}
        leave_when: {bought: {did: Order Completed}}
        steps:
          - send: reminder
            template: test/reminder
    """
    shop = Shop(engine, weekly)
    shop.knows("ben", country="GB")
    shop.add("tea", "2026-01-01 08:00")
    shop.add("tea", "02-20 08:00", who="ben")
    shop.turn("03-02 12:15")
    assert shop.sent() == [("ben", "reminder")]


def test_a_transactional_message_shows_no_basket_to_whoever_asked_for_no_marketing(engine: Engine) -> None:
    account = """\
        journey: account
        about: Tells of an account.
        purpose: transactional
        enter: {event: Account Created}
        steps:
          - send: reminder
            template: test/reminder
    """
    shop = Shop(engine, account)
    shop.knows("ben", consent=False)
    for who in ("ada", "ben"):
        shop.add("tea", "03-02 08:00", who=who)
        shop.did(who, "Account Created", "03-02 09:00")
    shop.turn("03-02 09:15")
    assert [row[:3] for row in shop.messages()] == [
        ("ada", "reminder", "handed_over"),
        ("ben", "reminder", "refused"),
    ]


def test_recommended_products_that_are_not_sold_there_any_more_are_left_out(engine: Engine) -> None:
    picked = """\
        journey: picked
        about: Products for whoever signs up.
        enter: {event: Signed Up}
        leave_when: {gone: {did: Left}}
        steps:
          - recommend: picks
            from: cart
            exclude: []
          - send: letter
            template: test/picks
            at: "12:00"
    """
    shop = Shop(engine, picked)
    shop.templates["templates/test/picks.html"] = (
        REMINDER.replace("cart.products", "picks")
        .replace("{{ line.quantity }} ", "")
        .replace("is {{ cart.value }}", "")
        .replace("cart.url | default(shop.url)", "shop.url")
    )
    shop.apply("2024-01-02 00:00", picked)
    for name in ("jam", "tea"):
        shop.add(name, "03-02 08:00")
    shop.did("ada", "Signed Up", "03-02 09:00")
    shop.turn("03-02 09:15")
    shop.change("jam", markets=["DE"])
    shop.turn("03-02 12:15")
    assert shop.shown() == ["Tea £6.00; ,"]
