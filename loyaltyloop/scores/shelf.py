"""The products that may be offered: in stock, complete, sold in the customer's market, as `where` says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from loyaltyloop.journey.comparisons import fields_pass, first_instant
from loyaltyloop.journey.condition import Ago, Instant, Where
from loyaltyloop.journey.markets import markets_of
from loyaltyloop.journey.model import Shop
from loyaltyloop.journey.money import exponent
from loyaltyloop.scores.counting import product

_BATCH = 500


class Good(NamedTuple):
    """A product as far as offering it goes; `markets` None: sold everywhere."""

    name: str
    category: str | None
    offered: bool
    markets: frozenset[str] | None


class Shelf:
    """Products by id, read as they are asked for; one for a call of `recommend`."""

    def __init__(self, connection: Connection, shop: Shop, where: Where, now: datetime) -> None:
        self._connection, self._shop, self._where, self._now = connection, shop, where, now
        self._goods: dict[str, Good] = {}
        self._unknown: set[str] = set()
        self._needs = _needed(connection)
        self._markets: dict[str | None, frozenset[str]] = {}

    def load(self, ids: Iterable[str]) -> None:
        """Read those that are not there yet."""
        missing = [one for one in ids if one not in self._goods and one not in self._unknown]
        for start in range(0, len(missing), _BATCH):
            some = select(product).where(product.c.product_id.in_(missing[start : start + _BATCH]))
            for row in self._connection.execute(some).mappings():
                self._goods[row["product_id"]] = self._good(dict(row))
        self._unknown.update(one for one in missing if one not in self._goods)

    def markets_of(self, country: str | None) -> frozenset[str]:
        """The names that a product's `markets` may call a customer's market by."""
        found = self._markets.get(country)
        if found is None:
            found = self._markets[country] = markets_of(self._shop, country)
        return found

    def offers(self, product_id: str, markets: frozenset[str]) -> bool:
        """May this loaded product be offered to a customer of these markets?"""
        good = self._goods.get(product_id)
        return good is not None and good.offered and (good.markets is None or bool(good.markets & markets))

    def name(self, product_id: str) -> str:
        """The name of a loaded product; empty where it is not known."""
        good = self._goods.get(product_id)
        return good.name if good else ""

    def _good(self, row: Mapping[str, Any]) -> Good:
        complete = bool(row["name"]) and all(row[column] not in (None, "") for column in self._needs)
        offered = row["in_stock"] and complete and self._fits(row)
        markets = frozenset(row["markets"]) if row["markets"] else None
        return Good(row["name"], row["category"], offered, markets)

    def _fits(self, row: Mapping[str, Any]) -> bool:
        """Does it pass the step's `where`? Its price counts in major units of the shop's currency."""
        if not self._where.fields:
            return True
        price = None
        if row["price"] is not None and row["currency"] in (None, self._shop.currency):
            price = Decimal(row["price"]).scaleb(-exponent(self._shop.currency))
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
