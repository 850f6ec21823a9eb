"""Small shops of the tests' own making, from a seed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from loyaltyloop.scores.purchases.catalogue import Catalogue
from loyaltyloop.scores.purchases.past import DAY, Lines, Past, past_of, seconds_of

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def shop(customers: int = 80, products: int = 40, orders: int = 900, days: int = 240, seed: int = 1) -> Past:
    """Customers with a few favourites each, who order them again and again, and others beside."""
    dice = np.random.default_rng(seed)
    who = dice.integers(0, customers, orders)
    at = seconds_of(NOW) - 1 - dice.integers(0, days * DAY, orders)
    rows = []
    for number, (customer, second) in enumerate(zip(who.tolist(), at.tolist(), strict=True)):
        favourites = [(customer * 7 + step) % products for step in range(3)]
        bought = {*dice.choice(favourites, 2).tolist(), int(dice.integers(0, products))}
        rows += [(f"o{number:05}", f"p{one:03}", customer + 1, second) for one in sorted(bought)]
    return of_rows(rows, {one + 1: ("GB", "DE", None)[one % 3] for one in range(customers)})


def of_rows(
    rows: list[tuple[str, str, int, int]],
    countries: dict[int, str | None] | None = None,
    as_of: datetime = NOW,
) -> Past:
    """A `Past` of (order, product, customer, seconds)."""
    at = [second for *_, second in rows]
    lines = Lines(
        order=[order for order, *_ in rows],
        product=[product for _, product, *_ in rows],
        customer=[customer for _, _, customer, _ in rows],
        at=at,
        arrived=at,
        quantity=[1] * len(rows),
        price=[2.5] * len(rows),
    )
    return past_of(as_of, lines, countries or {})


def days_ago(days: float) -> int:
    """Seconds since 1970."""
    return seconds_of(NOW - timedelta(days=days))


def catalogue(past: Past) -> Catalogue:
    """Every third product is in no category."""
    categories = tuple((None, "cups", "hats")[int(one[1:]) % 3] for one in past.products)
    return Catalogue(
        tuple(f"Thing {one}" for one in past.products), categories, np.full(len(categories), 2.5)
    )
