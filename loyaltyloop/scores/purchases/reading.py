"""The store as arrays: what was bought and looked at before an instant, read set-based."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, Table, select

from loyaltyloop.journey.money import exponent
from loyaltyloop.scores.models.learners import Known
from loyaltyloop.scores.purchases.catalogue import Catalogue
from loyaltyloop.scores.purchases.lines import epoch as epoch
from loyaltyloop.scores.purchases.lines import read_lines
from loyaltyloop.scores.purchases.looks import Kind, Looks, no_looks
from loyaltyloop.scores.purchases.past import Longs, Past, past_of
from loyaltyloop.scores.purchases.tables import customer, product
from loyaltyloop.store.among import among
from loyaltyloop.store.models import Event

event: Table = Event.__table__  # type: ignore[attr-defined]

LOOKS_BACK = timedelta(days=90)
_CHUNK = 10_000  # looks that are Python's objects at one time: a large shop has millions
_KINDS = {"Product Viewed": Kind.VIEWED, "Product Added": Kind.ADDED}


def read_known(
    connection: Connection,
    as_of: datetime,
    currency: str,
    looks_back: timedelta | None = None,
    customers: Collection[int] | None = None,
) -> Known:
    """All that models are told as of an instant; without `looks_back` nothing of what was looked at."""
    past = read_past(connection, as_of, currency, customers=customers)
    looks = read_looks(connection, past, looks_back) if looks_back else no_looks()
    return Known(past, read_catalogue(connection, past, currency), looks)


def read_past(
    connection: Connection,
    as_of: datetime,
    currency: str,
    back: timedelta | None = None,
    customers: Collection[int] | None = None,
) -> Past:
    """What was ordered, and known, before `as_of`; at most so long `back`, of these customers alone.

    `currency`: the shop's, an ISO code. `customers` without an order have a place too.
    """
    since = None if back is None else as_of - back
    lines = read_lines(connection, as_of, currency, since, customers)
    who = customers if customers is not None else np.unique(lines.customer).tolist()
    return past_of(as_of, lines, _countries(connection, who), sorted(customers or ()))


def read_catalogue(connection: Connection, past: Past, currency: str) -> Catalogue:
    """What the shop says of the products of a `Past` today. Amounts in another currency are not known."""
    columns = (product.c.product_id, product.c.name, product.c.category, product.c.price, product.c.currency)
    of_these = select(*columns).where(among(connection, product.c.product_id, past.products))
    found = {row.product_id: row for row in connection.execute(of_these)}
    rows = [found.get(one) for one in past.products]
    unit = 10 ** exponent(currency)
    priced = [row is not None and row.price is not None and row.currency in (None, currency) for row in rows]
    prices = [row.price / unit if row and known else np.nan for row, known in zip(rows, priced, strict=True)]
    return Catalogue(
        tuple((row.name or "") if row else "" for row in rows),
        tuple(row.category if row else None for row in rows),
        np.array(prices, np.float64),
    )


def read_looks(connection: Connection, past: Past, back: timedelta = LOOKS_BACK) -> Looks:
    """What the customers of a `Past` looked at and put into baskets in the time `back` before its `as_of`."""
    times = (epoch(connection, event.c.at), epoch(connection, event.c.arrived_at))
    done = select(event.c.customer_id, event.c.name, event.c.properties, *times).where(
        among(connection, event.c.customer_id, past.customers.tolist()),
        event.c.name.in_(_KINDS),
        event.c.at >= past.as_of - back,
        event.c.at < past.as_of,
        event.c.arrived_at < past.as_of,
        event.c.seq.is_not(None),
    )
    who = {one: place for place, one in enumerate(past.customers.tolist())}
    what = {one: place for place, one in enumerate(past.products)}
    rows = connection.execute(done, execution_options={"yield_per": _CHUNK})
    found = np.concatenate(
        [_numbers((), who, what), *(_numbers(some, who, what) for some in rows.partitions())]
    )
    at, buyers, products, kinds, arrived = found[np.lexsort(found.T[::-1])].T.copy()
    return Looks(
        *(buyers.astype(np.int32), products.astype(np.int32), at, kinds.astype(np.int32)), arrived=arrived
    )


def _numbers(rows: Sequence[Row[Any]], who: Mapping[int, int], what: Mapping[str, int]) -> Longs:
    """Of looks at what has a place: when, who, what, in which way, and when it was heard of; a row each."""
    found = [
        (at, who[customer_id], what[str(properties["product_id"])], _KINDS[name], arrived)
        for customer_id, name, properties, at, arrived in rows
        if customer_id in who and str(properties.get("product_id")) in what
    ]
    return np.array(found, np.int64).reshape(-1, 5)


def _countries(connection: Connection, customers: Collection[int]) -> dict[int, str | None]:
    """As they are known today."""
    rows = select(customer.c.id, customer.c.country).where(among(connection, customer.c.id, customers))
    return {row[0]: row[1] for row in connection.execute(rows)}
