"""A small shop at random, and its reference: each source again, one customer at a time, in plain Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import combinations
from math import sqrt
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine, insert
from sqlmodel import SQLModel

from loyaltyloop.journey.model import Market, Recommend, Sender, Shop
from loyaltyloop.scores.recommending.recommend import Pick, Wanted, recommend
from loyaltyloop.store.database import write
from loyaltyloop.store.models import Customer, Event, Order, OrderLine, Product

NOW = datetime(2010, 9, 16, 10, 30, tzinfo=UTC)  # a Thursday
DAY = datetime(2010, 9, 16, tzinfo=UTC)
WEEK = datetime(2010, 9, 13, tzinfo=UTC)
SHOP = Shop(
    "Shop",
    "Europe/London",
    "GBP",
    "GB",
    Sender("Shop", "shop@shop.example", "1 Road"),
    markets=(("europe", Market("EUR", countries=("DE", "FR"))),),
)
COUNTRIES = ("GB", "DE", "FR", None)
CATEGORIES = ("Candles", "Mugs", None)
WORDS = ("red", "blue", "heart", "candle", "mug", "set of", "tin", "large")


def table(model: type[SQLModel]) -> Any:
    return model.__table__  # type: ignore[attr-defined]


@dataclass
class Little:
    """A shop's rows, and what the sources should make of them."""

    customers: dict[int, dict[str, Any]] = field(default_factory=dict)
    products: dict[str, dict[str, Any]] = field(default_factory=dict)
    lines: list[dict[str, Any]] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)
    views: list[dict[str, Any]] = field(default_factory=list)
    searches: list[dict[str, Any]] = field(default_factory=list)

    def write(self, engine: Engine) -> None:
        rows = (
            (Customer, list(self.customers.values())),
            (Product, list(self.products.values())),
            (Order, self.orders),
            (OrderLine, self.lines),
            (Event, [*self.views, *self.searches]),
        )
        with write(engine) as connection:
            for model, some in rows:
                if some:
                    connection.execute(insert(table(model)), some)

    def known(self, start: datetime, end: datetime, arrived: datetime) -> Iterator[dict[str, Any]]:
        for line in self.lines:
            if start <= line["ordered_at"] < end and line["arrived_at"] < arrived:
                yield line

    # ── the reference ──

    def repeat(self, who: Wanted) -> list[str]:
        days: dict[str, set[Any]] = {}
        times: dict[str, list[int]] = {}
        for line in self.lines:
            if line["customer_id"] == who.customer_id:
                days.setdefault(line["product_id"], set()).add(line["ordered_at"].date())
                times.setdefault(line["product_id"], []).append(int(line["ordered_at"].timestamp()))

        def key(product_id: str) -> tuple[bool, int, int, str]:
            count, first, last = len(days[product_id]), min(times[product_id]), max(times[product_id])
            too_soon = 4 * (NOW.timestamp() - last) < (last - first) / (count - 1)
            return too_soon, -count, -last, product_id

        return sorted((one for one in days if len(days[one]) > 1), key=key)

    def weights(self) -> dict[str, dict[str, int]]:
        baskets: dict[Any, set[str]] = {}
        for line in self.known(WEEK - timedelta(days=365), WEEK, WEEK):
            baskets.setdefault(line["order_id"], set()).add(line["product_id"])
        return self.near(baskets)

    def looked(self) -> dict[str, dict[str, int]]:
        visits: dict[Any, set[str]] = {}
        for view in self.views:
            if WEEK - timedelta(days=90) <= view["at"] < WEEK:
                visit = view["customer_id"], view["at"].date()
                visits.setdefault(visit, set()).add(view["properties"]["product_id"])
        return self.near(visits)

    def near(self, baskets: dict[Any, set[str]]) -> dict[str, dict[str, int]]:
        single = Counter(one for basket in baskets.values() for one in basket)
        pairs = Counter(pair for basket in baskets.values() for pair in combinations(sorted(basket), 2))
        near: dict[str, dict[str, int]] = {one: {} for one in single}
        for (one, other), both in pairs.items():
            if both >= 2:
                weight = round(1_000_000 * both / sqrt(single[one] * single[other]))
                near[one][other] = near[other][one] = weight
        return {
            one: dict(sorted(others.items(), key=lambda item: (-item[1], item[0]))[:20])
            for one, others in near.items()
        }

    def goes_with(self, profile: list[str], near: dict[str, dict[str, int]] | None = None) -> list[str]:
        near = near or self.weights()
        sums: Counter[str] = Counter()
        for one in set(profile):
            sums.update(near.get(one, {}))
        return sorted(sums.keys() - set(profile), key=lambda one: (-sums[one], one))[:40]

    def bought_together(self, who: Wanted) -> list[str]:
        return self.goes_with(self.last_three(who))

    def last_three(self, who: Wanted) -> list[str]:
        own = [order for order in self.orders if order["customer_id"] == who.customer_id]
        own = [order for order in own if order["status"] != "cancelled"]
        own.sort(key=lambda order: order["order_id"])
        own.sort(key=lambda order: order["ordered_at"], reverse=True)
        last = {order["order_id"] for order in own[:3]}
        return [line["product_id"] for line in self.lines if line["order_id"] in last]

    def with_trigger(self, who: Wanted) -> list[str]:
        return self.goes_with([one["product_id"] for one in who.trigger["products"]])

    def counted(self, lines: Iterator[dict[str, Any]]) -> list[str]:
        counts = Counter(line["product_id"] for line in lines)
        return sorted(counts, key=lambda one: (-counts[one], one))

    def bestsellers(self, who: Wanted) -> list[str]:
        return self.counted(self.known(WEEK - timedelta(days=365), WEEK, WEEK))

    def popular_here(self, who: Wanted) -> list[str]:
        season = self.known(WEEK - timedelta(days=90), WEEK, WEEK)
        return self.counted(line for line in season if who.country and self.country(line) == who.country)

    def country(self, line: dict[str, Any]) -> str | None:
        country: str | None = self.customers[line["customer_id"]]["country"]
        return country

    def favourite_category(self, who: Wanted) -> list[str]:
        wanted = self.customers[who.customer_id]["favourite_category"]
        season = self.known(WEEK - timedelta(days=90), WEEK, WEEK)
        return self.counted(line for line in season if wanted and line["category"] == wanted)

    def trending(self, who: Wanted) -> list[str]:
        fortnight = DAY - timedelta(days=14)
        lately = Counter(line["product_id"] for line in self.known(fortnight, DAY, DAY))
        before = Counter(
            line["product_id"] for line in self.known(fortnight - timedelta(days=90), fortnight, DAY)
        )
        return sorted(lately, key=lambda one: (-lately[one] / sqrt(before[one] + 10), one))

    def new(self, who: Wanted) -> list[str]:
        month = DAY - timedelta(days=30)
        known = [line for line in self.lines if line["arrived_at"] < DAY]
        old = {line["product_id"] for line in known if line["ordered_at"] < month}
        lately = self.known(month, DAY, DAY)
        sold = self.counted(line for line in lately if line["product_id"] not in old)
        ordered = {line["product_id"] for line in known if line["ordered_at"] < DAY}
        fresh = [one for one in self.products.values() if one["known_since"] is not None]
        fresh = [one for one in fresh if one["product_id"] not in ordered and one["known_since"] >= month]
        unsold = sorted(one["product_id"] for one in fresh)
        own = {word for one in self.last_three(who) for word in self.words(one)}
        favourite = self.customers[who.customer_id]["favourite_category"]

        def key(product_id: str) -> tuple[bool, int]:
            category = self.products[product_id]["category"]
            return category is None or category != favourite, -len(self.words(product_id) & own)

        return sorted([*sold, *unsold], key=key)

    def words(self, product_id: str) -> set[str]:
        name = self.products[product_id]["name"] if product_id in self.products else ""
        return {word for word in name.split() if len(word) > 2} - {"set", "large"}

    def viewed(self, who: Wanted) -> list[str]:
        own = [view for view in self.views if view["customer_id"] == who.customer_id]
        own = [view for view in own if view["at"] >= NOW - timedelta(days=30)]
        own.sort(key=lambda view: view["at"], reverse=True)
        return list(dict.fromkeys(view["properties"]["product_id"] for view in own))

    def viewed_together(self, who: Wanted) -> list[str]:
        looked = {one: others for one, others in self.looked().items() if others}
        return self.goes_with(self.viewed(who)[:10], self.weights() | looked)

    def searched(self, who: Wanted) -> list[str]:
        own = [one for one in self.searches if one["customer_id"] == who.customer_id]
        own.sort(key=lambda one: one["at"], reverse=True)
        found: list[str] = []
        for query in dict.fromkeys(one["properties"]["query"] for one in own):
            asked = set(query.split())
            ranked = []
            for product_id in self.products:
                name = self.words(product_id)
                if 2 * len(asked & name) >= len(asked):
                    ranked.append((-1000 * len(asked & name) // len(asked | name), product_id))
            found += [product_id for _, product_id in sorted(ranked)]
        return list(dict.fromkeys(found))


@pytest.fixture(params=range(3))
def little(request: pytest.FixtureRequest) -> Little:
    """A shop of 12 customers, 18 products and some 150 orders."""
    random = Random(request.param)
    shop = Little()
    for number in range(18):
        name = " ".join(random.sample(WORDS, 3))
        shop.products[f"p{number:02}"] = product(f"p{number:02}", name, random.choice(CATEGORIES))
    for number in range(4):
        name, known = " ".join(random.sample(WORDS, 3)), NOW - timedelta(days=(400, 20, 20, 40)[number])
        one = product(f"q{number}", name, random.choice(CATEGORIES), known_since=known)
        shop.products[one["product_id"]] = one
    for number in range(1, 13):
        favourite = random.choice(CATEGORIES)
        shop.customers[number] = customer(number, random.choice(COUNTRIES), favourite)
    for number in range(150):
        _add_order(shop, random, f"o{number:03}")
    for number in range(30):
        at = NOW - timedelta(minutes=random.randrange(60 * 24 * 45))
        shop.views.append(view(number, random.randint(1, 12), random.choice(sorted(shop.products)), at))
    for number in range(12):
        _add_visit(shop, random, 100 + 10 * number)
    return shop


def _add_visit(shop: Little, random: Random, number: int) -> None:
    """Three products looked at on one day, and a search."""
    who, at = random.randint(1, 12), NOW - timedelta(days=random.randrange(1, 40))
    for place, product_id in enumerate(random.sample(sorted(shop.products)[:5], 3)):
        shop.views.append(view(number + place, who, product_id, at + timedelta(minutes=place)))
    query = " ".join(random.sample(("red", "blue", "heart", "candle"), random.randint(1, 3)))
    row = view(number + 5, who, "", NOW - timedelta(minutes=number))
    shop.searches.append(row | {"name": "Products Searched", "properties": {"query": query}})


def _add_order(shop: Little, random: Random, order_id: str) -> None:
    back = timedelta(minutes=random.randrange(1, 60 * 24 * random.choice((20, 120, 400))))
    at, who = NOW - back, random.randint(1, 12)
    arrived = min(NOW, at + timedelta(hours=random.choice((0, 0, 0, 5, 60))))
    status = random.choice(("open", "delivered", "cancelled"))
    shop.orders.append(order(order_id, who, at, status))
    newest = 18 if back < timedelta(days=25) else 16  # two products are new
    popular = sorted(shop.products)[: random.choice((8, newest))]
    for product_id in random.sample(popular, random.randint(1, 5)):
        category = shop.products[product_id]["category"]
        if status != "cancelled":  # of which no line is kept
            shop.lines.append(line(order_id, product_id, who, at, arrived, category=category))


def product(product_id: str, name: str, category: str | None, **more: Any) -> dict[str, Any]:
    row = {"product_id": product_id, "name": name, "category": category, "price": 250, "currency": "GBP"}
    return {
        **row,
        "url": None,
        "image_url": None,
        "in_stock": True,
        "markets": None,
        "tags": None,
        "known_since": None,
        **more,
    }


def customer(number: int, country: str | None, favourite: str | None = None) -> dict[str, Any]:
    row: dict[str, Any] = {"id": number, "key": f"c{number}", "country": country, "zone": "Europe/London"}
    row |= {"zone_from": "shop", "attributes": {}, "stamps": {}, "tags": []}
    return row | {"favourite_category": favourite}


def order(order_id: str, who: int, at: datetime, status: str = "open") -> dict[str, Any]:
    row: dict[str, Any] = {"order_id": order_id, "customer_id": who, "status": status, "products": []}
    return row | {"ordered_at": at, "updated_at": at}


def line(
    order_id: str, product_id: str, who: int, at: datetime, arrived: datetime | None = None, **more: Any
) -> dict[str, Any]:
    row = {"order_id": order_id, "product_id": product_id, "customer_id": who, "quantity": 1}
    return {**row, "ordered_at": at, "arrived_at": arrived or at, "returned": False, "category": None, **more}


def view(number: int, who: int, product_id: str, at: datetime) -> dict[str, Any]:
    row: dict[str, Any] = {"id": number + 1, "source": "test", "message_id": f"v{number}", "type": "track"}
    row |= {"name": "Product Viewed", "customer_id": who, "at": at, "arrived_at": at, "seq": number + 1}
    return row | {"properties": {"product_id": product_id}}


Ask = Callable[..., dict[int, list[Pick]]]


@pytest.fixture
def ask(engine: Engine) -> Ask:
    """`recommend` in a transaction of its own."""

    def asked(people: list[Wanted], spec: Recommend, now: datetime = NOW) -> dict[int, list[Pick]]:
        with write(engine) as connection:
            return recommend(connection, people, spec, SHOP, now)

    return asked
