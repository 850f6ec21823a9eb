"""What is never shown, what fills up, and what the customer reads as the reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.conditions.condition import Compare, Has, Where
from loyaltyloop.journey.model import Recommend
from loyaltyloop.scores.recommending.recommend import Pick, Wanted, as_value
from loyaltyloop.store.database import write
from loyaltyloop.store.models import (
    Basket,
    Customer,
    Enrolment,
    Kept,
    Message,
    Order,
    OrderLine,
    Product,
)

NOW = datetime(2010, 9, 16, 10, 30, tzinfo=UTC)
Ask = Callable[..., dict[int, list[Pick]]]
SOLD = Recommend(products=9, sources=("bestsellers",))


def days(number: float) -> datetime:
    return NOW - timedelta(days=number)


class Counter:
    """A shop that is filled by hand; customer 1 is asked for, customer 2 buys what shall be popular."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.orders = engine, 0
        self.add(Customer, *(self._customer(one, country) for one, country in ((1, "DE"), (2, "GB"))))

    def _customer(self, number: int, country: str) -> dict[str, Any]:
        row: dict[str, Any] = {"id": number, "key": f"c{number}", "country": country, "zone": "Europe/London"}
        return row | {"zone_from": "shop", "attributes": {}, "stamps": {}, "tags": []}

    def add(self, model: Any, *rows: dict[str, Any]) -> None:
        with write(self.engine) as connection:
            connection.execute(insert(model), list(rows))

    def product(self, product_id: str, **more: Any) -> None:
        """On the shelf, and bought once by somebody else long ago."""
        row = {"product_id": product_id, "name": product_id.title(), "price": 1000, "currency": "GBP"}
        empty = {"category": None, "image_url": None, "in_stock": True, "markets": None}
        self.add(Product, {**row, **empty, **more})
        self.bought(2, days(200), product_id)

    def bought(self, who: int, at: datetime, *products: str, **more: Any) -> None:
        self.orders += 1
        order_id = f"o{self.orders}"
        order = {"order_id": order_id, "customer_id": who, "status": "open", "products": []}
        self.add(Order, {**order, "ordered_at": at, "updated_at": at})
        line = {"order_id": order_id, "customer_id": who, "quantity": 1, "ordered_at": at, "arrived_at": at}
        self.add(OrderLine, *({**line, "product_id": one, "returned": False, **more} for one in products))

    def basket(self, who: int, at: datetime, *products: str) -> None:
        """What lies in somebody's basket."""
        row: dict[str, Any] = {"customer_id": who, "cart_id": "", "latest": True, "checkouts": []}
        row |= {"products": [{"product_id": one, "quantity": 1} for one in products]}
        row |= {"quantity": len(products), "lines": len(products), "currency": "GBP"}
        self.add(Basket, row | {"began_at": at, "updated_at": at})

    def shown(
        self, number: int, product_id: str, handed_over_at: datetime | None, offers: str | None = "more picks"
    ) -> None:
        """In enrolment `number` of customer 1, whose message shows what the steps of `offers` found."""
        stands: dict[str, Any] = {"id": number, "journey": "j", "version": 1, "customer_id": 1}
        stands |= {"customer_key": "c1", "occurrence": str(number), "entered_at": NOW, "enrolled_at": NOW}
        self.add(Enrolment, stands | {"trigger": {}, "arrived_at": NOW})
        self.add(
            Kept, {"enrolment_id": number, "step": "picks", "value": as_value([Pick(product_id, "x", "new")])}
        )
        message: dict[str, Any] = {
            "key": f"m{number}",
            "enrolment_id": number,
            "customer_id": 1,
            "journey": "j",
        }
        message |= {"version": 1, "step": "mail", "channel": "email", "purpose": "marketing", "template": "t"}
        message |= {"priority": 50, "entered_at": NOW, "decided_at": NOW, "due_at": NOW}
        self.add(Message, message | {"handed_over_at": handed_over_at, "offers": offers})


@pytest.fixture
def counter(engine: Engine) -> Counter:
    return Counter(engine)


@pytest.fixture
def picks(ask: Ask) -> Callable[..., list[Pick]]:
    def asked(spec: Recommend = SOLD, country: str | None = "DE", **trigger: Any) -> list[Pick]:
        return ask([Wanted(1, 7, country, trigger)], spec)[7]

    return asked


Picks = Callable[..., list[Pick]]


def ids(picks: list[Pick]) -> list[str]:
    return [pick.product_id for pick in picks]


def test_not_what_was_bought_lately(counter: Counter, picks: Picks) -> None:
    for name in ("ant", "bee", "cat"):
        counter.product(name)
    counter.bought(1, days(10), "bee")
    counter.bought(1, days(100), "cat")
    assert ids(picks()) == ["cat", "ant"]
    longer = Recommend(products=9, sources=("bestsellers",), bought_within=Duration.of("150 days"))
    assert ids(picks(longer)) == ["ant"]
    assert ids(picks(Recommend(products=9, sources=("bestsellers",), exclude=()))) == ["bee", "cat", "ant"]
    assert ids(picks(Recommend(products=9, sources=("repeat", "bestsellers"), exclude=("owned",)))) == ["ant"]


def test_what_they_buy_regularly_may_have_been_bought_lately(counter: Counter, picks: Picks) -> None:
    counter.product("tea")
    for ago in (60, 40, 15):
        counter.bought(1, days(ago), "tea")
    found = picks(Recommend(sources=("bestsellers", "repeat")))
    assert found == [Pick("tea", "You have bought this 3 times", "repeat")]


def test_not_what_was_returned(counter: Counter, picks: Picks) -> None:
    counter.product("ant")
    counter.product("bee")
    counter.bought(1, days(150), "bee", returned=True)
    assert ids(picks()) == ["ant"]
    assert ids(picks(Recommend(products=9, sources=("bestsellers",), exclude=("bought",)))) == ["bee", "ant"]


def test_not_out_of_stock_nor_without_a_name(counter: Counter, picks: Picks) -> None:
    counter.product("ant", in_stock=False)
    counter.product("bee", name="")
    counter.product("cat")
    counter.bought(2, days(200), "unknown")
    assert ids(picks()) == ["cat"]


def test_not_without_picture_or_price_where_most_have_them(counter: Counter, picks: Picks) -> None:
    for name in ("ant", "bee", "cat"):
        counter.product(name, image_url="https://shop.example/i.png")
    counter.product("dog")
    counter.product("eel", image_url="https://shop.example/i.png", price=None)
    assert ids(picks()) == ["ant", "bee", "cat"]


def test_pictures_do_not_matter_where_few_have_one(counter: Counter, picks: Picks) -> None:
    counter.product("ant", image_url="https://shop.example/i.png")
    counter.product("bee")
    counter.product("cat", price=None, image_url="")
    assert ids(picks()) == ["ant", "bee"]


def test_not_what_is_not_sold_in_the_market(counter: Counter, picks: Picks) -> None:
    counter.product("ant", markets=["GB"])
    counter.product("bee", markets=["DE", "GB"])
    counter.product("cat", markets=["europe"])
    counter.product("dog")
    assert ids(picks()) == ["bee", "cat", "dog"]
    assert ids(picks(country="GB")) == ["ant", "bee", "dog"]
    assert ids(picks(country=None)) == ["dog"]


def test_not_what_was_shown_three_times_in_a_month(counter: Counter, picks: Picks) -> None:
    for name in ("ant", "bee", "cat"):
        counter.product(name)
    handed_over = {"ant": (1, 2, 29), "bee": (1, 2, 31), "cat": (1, 2, None)}
    each = [
        (name, None if ago is None else days(ago)) for name, times in handed_over.items() for ago in times
    ]
    for number, (name, at) in enumerate(each):
        counter.shown(number + 1, name, at)
    assert ids(picks()) == ["bee", "cat"]
    free = Recommend(products=9, sources=("bestsellers",), exclude=("bought", "returned"))
    assert ids(picks(free)) == ["ant", "bee", "cat"]


@pytest.mark.parametrize("offers", [None, "more", "my_picks picks_2"])
def test_what_a_message_does_not_name_was_not_shown_in_it(
    counter: Counter, picks: Picks, offers: str | None
) -> None:
    counter.product("ant")
    for number in range(1, 4):
        counter.shown(number, "ant", days(1), offers)
    assert ids(picks()) == ["ant"]


def test_where_speaks_of_major_units(counter: Counter, picks: Picks) -> None:
    counter.product("ant", price=599, category="Mugs")
    counter.product("bee", price=600, category="Mugs")
    counter.product("cat", price=100, category="Candles")
    counter.product("dog", price=100, category="Mugs", currency="EUR")
    counter.product("eel", price=100, category="Mugs", tags=["gift"])
    under = Where((("category", (Compare("is", "Mugs"),)), ("price", (Compare("under", Decimal("6.0")),))))
    assert ids(picks(Recommend(products=9, sources=("bestsellers",), where=under))) == ["ant", "eel"]
    gifts = Where((("tags", (Has("gift"),)),))
    assert ids(picks(Recommend(products=9, sources=("bestsellers",), where=gifts))) == ["eel"]


def test_fallbacks_fill_up_in_order(counter: Counter, picks: Picks) -> None:
    for name in ("ant", "bee", "cat", "dog"):
        counter.product(name)
    counter.bought(1, days(100), "dog")
    counter.bought(1, days(110), "dog")
    spec = Recommend(products=3, sources=("cart", "repeat"), fallback=("new", "bestsellers"))
    assert [(pick.product_id, pick.source) for pick in picks(spec)] == [
        ("dog", "repeat"),
        ("ant", "bestsellers"),
        ("bee", "bestsellers"),
    ]


def test_what_lies_in_the_basket(counter: Counter, picks: Picks) -> None:
    for name in ("ant", "bee", "cat"):
        counter.product(name)
    counter.product("out", in_stock=False)
    counter.bought(1, days(3), "bee")
    counter.basket(1, days(2), "bee", "out", "ant", "nobody knows")
    assert picks(Recommend(sources=("cart",))) == [
        Pick("bee", "In your basket", "cart"),
        Pick("ant", "In your basket", "cart"),
    ]
    assert ids(picks()) == ["cat"]
    assert ids(picks(Recommend(products=9, sources=("bestsellers",), exclude=("bought",)))) == ["ant", "cat"]


def test_a_basket_that_is_over_holds_nothing(counter: Counter, picks: Picks) -> None:
    counter.product("ant")
    counter.basket(1, days(31), "ant")
    assert picks(Recommend(sources=("cart",))) == []
    assert ids(picks()) == ["ant"]


def test_nothing_to_offer_is_an_empty_list(counter: Counter, picks: Picks) -> None:
    assert picks(Recommend(sources=("best", "cart", "with_trigger", "similar_to_trigger", "viewed"))) == []


def test_like_the_trigger(counter: Counter, picks: Picks) -> None:
    counter.product("red", name="Red Heart Candle", category="Candles")
    counter.product("blue", name="Blue Heart Candle", category="Candles")
    counter.product("lamp", name="Lamp", category="Candles")
    counter.product("mug", name="Red Heart Mug", category="Mugs")
    spec = Recommend(sources=("similar_to_trigger",))
    assert picks(spec, product_id="red") == [
        Pick("blue", "Similar to Red Heart Candle", "similar_to_trigger"),
        Pick("lamp", "Similar to Red Heart Candle", "similar_to_trigger"),
    ]
    assert picks(spec, products=[{"product_id": "nobody knows"}]) == []


def test_reasons_name_what_they_rest_on(counter: Counter, picks: Picks) -> None:
    for name in ("ant", "bee", "cat"):
        counter.product(name)
    for ago in (100, 101, 102):
        counter.bought(2, days(ago), "ant", "bee")
    counter.bought(1, days(30), "ant")
    counter.bought(1, days(20), "nameless")
    for ago in (100, 101):
        counter.bought(2, days(ago), "nameless", "cat")
    found = picks(Recommend(sources=("bought_together",)))
    assert {pick.product_id: pick.reason for pick in found} == {
        "bee": "Goes with your Ant",
        "cat": "Goes with what you have chosen",
    }
    assert picks(Recommend(sources=("with_trigger",)), products=[{"product_id": "ant"}])[0].reason == (
        "Often bought with your Ant"
    )


@pytest.mark.parametrize(
    ("country", "place"), [("DE", "Germany"), ("NL", "the Netherlands"), ("GB", "the United Kingdom")]
)
def test_a_country_has_its_name(counter: Counter, picks: Picks, country: str, place: str) -> None:
    counter.product("ant")
    counter.add(Customer, counter._customer(3, country))
    counter.bought(3, days(20), "ant")
    found = picks(Recommend(sources=("popular_here",)), country=country)
    assert found == [Pick("ant", f"Popular in {place} this season", "popular_here")]


def test_what_is_kept(counter: Counter) -> None:
    assert as_value([Pick("ant", "New in the shop", "new")]) == [
        {"product_id": "ant", "reason": "New in the shop", "source": "new", "model": "counted"}
    ]
    tried = as_value([Pick("ant", "New in the shop", "new", "ranking 3", explores=True, score=0.5)])
    assert tried[0]["explores"] is True and tried[0]["model"] == "ranking 3"
