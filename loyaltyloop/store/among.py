"""`column IN (many values)` as one parameter: nothing grows with the number of values but the parameter."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import orjson
from sqlalchemy import BigInteger, ColumnElement, Connection, Integer, bindparam, cast, column, func, select
from sqlalchemy.dialects.postgresql import JSONB

from loyaltyloop.store.database import is_postgres


def among(
    connection: Connection, which: ColumnElement[Any], values: Collection[int] | Collection[str]
) -> ColumnElement[bool]:
    """Is the value one of these integers or texts? (An `in_` of thousands is slow to put together.)"""
    given: ColumnElement[str] = bindparam(None, orjson.dumps(list(values)).decode())
    if not is_postgres(connection):
        each = func.json_each(given).table_valued(column("value", which.type))
        return which.in_(select(each.c.value))
    text = func.jsonb_array_elements_text(cast(given, JSONB)).column_valued("value")
    wanted = cast(text, BigInteger()) if isinstance(which.type, Integer | BigInteger) else text
    return which.in_(select(wanted))
