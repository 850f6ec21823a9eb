"""`column IN (many values)` as one parameter: nothing grows with the number of values but the parameter."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Text,
    any_,
    bindparam,
    column,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from loyaltyloop.store.database import is_postgres


def among(
    connection: Connection, which: ColumnElement[Any], values: Collection[int] | Collection[str]
) -> ColumnElement[bool]:
    """Is the value one of these integers or texts? (An `in_` of thousands is slow to put together.)"""
    if is_postgres(connection):
        # An array, not a subquery: the planner knows its length, and looks its values up in an index.
        inner: Any = BigInteger() if isinstance(which.type, Integer | BigInteger) else Text()
        return which == any_(bindparam(None, list(values), ARRAY(inner)))
    given: ColumnElement[str] = bindparam(None, orjson.dumps(list(values)).decode())
    each = func.json_each(given).table_valued(column("value", which.type))
    return which.in_(select(each.c.value))
