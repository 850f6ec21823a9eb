"""Histories of a shop's customers as calls: as they happened, and as networks deliver them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.integration.store.shop import alias, identify, track

Raw = dict[str, Any]
BROWSING = ("Product Viewed", "Product Clicked", "Products Searched")
BASKET = ("Product Added", "Product Added", "Product Removed", "Cart Viewed", "Checkout Started")
LATER = (
    "Order Updated",
    "Order Shipped",
    "Order Delivered",
    "Order Cancelled",
    "Order Refunded",
    "Order Returned",
)
SECONDS = 30 * 86_400  # of a history
AHEAD = timedelta(
    minutes=9
)  # how far the last clocks run ahead of their calls' arrival, less than the lateness


def history(count: int, people: int, end: datetime, seed: int = 11) -> list[Raw]:
    """So many calls of so many people, each with an id, in the month before `end`; one of a hundred after."""
    random = Random(seed)
    made = []
    for number in range(count):
        at = end - timedelta(seconds=random.randrange(1, SECONDS))
        if number % 100 == 7:  # browsing alone: no answer counts as later than its arrival
            at = end + AHEAD * random.random()
            raw = track(_who(random, people), "Product Viewed", _text(at), product_id="7")
        else:
            raw = _call(random, people, _text(at))
        made.append((at, raw | {"messageId": f"m{number:06}"}))
    return [raw for _, raw in sorted(made, key=lambda each: each[0])]


def as_delivered(clean: list[Raw], seed: int = 12) -> Iterator[list[Raw]]:
    """The same in four parts: a third of all twice, some hours late, every twentieth at the very end."""
    random = Random(seed)
    late, prompt = clean[::20], [raw for place, raw in enumerate(clean) if place % 20]
    twice = prompt + random.sample(clean, len(clean) // 3)
    twice.sort(key=lambda raw: (_moved(raw, random), raw["messageId"]))
    third = len(twice) // 3
    random.shuffle(late)
    yield twice[:third]
    yield twice[third : 2 * third]
    yield twice[2 * third :]
    yield late


def _moved(raw: Raw, random: Random) -> datetime:
    return datetime.fromisoformat(raw["timestamp"]) + timedelta(hours=random.choice((0, 0, 0, 5, 60)))


def _who(random: Random, people: int) -> str:
    number = random.randrange(people)
    return f"u{number}" if number % 3 else f"~d{number}"


def _call(random: Random, people: int, when: str) -> Raw:
    who, number = _who(random, people), random.randrange(people)
    user = f"u{number}"
    match random.randrange(20):
        case 0 | 1 | 2 | 3 | 4 | 5:
            page = {"path": f"/p{number % 40}", "title": "A page"}
            return track(who, "", when, **page) | {"type": "page", "name": "Product"}
        case 6 | 7 | 8 | 9 | 10:
            return track(who, random.choice(BROWSING), when, **_product(random))
        case 11 | 12 | 13:
            return track(who, random.choice(BASKET), when, cart_id=f"c{number % 7}", **_product(random))
        case 14 | 15:
            return track(user, "Order Completed", when, **_order(random, number))
        case 16:
            return track(user, random.choice(LATER), when, **_order(random, number))
        case 17:
            return identify(user, when, f"d{number}", **_traits(random))
        case 18:
            answer = random.choice(("Consent Granted", "Consent Withdrawn"))
            return track(user, answer, when, channel="email")
        case _:
            return alias(user, f"d{number}", when)


def _product(random: Random) -> Raw:
    number = random.randrange(40)
    return {
        "product_id": f"p{number}",
        "category": ("Tea", "Ware", "äther")[number % 3],
        "price": number + 0.75,
        "quantity": 1 + number % 3,
    }


def _order(random: Random, number: int) -> Raw:
    products = [_product(random) for _ in range(random.randrange(1, 4))]
    currency = random.choice(("GBP", "GBP", "EUR", "CHF"))
    order = f"o{number}-{random.randrange(3)}"
    return {
        "order_id": order,
        "total": random.randrange(9999) / 100,
        "currency": currency,
        "products": products,
    }


def _traits(random: Random) -> Raw:
    some = {
        "firstName": random.choice(("Ada", "Bob")),
        "country": random.choice(("GB", "US")),
        "birthday": random.choice(("1990-02-28", "1984-05-03")),
        "plan": random.choice(("a", "b", 3)),
    }
    return {name: value for name, value in some.items() if random.random() < 0.6}


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
