"""Baskets in the database: what was just told is added; what came late is told anew from the start."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Table, and_, delete, exists, select

from loyaltyloop.journey.conditions.facts import BASKET_LIFE
from loyaltyloop.journey.model import Shop
from loyaltyloop.store import bulk
from loyaltyloop.store.models import Basket, Event, Product
from loyaltyloop.store.orders import baskets
from loyaltyloop.store.orders.amounts import Exchange
from loyaltyloop.store.orders.basket_lines import Item, host_of, product_ids
from loyaltyloop.store.orders.baskets import Baskets, BasketState, CartEvent
from loyaltyloop.store.segment import PUBLIC

basket: Table = Basket.__table__  # type: ignore[attr-defined]
event: Table = Event.__table__  # type: ignore[attr-defined]
product: Table = Product.__table__  # type: ignore[attr-defined]

Told = Mapping[int, list[CartEvent]]  # by customer
_COLUMNS = [
    "customer_id",
    "cart_id",
    "latest",
    "products",
    "value",
    "stated",
    "quantity",
    "lines",
    "currency",
    "url",
    "checkouts",
    "began_at",
    "updated_at",
]
_NAMES = sorted(baskets.EVENTS)
_EVER = datetime(1900, 1, 1, tzinfo=UTC)


def is_present(rows: FromClause, now: datetime) -> ColumnElement[bool]:
    """Is the row (of the table, or an alias) a basket as it is now: the latest, not empty, and not over?"""
    return and_(is_latest(rows), rows.c.updated_at >= now - BASKET_LIFE)


def is_latest(rows: FromClause) -> ColumnElement[bool]:
    """The same, whenever it was told of last."""
    return and_(rows.c.latest, rows.c.quantity > 0)


def told(rows: Iterable[tuple[int, Any]]) -> Told:
    """What rows of `event` say of baskets, each beside the id of the customer whose it is."""
    found: dict[int, list[CartEvent]] = defaultdict(list)
    for who, row in rows:
        public = row.source == PUBLIC
        found[who].append(CartEvent(row.name, row.at, row.message_id, row.properties, public))
    return found


def refresh(connection: Connection, shop: Shop, new: Told, before: int, joined: Collection[int] = ()) -> None:
    """Bring baskets up to date with events that were just applied.

    `before`: earlier ones have a smaller `seq`. `joined`: customers who were merged with others: all that
    both did is told anew; for whom something comes that happened before what is known, all since the last
    time that no basket was left.
    """
    if not new and not joined:
        return
    late = {who: min(event.at for event in new[who]) for who in _late(connection, new, before)}
    anew = _beginnings(connection, late) | dict.fromkeys(joined, _EVER)
    events_of = {who: list(events) for who, events in new.items() if who not in anew}
    known = _known(connection, events_of)
    events_of |= _all(connection, anew)
    exchange, catalogue = Exchange(shop), _catalogue(connection, shop, events_of)
    host = host_of(shop.url)
    states = {
        who: baskets.after(known.get(who, {}), events, exchange, catalogue, host)
        for who, events in events_of.items()
    }
    _write(connection, {*events_of, *anew}, states, exchange)


def forget(connection: Connection, customers: Iterable[int]) -> None:
    """Delete the baskets of these customers."""
    gone = bulk.fill_temporary(connection, "basket_gone", {"id": int}, ((who,) for who in customers))
    connection.execute(delete(basket).where(basket.c.customer_id.in_(select(gone.c.id))))


def _late(connection: Connection, new: Told, before: int) -> set[int]:
    """Of whom something is known already that did not happen before all that is new."""
    first = ((who, min(event.at for event in events)) for who, events in new.items())
    wanted = bulk.fill_temporary(connection, "basket_since", {"id": int, "at": datetime}, first)
    known = exists().where(
        event.c.customer_id == wanted.c.id,
        event.c.name.in_(_NAMES),
        event.c.at >= wanted.c.at,
        event.c.seq < before,
    )
    return set(connection.execute(select(wanted.c.id).where(known)).scalars())


def _known(connection: Connection, customers: Iterable[int]) -> dict[int, Baskets]:
    """The baskets as they are kept; the latest comes last."""
    wanted = bulk.fill_temporary(connection, "basket_wanted", {"id": int}, ((who,) for who in customers))
    rows = connection.execute(
        select(basket)
        .join(wanted, wanted.c.id == basket.c.customer_id)
        .order_by(basket.c.customer_id, basket.c.latest, basket.c.updated_at, basket.c.cart_id)
    )
    found: dict[int, Baskets] = defaultdict(dict)
    for row in rows:
        found[row.customer_id][row.cart_id] = BasketState(
            row.cart_id,
            tuple(row.products),
            row.stated,
            row.currency,
            row.url,
            tuple(row.checkouts),
            row.began_at,
            row.updated_at,
        )
    return found


def _beginnings(connection: Connection, late: Mapping[int, datetime]) -> dict[int, datetime]:
    """For each customer since when all must be told anew, from no basket, for what came late at that time.

    Whoever tells of no basket for longer than one lives has none: what was before that makes no difference.
    Of the events before nothing is read but when they were.
    """
    if not late:
        return {}
    wanted = bulk.fill_temporary(connection, "basket_late", {"id": int, "at": datetime}, late.items())
    rows = connection.execute(
        select(event.c.customer_id, event.c.at)
        .join(wanted, wanted.c.id == event.c.customer_id)
        .where(event.c.name.in_(_NAMES), event.c.seq.is_not(None), event.c.at < wanted.c.at)
        .order_by(event.c.customer_id, event.c.at.desc())
    )
    found, done = dict(late), set[int]()
    for row in rows:
        if row.customer_id not in done and found[row.customer_id] - row.at <= BASKET_LIFE:
            found[row.customer_id] = row.at
        else:
            done.add(row.customer_id)
    return found


def _all(connection: Connection, since: Mapping[int, datetime]) -> Told:
    """All that these customers told of baskets since then, so far as it was applied."""
    if not since:
        return {}
    columns = {"id": int, "at": datetime}
    wanted = bulk.fill_temporary(connection, "basket_anew", columns, since.items())
    names = ("customer_id", "name", "at", "message_id", "properties", "source")
    rows = connection.execute(
        select(*(event.c[name] for name in names))
        .join(wanted, wanted.c.id == event.c.customer_id)
        .where(event.c.name.in_(_NAMES), event.c.seq.is_not(None), event.c.at >= wanted.c.at)
    )
    return told((row.customer_id, row) for row in rows)


def _catalogue(connection: Connection, shop: Shop, told: Told) -> dict[str, Item]:
    """Categories and prices of products that events name; a price in another currency is not taken."""
    named = {name for events in told.values() for one in events for name in product_ids(one.properties)}
    if not named:
        return {}
    wanted = bulk.fill_temporary(connection, "basket_product", {"id": str}, ((name,) for name in named))
    rows = connection.execute(
        select(product.c.product_id, product.c.category, product.c.price, product.c.currency).join(
            wanted, wanted.c.id == product.c.product_id
        )
    )
    return {
        row.product_id: Item(row.category, row.price if row.currency in (None, shop.currency) else None)
        for row in rows
    }


def _write(
    connection: Connection, concerned: Collection[int], states: Mapping[int, Baskets], exchange: Exchange
) -> None:
    forget(connection, sorted(concerned))
    bulk.insert_rows(connection, basket, _COLUMNS, _rows(states, exchange))


def _rows(states: Mapping[int, Baskets], exchange: Exchange) -> Iterator[tuple[Any, ...]]:
    for who, kept in states.items():
        latest = next(reversed(kept), None)
        for name, one in kept.items():
            counts = (one.value(exchange), one.stated, one.quantity, len(one.products))
            about = (one.currency, one.url, list(one.checkouts), one.began_at, one.updated_at)
            yield who, name, name == latest, list(one.products), *counts, *about
