"""Where a product is sold, and to whom."""

from __future__ import annotations

from collections.abc import Collection

from loyaltyloop.journey.model import Shop


def markets_of(shop: Shop, country: str | None) -> frozenset[str]:
    """The names that a product's `markets` may call a customer's market by: the country, and shop.yaml's."""
    if country is None:
        return frozenset()
    return frozenset(name for name, market in shop.markets if country in market.countries) | {country}


def is_sold(markets: Collection[str] | None, there: frozenset[str]) -> bool:
    """Is a product of these markets (none: all) sold there?"""
    return not markets or not there.isdisjoint(markets)
