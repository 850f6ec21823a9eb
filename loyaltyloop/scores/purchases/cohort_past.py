"""What the customers of a cohort bought, as it is now: read a row a customer, into the arrays of models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import repeat
from typing import Any

import numpy as np
import orjson
from sqlalchemy import Connection, select

from loyaltyloop.scores.purchases.lines import epoch
from loyaltyloop.scores.purchases.past import Lines, Past, past_of
from loyaltyloop.scores.purchases.tables import ids_of, line
from loyaltyloop.store.among import among


def read_cohort(
    connection: Connection, countries: Mapping[int, str | None], products: Sequence[str], now: datetime
) -> Past:
    """What these customers (id → country) have ordered, and was known, by now; what it cost is left out.

    `products`: ids that have a place though nobody of them bought them.
    """
    columns = (line.c.order_id, line.c.product_id, epoch(connection, line.c.ordered_at), line.c.quantity)
    of_each = (
        select(line.c.customer_id, *(ids_of(connection, column) for column in columns))
        .where(among(connection, line.c.customer_id, sorted(countries)))
        .where(line.c.ordered_at < now, line.c.arrived_at <= now)  # at this very instant, too
        .group_by(line.c.customer_id)
    )
    found: list[list[Any]] = [[], [], [], [], []]
    for who, *texts in connection.execute(of_each):
        lists = [orjson.loads(text) for text in texts]
        for column, values in zip(found, (*lists, repeat(who, len(lists[0]))), strict=True):
            column.extend(values)
    order, product_id, at, quantity, buyer = found
    lines = Lines(order, product_id, buyer, at, at, quantity, np.full(len(order), np.nan))
    return past_of(now, lines, countries, sorted(countries), products)
