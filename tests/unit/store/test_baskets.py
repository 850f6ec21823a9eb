"""What cart events make of a customer's basket."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyloop.journey.conditions.facts import BASKET_LIFE
from loyaltyloop.store.orders.amounts import Exchange
from loyaltyloop.store.orders.basket_lines import MOST_LINES, Item
from loyaltyloop.store.orders.baskets import BasketState, CartEvent, after, fold
from tests.integration.store.shop import SHOP
from tests.reference.baskets import basket as told_simply
from tests.strategies.baskets import about_baskets, moments

START = datetime(2026, 5, 1, 9, tzinfo=UTC)
EXCHANGE = Exchange(SHOP)
CATALOGUE = {"p1": Item("Coffee", 1250), "p2": Item(None, None)}
Said = dict[str, Any]


def add(product_id: object, **more: Any) -> tuple[str, Said]:
    return "Product Added", {"product_id": product_id, **more}


def remove(product_id: object, **more: Any) -> tuple[str, Said]:
    return "Product Removed", {"product_id": product_id, **more}


def view(*products: Said, **more: Any) -> tuple[str, Said]:
    return "Cart Viewed", {"products": list(products), **more}


def checkout(*products: Said, **more: Any) -> tuple[str, Said]:
    return "Checkout Started", {"products": list(products), **more}


def order(*products: str, **more: Any) -> tuple[str, Said]:
    listed = {"products": [{"product_id": one} for one in products]} if products else {}
    return "Order Completed", {"order_id": "o1", **listed, **more}


def events(*told: tuple[str, Said]) -> list[CartEvent]:
    """A minute between two of them."""
    return [
        CartEvent(name, START + timedelta(minutes=number), f"m{number}", said)
        for number, (name, said) in enumerate(told)
    ]


def latest(*told: tuple[str, Said]) -> BasketState:
    return list(fold(events(*told), EXCHANGE, CATALOGUE).values())[-1]


def pieces(*told: tuple[str, Said]) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in latest(*told).products:
        name = " ".join(filter(None, (line["product_id"], line.get("variant"))))
        found[name] = line["quantity"]
    return found


P1, P2 = {"product_id": "p1"}, {"product_id": "p2"}
CASES: dict[str, tuple[list[tuple[str, Said]], dict[str, int]]] = {
    "added": ([add("p1"), add("p2", quantity=3)], {"p1": 1, "p2": 3}),
    "added twice": ([add("p1"), add("p1", quantity="2")], {"p1": 3}),
    "a number for an id": ([add(7)], {"7": 1}),
    "from a wishlist": (
        [("Wishlist Product Added to Cart", {"product_id": "p1", "wishlist_id": "w"})],
        {"p1": 1},
    ),
    "variants are lines of their own": (
        [add("p1", variant="S"), add("p1", variant="L")],
        {"p1 S": 1, "p1 L": 1},
    ),
    "so many removed": ([add("p1", quantity=3), remove("p1", quantity=2)], {"p1": 1}),
    "removed without a number": ([add("p1", quantity=3), remove("p1")], {}),
    "more removed than there are": ([add("p1"), add("p2"), remove("p1", quantity=9)], {"p2": 1}),
    "a variant removed": (
        [add("p1", variant="S"), add("p1", variant="L"), remove("p1", variant="L")],
        {"p1 S": 1},
    ),
    "a variant nobody named": ([add("p1", variant="S", quantity=2), remove("p1", quantity=1)], {"p1 S": 1}),
    "removed that is not there": ([add("p1"), remove("p9")], {"p1": 1}),
    "removed before anything": ([remove("p1"), add("p2")], {"p2": 1}),
    "viewed is the whole": ([add("p1"), view(P2, {**P1, "quantity": 2})], {"p2": 1, "p1": 2}),
    "viewed empty": ([add("p1"), view()], {}),
    "viewed, and not said what": ([add("p1"), ("Cart Viewed", {})], {"p1": 1}),
    "no pieces of it": ([view(P1, {**P2, "quantity": 0})], {"p1": 1}),
    "the same line twice": ([view(P1, P1)], {"p1": 2}),
    "checkout is the whole": ([add("p1"), checkout(P2, order_id="o1")], {"p2": 1}),
    "added behind the checkout": ([checkout(P2), add("p1")], {"p2": 1, "p1": 1}),
    "the last basket counts": ([add("p1", cart_id="a"), add("p2", cart_id="b")], {"p2": 1}),
    "back to the first": (
        [add("p1", cart_id="a"), add("p2", cart_id="b"), add("p2", cart_id="a")],
        {"p1": 1, "p2": 1},
    ),
    "an older one does not come back": (
        [add("p1", cart_id="a"), add("p2", cart_id="b"), view(cart_id="b")],
        {},
    ),
    "without an id the last is meant": ([add("p1", cart_id="a"), checkout(P2)], {"p2": 1}),
    "the checkout says which": (
        [
            checkout(P1, cart_id="a", checkout_id="k"),
            add("p2", cart_id="b"),
            checkout(P2, checkout_id="k"),
            ("Cart Viewed", {}),
        ],
        {"p2": 1},
    ),
    "ordered": ([add("p1"), order("p1")], {}),
    "ordered, and something else with it": ([add("p1"), order("p1", "p9")], {}),
    "ordered without the rest": ([add("p1"), add("p2"), order("p2")], {}),
    "ordered under the sku": (
        [add("p1", sku="s1"), ("Order Completed", {"products": [{"product_id": "x", "sku": "s1"}]})],
        {},
    ),
    "another product ordered at once": ([add("p1"), order("p9")], {"p1": 1}),
    "ordered by its basket's id": ([add("p1", cart_id="a"), order("p9", cart_id="a")], {}),
    "ordered by its checkout": ([checkout(P1, checkout_id="k"), order("p9", checkout_id="k")], {}),
    "ordered by the checkout's order": ([checkout(P1, order_id="o1"), order("p9")], {}),
    "ordered, and nobody says what": ([add("p1", cart_id="a"), order()], {}),
    "the other basket ordered": (
        [add("p1", cart_id="a"), add("p2", cart_id="b"), order("p1", cart_id="a")],
        {"p2": 1},
    ),
    "filled anew": ([add("p1"), order("p1"), add("p2")], {"p2": 1}),
    "what is no product": ([add(None), add("p1"), ("Product Added", {"products": 5})], {"p1": 1}),
}


@pytest.mark.parametrize("name", CASES)
def test_what_lies_in_it(name: str) -> None:
    told, wanted = CASES[name]
    assert pieces(*told) == wanted


def test_prices_and_categories_as_told_else_as_the_catalogue_knows_them() -> None:
    own = latest(
        add("p1"), add("p1", variant="L", price="20.5", category="Gifts"), add("p2", price=10, currency="eur")
    )
    assert [(line.get("category"), line.get("price")) for line in own.products] == [
        ("Coffee", 12.5),
        ("Gifts", 20.5),
        (None, 8),
    ]
    assert own.value(EXCHANGE) == 1250 + 2050 + 800
    assert (own.currency, own.quantity) == ("EUR", 3)


def test_without_a_price_the_value_is_as_it_was_told_or_unknown() -> None:
    assert latest(view(P2, value=40)).value(EXCHANGE) == 4000
    assert latest(view(P2, value=40, currency="XXX")).value(EXCHANGE) is None
    assert latest(view(P2, value=-1)).value(EXCHANGE) is None
    assert latest(view(P2, value=40), add("p2")).value(EXCHANGE) is None


def test_where_to_go_on() -> None:
    told = [
        view(P1, url=" https://shop.example/cart "),
        add("p2", url="https://shop.example/p2"),
        checkout(P1),
    ]
    assert latest(*told).url == "https://shop.example/cart"
    assert latest(*told, order("p1"), add("p1")).url is None


def test_what_anybody_may_have_sent_brings_no_words_and_no_foreign_address() -> None:
    """Who knows a customer's id must not write to that customer through the shop's own reminder."""
    said = {**P1, "name": "Call 0900-1", "url": "https://evil.example", "price": 1, "variant": "x" * 61}
    addresses = {
        "https://shop.example/cart": True,
        "https://www.shop.example/cart": True,
        "https://checkout.shop.example/1": True,
        "https://shop.example.evil.example/": False,
        "https://evil.example/?shop.example": False,
        "https://shop.example@evil.example/": False,
        "javascript:alert(1)//shop.example": False,
        "https://[shop.example": False,
    }
    for url, kept in addresses.items():
        event = CartEvent("Cart Viewed", START, "m1", {"products": [said], "url": url}, public=True)
        (own,) = after({}, [event], EXCHANGE, {}, "shop.example").values()
        assert own.products == ({"product_id": "p1", "price": 1, "quantity": 1},)
        assert own.url == (url if kept else None)
    (own,) = after(
        {},
        [CartEvent("Cart Viewed", START, "m1", {"products": [said], "url": "https://a.example"})],
        EXCHANGE,
        {},
    ).values()
    assert (own.products[0]["name"], own.url) == ("Call 0900-1", "https://a.example")


def test_since_when() -> None:
    own = latest(add("p1"), order("p1"), add("p1"), add("p2"))
    assert (own.began_at, own.updated_at) == (START + timedelta(minutes=2), START + timedelta(minutes=3))


def test_at_one_instant_the_order_is_last() -> None:
    told = [order("p1"), checkout(P1), add("p1")]
    at_once = [CartEvent(name, START, f"m{number}", said) for number, (name, said) in enumerate(told)]
    (own,) = fold(at_once, EXCHANGE, CATALOGUE).values()
    assert own.products == ()


def test_a_basket_lives_for_thirty_days_after_it_was_told_of() -> None:
    for late, wanted in ((timedelta(), {"p1", "p2"}), (timedelta(microseconds=1), {"p2"})):
        told = [
            CartEvent(*add("p1")[:1], START, "m1", add("p1")[1]),
            CartEvent("Product Added", START + BASKET_LIFE + late, "m2", P2),
        ]
        (own,) = fold(told, EXCHANGE, CATALOGUE).values()
        assert {line["product_id"] for line in own.products} == wanted


def test_no_basket_grows_without_end() -> None:
    own = latest(*(add(f"p{number}", quantity=2**40) for number in range(MOST_LINES + 5)))
    assert len(own.products) == MOST_LINES
    assert own.quantity == MOST_LINES  # no such number of pieces is taken at its word


@given(told=st.lists(st.tuples(about_baskets(), moments(START)), max_size=14), data=st.data())
def test_it_is_as_told_simply_however_the_events_come(told: list[Any], data: st.DataObject) -> None:
    found = [CartEvent(name, at, f"m{number}", said) for number, ((name, said), at) in enumerate(told)]
    now = data.draw(moments(START))
    seen = [event for event in found if event.at <= now]
    whole = fold(data.draw(st.permutations(seen)), EXCHANGE, {})
    assert as_of(whole, now) == told_simply(seen, now)
    ordered = sorted(seen, key=lambda event: event.place)
    cut = data.draw(st.integers(0, len(ordered)))
    assert list(after(fold(ordered[:cut], EXCHANGE, {}), ordered[cut:], EXCHANGE, {}).items()) == list(
        whole.items()
    )


def as_of(baskets: dict[str, BasketState], now: datetime) -> dict[str, Any] | None:
    own = next(reversed(baskets.values()), None)
    if own is None or not own.products or now - own.updated_at > BASKET_LIFE:
        return None
    value = own.value(EXCHANGE)
    return {
        "products": [dict(line) for line in own.products],
        "value": None if value is None else Decimal(value).scaleb(-2),
        "quantity": own.quantity,
        "lines": len(own.products),
        "currency": own.currency,
        "url": own.url,
        "began_at": own.began_at,
        "updated_at": own.updated_at,
    }
