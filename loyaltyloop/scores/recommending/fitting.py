"""What products must fit: what each customer of a cohort has had, sent back and seen, pays and wears."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, Row, func, select

from loyaltyloop.journey.model import Recommend, Shop
from loyaltyloop.scores.purchases.tables import customer, ids_of, line
from loyaltyloop.scores.recommending import history
from loyaltyloop.scores.recommending.refusals import Band, Own, Shopper
from loyaltyloop.scores.recommending.shelf import Shelf
from loyaltyloop.scores.recommending.wanted import Wanted
from loyaltyloop.store.among import among

PAID_WITHIN = timedelta(days=365)
PAID_FOR = 3  # fewer lines of orders than this tell little about what somebody pays

Sizes = Mapping[str, frozenset[str]]


def owns(
    connection: Connection,
    people: Collection[Wanted],
    spec: Recommend,
    shop: Shop,
    shelf: Shelf,
    now: datetime,
) -> dict[int, Own]:
    """Customer → what a product must fit to be shown to them."""
    ids = sorted({who.customer_id for who in people})
    lines = _lines(connection, ids, now)
    sizes = _sizes(connection, ids, shop.recommending.sizes)
    bought = _bought(connection, ids, spec, shop, now)
    owned = history.bought(connection, ids) if "owned" in spec.exclude else {}
    baskets = history.baskets(connection, ids, now) if "cart" in spec.exclude else {}
    shown = history.shown(connection, ids, now) if "shown" in spec.exclude else {}
    countries = {who.customer_id: who.country for who in people}
    found: dict[int, Own] = {}
    for one in ids:
        row = lines.get(one)
        shopper = Shopper(shelf.markets_of(countries[one]), sizes.get(one, {}), _band(row, shop))
        found[one] = Own(
            shopper,
            bought.get(one, ()),
            baskets.get(one, ()),
            _returned(row) if "returned" in spec.exclude else (),
            shown.get(one, ()),
            owned.get(one, ()),
        )
    return found


def _lines(connection: Connection, ids: Collection[int], now: datetime) -> dict[int, Row[Any]]:
    """What each has sent back, and the cheapest and dearest of the products bought in a year."""
    paid = (line.c.ordered_at >= now - PAID_WITHIN) & (line.c.price > 0) & ~line.c.returned
    columns = (
        line.c.customer_id,
        ids_of(connection, line.c.product_id, line.c.returned).label("returned"),
        func.min(line.c.price).filter(paid).label("cheapest"),
        func.max(line.c.price).filter(paid).label("dearest"),
        func.count().filter(paid).label("paid"),
    )
    theirs = select(*columns).where(among(connection, line.c.customer_id, ids)).group_by(line.c.customer_id)
    return {row.customer_id: row for row in connection.execute(theirs)}


def _band(row: Row[Any] | None, shop: Shop) -> Band | None:
    times = shop.recommending.price_band
    if row is None or times is None or row.paid < PAID_FOR:
        return None
    return Band(row.cheapest / float(times), row.dearest * float(times))


def _returned(row: Row[Any] | None) -> Collection[str]:
    return () if row is None or row.returned in (None, "[]") else set(orjson.loads(row.returned))


def _bought(
    connection: Connection, ids: Collection[int], spec: Recommend, shop: Shop, now: datetime
) -> Mapping[int, Collection[str]]:
    if "bought" not in spec.exclude:
        return {}
    return history.bought(connection, ids, spec.bought_within.before(now, shop.timezone))


def _sizes(connection: Connection, ids: Collection[int], names: Collection[str]) -> dict[int, Sizes]:
    """The sizes of those who have any on record."""
    if not names:
        return {}
    columns = [customer.c.attributes[name].as_string().label(name) for name in names]
    known = select(customer.c.id, *columns).where(among(connection, customer.c.id, ids))
    found: dict[int, Sizes] = {}
    for one, *values in connection.execute(known):
        theirs = {name: _said(value) for name, value in zip(names, values, strict=True)}
        if theirs := {name: sizes for name, sizes in theirs.items() if sizes}:
            found[one] = theirs
    return found


def _said(value: Any) -> frozenset[str]:
    """One size or a list of them, in small letters; nothing where the attribute is something else."""
    if isinstance(value, str) and value.startswith("["):
        try:
            return frozenset(str(one).strip().casefold() for one in orjson.loads(value))
        except orjson.JSONDecodeError:
            return frozenset()
    text = "" if value is None else str(value).strip()
    return frozenset({text.casefold()}) if text and not text.startswith("{") else frozenset()
