"""Baskets follow their events: however these arrive, whoever turns out to be whom, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from loyaltyloop.journey.conditions.facts import BASKET_LIFE
from loyaltyloop.store.canonical import to_json
from loyaltyloop.store.database import write
from loyaltyloop.store.events.apply import apply_events
from loyaltyloop.store.events.ingest import record
from loyaltyloop.store.models import Basket, Customer, Product
from loyaltyloop.store.orders import basket_book
from loyaltyloop.store.orders.baskets import CartEvent
from tests.integration.store.shop import NOW, SHOP, alias, at, call, feed, identify, one, rows, track
from tests.reference.baskets import basket as told_simply
from tests.reference.staging import empty
from tests.strategies.baskets import about_baskets, moments

START = datetime(2026, 5, 1, 9, tzinfo=UTC)
LATER = START + timedelta(days=35)
FIELDS = ("products", "value", "quantity", "lines", "currency", "url", "began_at", "updated_at")


def apply(engine: Engine, now: datetime = NOW, chunk: int = 5000) -> None:
    apply_events(engine, now, SHOP, chunk)


def settle(engine: Engine, *raws: dict[str, Any], chunk: int = 5000) -> None:
    feed(engine, raws)
    apply(engine, chunk=chunk)


def baskets(engine: Engine) -> dict[str, dict[str, int]]:
    """Key of a customer → the pieces in the basket."""
    keys = {row.id: row.key for row in rows(engine, Customer)}
    return {
        keys[row.customer_id]: {line["product_id"]: line["quantity"] for line in row.products}
        for row in rows(engine, Basket)
        if row.latest
    }


def add(who: str, product: str, when: str, **more: Any) -> dict[str, Any]:
    return track(who, "Product Added", when, product_id=product, **more)


def order(who: str, when: str, *products: str) -> dict[str, Any]:
    listed = [{"product_id": product} for product in products]
    return track(who, "Order Completed", when, order_id=f"{who} {when}", total=5, products=listed)


def test_what_was_put_in_is_kept_with_its_value(engine: Engine) -> None:
    settle(engine, add("ada", "p1", at(9), price=12.5), add("ada", "p2", at(10), price=10, currency="EUR"))
    own = one(engine, Basket)
    assert (own.value, own.quantity, own.lines, own.currency) == (2050, 2, 2, "EUR")
    assert [line["price"] for line in own.products] == [12.5, 8]
    settle(engine, add("ada", "p1", at(11)))
    assert one(engine, Basket).quantity == 3


def test_the_catalogue_says_what_the_event_does_not(engine: Engine) -> None:
    table = Product.__table__  # type: ignore[attr-defined]
    with write(engine) as connection:
        row = {
            "product_id": "p1",
            "name": "A mug",
            "price": 950,
            "currency": "GBP",
            "category": "Mugs",
            "in_stock": True,
        }
        connection.execute(table.insert().values(row))
        connection.execute(table.insert().values({**row, "product_id": "p2", "currency": "USD"}))
    settle(engine, add("ada", "p1", at(9)), add("ben", "p2", at(9)))
    assert {(row.value, row.products[0]["category"]) for row in rows(engine, Basket)} == {
        (950, "Mugs"),
        (None, "Mugs"),
    }


def test_older_names_of_events(engine: Engine) -> None:
    settle(
        engine,
        track("ada", "Added Product", at(9), product_id="p1"),
        track("ada", "Added Product", at(9.5), product_id="p2"),
        track("ada", "Removed Product", at(10), product_id="p1"),
        track("ben", "Started Order", at(10), products=[{"product_id": "p3"}]),
        track("cy", "Added Product", at(9), product_id="p1"),
        track("cy", "Completed Order", at(10), order_id="1", products=[{"product_id": "p1"}]),
    )
    assert baskets(engine) == {"ada": {"p2": 1}, "ben": {"p3": 1}, "cy": {}}


def test_an_order_that_arrives_before_the_basket_empties_it(engine: Engine) -> None:
    settle(engine, order("ada", at(12), "p1"))
    settle(engine, add("ada", "p1", at(9)))
    assert baskets(engine) == {"ada": {}}
    settle(engine, add("ada", "p3", at(13)))
    settle(engine, add("ada", "p2", at(11)))  # lay in the basket that was ordered
    assert baskets(engine) == {"ada": {"p3": 1}}


def test_merged_customers_have_one_basket(engine: Engine) -> None:
    settle(engine, add("~tablet", "p1", at(9)), identify("ada", at(8)), add("ada", "p2", at(10)))
    assert baskets(engine) == {"tablet": {"p1": 1}, "ada": {"p2": 1}}
    settle(engine, identify("ada", at(11), "tablet"))
    assert baskets(engine) == {"ada": {"p1": 1, "p2": 1}}


def test_an_order_on_one_device_empties_the_basket_of_the_other(engine: Engine) -> None:
    for chunk in (1, 5000):
        who = f"ada{chunk}"
        settle(
            engine,
            add(f"~tablet{chunk}", "p1", at(9), cart_id="t"),
            add(who, "p1", at(9.5), cart_id="d"),
            order(who, at(10), "p1"),
            chunk=chunk,
        )
        settle(engine, identify(who, at(11), f"tablet{chunk}"), chunk=chunk)
        assert baskets(engine)[who] == {}


def test_what_comes_under_a_merged_id_belongs_to_the_one_basket(engine: Engine) -> None:
    settle(engine, add("~tablet", "p1", at(9)), identify("ada", at(10), "tablet"))
    settle(engine, track("~tablet", "Product Removed", at(11), product_id="p1"), add("ada", "p2", at(11)))
    assert list(baskets(engine).values()) == [{"p2": 1}]


def test_two_accounts_with_two_baskets_become_one(engine: Engine) -> None:
    settle(engine, add("old", "p1", at(9), cart_id="a"), add("new", "p2", at(8), cart_id="b"))
    settle(engine, alias("new", "old", at(10)))
    (row,) = [row for row in rows(engine, Basket) if row.latest]
    assert (row.cart_id, len(rows(engine, Basket))) == ("a", 2)


def test_who_was_given_a_basket_by_the_shop_gets_it_with_the_order(engine: Engine) -> None:
    """As Shopify tells it: under an id of the basket, which becomes the customer's by the order."""
    lines = [{"product_id": "p1"}]
    settle(engine, track("~shopify:cart:c1", "Cart Viewed", at(9), cart_id="c1", products=lines))
    settle(engine, identify("7", at(10), "shopify:cart:c1"))
    (own,) = baskets(engine).values()
    assert own == {"p1": 1}
    settle(engine, order("7", at(11), "p1"))
    assert list(baskets(engine).values()) == [{}]


def test_an_amount_without_a_rate_is_unknown(engine: Engine) -> None:
    settle(engine, add("ada", "p1", at(9), price=5, currency="USD"))
    own = one(engine, Basket)
    assert (own.value, own.currency, own.products) == (None, "USD", [{"product_id": "p1", "quantity": 1}])


def test_what_is_told_costs_by_what_is_told(engine: Engine) -> None:
    """One more event of somebody with a long history, in order: none of that is read again."""
    settle(engine, *(add("ada", f"p{n % 9}", at(n / 60)) for n in range(300)))
    read: list[int] = []

    def count(_connection: Any, cursor: Any, statement: str, *_rest: Any) -> None:
        if "basket_anew" in statement:
            read.append(1)

    event.listen(engine, "after_cursor_execute", count)
    settle(engine, add("ada", "p1", at(9)))
    assert read == []
    settle(engine, add("ada", "p1", at(8)))  # late: now it is
    assert read != []
    event.remove(engine, "after_cursor_execute", count)
    assert one(engine, Basket).quantity == 302


def test_of_what_comes_late_only_its_own_time_is_read_again(engine: Engine) -> None:
    """A basket of half a year ago is over, and nothing of it is read for what comes late today."""
    settle(engine, *(add("ada", f"p{n % 9}", f"2025-11-01T09:{n % 60:02}:00Z") for n in range(60)))
    settle(engine, add("ada", "p1", at(8)), add("ada", "p1", at(9)))
    read: list[int] = []
    told = basket_book.told

    def counted(rows: Any) -> Any:
        some = list(rows)
        read.append(len(some))
        return told(some)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(basket_book, "told", counted)
        settle(engine, add("ada", "p2", at(7)))
    assert read == [1, 3]  # what is new, and what is told anew
    assert one(engine, Basket).quantity == 3


IDS = st.tuples(st.integers(0, 5), st.sampled_from(["ada", "~tablet", "~phone"]))


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(
    told=st.lists(st.tuples(IDS, about_baskets(), moments(START)), min_size=25, max_size=45), data=st.data()
)
def test_however_they_arrive_the_baskets_are_as_told_simply(
    engine: Engine, told: list[Any], data: st.DataObject
) -> None:
    """Of six people at once, each with an account and two devices, one of which turns out to be theirs."""
    empty(engine)
    calls = [
        track(f"{name}{family}", event, when.isoformat(), **said) | {"messageId": f"m{number}"}
        for number, ((family, name), (event, said), when) in enumerate(told)
    ]
    linked = (START + timedelta(hours=1)).isoformat()
    calls += [identify(f"ada{n}", linked, f"tablet{n}") | {"messageId": f"link {n}"} for n in range(6)]
    order = data.draw(st.permutations([*calls, *calls[:3]]))
    for start in range(0, len(order), 30):
        some = [call({**raw, "receivedAt": "2026-07-30T00:00:00Z"}) for raw in order[start : start + 30]]
        with write(engine) as connection:
            record(connection, some)
        apply(engine, datetime(2026, 8, 1, tzinfo=UTC), data.draw(st.sampled_from([9, 5000])))
    kept = [row for row in rows(engine, Basket) if row.latest and row.quantity]
    found = sorted(_shown(row) for row in kept if row.updated_at >= LATER - BASKET_LIFE)
    owners = [((n, "ada"), (n, "~tablet")) for n in range(6)] + [((n, "~phone"),) for n in range(6)]
    wanted = [told_simply(_events(told, names), LATER) for names in owners]
    assert found == sorted(_wanted(own) for own in wanted if own)


def _events(told: list[Any], names: tuple[tuple[int, str], ...]) -> list[CartEvent]:
    return [
        CartEvent(name, when, f"m{number}", said)
        for number, (who, (name, said), when) in enumerate(told)
        if who in names
    ]


def _shown(row: Any) -> str:
    value = None if row.value is None else row.value / 100
    return to_json([value if name == "value" else getattr(row, name) for name in FIELDS])


def _wanted(own: dict[str, Any]) -> str:
    value = None if own["value"] is None else float(own["value"])
    return to_json([value if name == "value" else own[name] for name in FIELDS])
