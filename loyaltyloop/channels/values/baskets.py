"""A customer's basket as templates see it: what of it can still be had, at the prices of now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from sqlalchemy import Connection, Row, exists, select

from loyaltyloop.channels.values.context import About, Names, customer, product, product_names, unasked
from loyaltyloop.channels.values.formats import Money, money_of
from loyaltyloop.journey.markets import is_sold, markets_of
from loyaltyloop.journey.model import Shop
from loyaltyloop.journey.money import exponent
from loyaltyloop.store.among import among
from loyaltyloop.store.orders.amounts import Exchange
from loyaltyloop.store.orders.basket_book import basket, is_latest, is_present

_SHOWN = ("product_id", "name", "category", "url", "image_url")
_SAFE = ("https://", "http://")


class Whose(About, Protocol):
    """A message, and whose it is: a row of the table `message` has it."""

    @property
    def customer_id(self) -> int: ...


def add_baskets(
    connection: Connection,
    names: Mapping[str, Names],
    messages: Sequence[Whose],
    shop: Shop,
    now: datetime,
    whole: bool = False,
) -> None:
    """Put `cart` into the messages' names (by key): None where nothing is left that can be had.

    In a transactional message it is marketing, like other products: whoever did not ask for that has none.
    `whole`: what is in it, whether it can be had or not: what the shop's own systems are told by a call.
    """
    hidden = set() if whole else unasked(connection, messages)
    found = baskets_of(connection, {one.customer_id for one in messages}, shop, now, whole)
    for one in messages:
        if one.key in names:
            own = None if one.enrolment_id in hidden else found.get(one.customer_id)
            names[one.key]["cart"] = own


def baskets_of(
    connection: Connection, customers: Collection[int], shop: Shop, now: datetime | None, whole: bool = False
) -> dict[int, Names]:
    """Customer → the basket, where something is left of it. `now` None: however long ago it was filled."""
    present = is_latest(basket) if now is None else is_present(basket, now)
    whose = among(connection, basket.c.customer_id, sorted(customers))
    rows = connection.execute(
        select(basket, customer.c.country, customer.c.locale)
        .join(customer, customer.c.id == basket.c.customer_id)
        .where(whose, present)
    ).all()
    shelf = _Shelf.of(connection, shop, (line["product_id"] for row in rows for line in row.products))
    found = ((row, list(shelf.whole(row) if whole else shelf.left(row))) for row in rows)
    return {row.customer_id: _names(row, lines, shop) for row, lines in found if lines}


def _names(row: Row[Any], lines: list[Names], shop: Shop) -> Names:
    return {
        "products": lines,
        "value": worth(lines, shop.currency, row.locale),
        "quantity": sum(line["quantity"] for line in lines if isinstance(line["quantity"], int)),
        "lines": len(lines),
        "currency": shop.currency,
        "url": row.url if row.url and row.url.startswith(_SAFE) else None,
        "began_at": row.began_at,
        "updated_at": row.updated_at,
    }


def worth(lines: Iterable[Names], currency: str, locale: str | None) -> Money | None:
    """What they come to; None where a price is not known, or not in this currency."""
    total = Decimal()
    for line in lines:
        price, pieces = line.get("price"), line["quantity"]
        if not isinstance(price, Money) or price.currency != currency or not isinstance(pieces, int):
            return None
        total += price * pieces
    return money_of(int(total.scaleb(exponent(currency))), currency, locale)


@dataclass(frozen=True)
class _Shelf:
    """The catalogue's rows of these products. `kept`: is there a catalogue at all?"""

    shop: Shop
    exchange: Exchange
    rows: Mapping[str, Row[Any]]
    kept: bool

    @classmethod
    def of(cls, connection: Connection, shop: Shop, ids: Iterable[str]) -> _Shelf:
        wanted = among(connection, product.c.product_id, sorted(set(ids)))
        rows = {row.product_id: row for row in connection.execute(select(product).where(wanted))}
        kept = bool(rows) or bool(connection.execute(select(exists(select(product)))).scalar())
        return cls(shop, Exchange(shop), rows, kept)

    def left(self, row: Row[Any]) -> Iterator[Names]:
        """The lines of a basket that can be had: in stock, sold where the customer lives, with a name."""
        there = markets_of(self.shop, row.country)
        for line, made in zip(row.products, self.whole(row), strict=True):
            known = self.rows.get(line["product_id"])
            had = not self.kept if known is None else known.in_stock and is_sold(known.markets, there)
            if had and made.get("name"):
                yield made

    def whole(self, row: Row[Any]) -> Iterator[Names]:
        """All its lines: as the catalogue knows them, else as they were told."""
        for line in row.products:
            known = self.rows.get(line["product_id"])
            made = product_names(known, self.shop, row.locale) if known else self._told(line)
            yield made | self._own(line, made, row.locale)

    def _told(self, line: Mapping[str, Any]) -> Names:
        """As the shop's events told it: of a shop that keeps no catalogue here."""
        made: Names = {name: line.get(name) for name in _SHOWN}
        for name in ("url", "image_url"):
            if not str(made[name] or "").startswith(_SAFE):
                made[name] = None
        return made

    def _own(self, line: Mapping[str, Any], made: Names, locale: str | None) -> Names:
        """What the basket says itself. The catalogue knows no variants: their prices are as told."""
        own: Names = {"quantity": line["quantity"], "variant": line.get("variant")}
        told = self.exchange.minor(line.get("price"), None)
        if told is not None and (line.get("variant") or made.get("price") is None):
            own["price"] = money_of(told, self.shop.currency, locale)
        return own
