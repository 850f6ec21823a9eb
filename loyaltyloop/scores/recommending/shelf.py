"""The products that may be offered: in stock, complete, sold in the customer's market, as `where` says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, select

from loyaltyloop.journey.conditions.comparisons import fields_pass, first_instant
from loyaltyloop.journey.conditions.condition import Ago, Instant, Where
from loyaltyloop.journey.markets import markets_of
from loyaltyloop.journey.model import Shop
from loyaltyloop.journey.money import exponent
from loyaltyloop.scores.purchases.tables import product
from loyaltyloop.scores.recommending.refusals import Good, Shopper, Why

_BATCH = 500
_UNKNOWN = Good("", Why.UNKNOWN)


class Shelf:
    """Products by id, read as they are asked for; one for a call of `recommend`."""

    def __init__(self, connection: Connection, shop: Shop, where: Where, now: datetime) -> None:
        self._connection, self._shop, self._where, self._now = connection, shop, where, now
        self._goods: dict[str, Good] = {}
        self._needs = _needed(connection)
        self._markets: dict[str | None, frozenset[str]] = {}

    def load(self, ids: Iterable[str]) -> None:
        """Read those that are not there yet."""
        missing = [one for one in ids if one not in self._goods]
        self._goods.update(dict.fromkeys(missing, _UNKNOWN))
        for start in range(0, len(missing), _BATCH):
            some = select(product).where(product.c.product_id.in_(missing[start : start + _BATCH]))
            for row in self._connection.execute(some).mappings():
                self._goods[row["product_id"]] = self._good(dict(row))

    def markets_of(self, country: str | None) -> frozenset[str]:
        """The names that a product's `markets` may call a customer's market by."""
        found = self._markets.get(country)
        if found is None:
            found = self._markets[country] = markets_of(self._shop, country)
        return found

    def refusal(self, product_id: str, shopper: Shopper, word: Any) -> Why | None:
        """Why this loaded product is not offered to a customer by a source; None: it is."""
        return self._goods[product_id].refusal(shopper, word)

    def sells(self, product_id: str) -> bool:
        """May this loaded product be offered to anybody at all?"""
        return self._goods[product_id].amiss is None

    def name(self, product_id: str) -> str:
        """The name of a loaded product; empty where it is not known."""
        return self._goods[product_id].name

    def _good(self, row: Mapping[str, Any]) -> Good:
        markets = frozenset(row["markets"]) if row["markets"] else None
        return Good(row["name"], self._amiss(row), markets, self._minor(row), self._sizes(row["tags"]))

    def _amiss(self, row: Mapping[str, Any]) -> Why | None:
        if not row["in_stock"]:
            return Why.STOCK
        if not row["name"] or any(row[column] in (None, "") for column in self._needs):
            return Why.INCOMPLETE
        return None if self._fits(row) else Why.WHERE

    def _minor(self, row: Mapping[str, Any]) -> int | None:
        """The price in minor units of the shop's currency; None where it is in another."""
        return row["price"] if row["currency"] in (None, self._shop.currency) else None

    def _sizes(self, tags: Iterable[str] | None) -> Mapping[str, frozenset[str]] | None:
        """What tags such as `size:M` say of it."""
        found: dict[str, set[str]] = defaultdict(set)
        for tag in tags or ():
            name, colon, size = tag.partition(":")
            if colon and name.strip() in self._shop.recommending.sizes:
                found[name.strip()].add(size.strip().casefold())
        return {name: frozenset(sizes) for name, sizes in found.items()} or None

    def _fits(self, row: Mapping[str, Any]) -> bool:
        """Does it pass the step's `where`? Its price counts in major units of the shop's currency."""
        if not self._where.fields:
            return True
        minor = self._minor(row)
        price = None if minor is None else Decimal(minor).scaleb(-exponent(self._shop.currency))
        return fields_pass(self._where, {**row, "price": price}, self._instant)

    def _instant(self, value: Instant) -> datetime:
        match value:
            case Ago(duration, sign):
                return duration.after(self._now, self._shop.timezone, sign)
            case datetime():
                return value
            case _:
                return first_instant(value)


def _needed(connection: Connection) -> list[str]:
    """Picture and price: needed where most of the shop's products have one."""
    columns = (product.c.image_url, product.c.price)
    pictures = func.count(func.nullif(product.c.image_url, ""))
    total, *counts = connection.execute(select(func.count(), pictures, func.count(product.c.price))).one()
    return [column.name for column, count in zip(columns, counts, strict=True) if 2 * count > total]
