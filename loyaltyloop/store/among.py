"""`column IN (many values)` as one parameter: nothing grows with the number of values but the parameter."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    Text,
    any_,
    bindparam,
    column,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY

from loyaltyloop.store.database import is_postgres


def among(
    connection: Connection, which: ColumnElement[Any], values: Collection[int] | Collection[str]
) -> ColumnElement[bool]:
    """Is the value one of these integers or texts? (An `in_` of thousands is slow to put together.)"""
    if is_postgres(connection):
        # An array, not a subquery: the planner knows its length, and looks its values up in an index.
        return which == any_(bindparam(None, list(values), ARRAY(_inner(which))))
    given: ColumnElement[str] = bindparam(None, orjson.dumps(list(values)).decode())
    each = func.json_each(given).table_valued(column("value", which.type))
    return which.in_(select(each.c.value))


def _inner(which: ColumnElement[Any]) -> Any:
    return BigInteger() if isinstance(which.type, Integer | BigInteger) else Text()


def rows_among(
    connection: Connection,
    columns: Sequence[ColumnElement[Any]],
    which: ColumnElement[Any],
    values: Collection[int] | Collection[str],
    also: ColumnElement[bool],
) -> Select[Any]:
    """These columns of the rows where `which` is one of the values and `also` holds; `which` leads an index.

    On PostgreSQL each value is looked up by itself. Of a table that was never analysed, such as one that
    fills up in its first turn, the planner would read every row and compare it with each of the values.
    """
    if not is_postgres(connection):
        return select(*columns).where(among(connection, which, values), also)
    inner = _inner(which)
    given = bindparam(None, list(values), ARRAY(inner))
    each = func.unnest(given).table_valued(column("value", inner), name="each").render_derived()
    # OFFSET 0 keeps the planner from turning the look-ups into a join.
    of_one = select(*columns).where(which == each.c.value, also).offset(literal_column("0")).lateral("of_one")
    return select(*of_one.c).select_from(each.join(of_one, true()))
