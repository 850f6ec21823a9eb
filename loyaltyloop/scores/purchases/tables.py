"""The tables that tell what was bought, and how lists of their values are gathered."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, Text, cast, func

from loyaltyloop.store.database import is_postgres
from loyaltyloop.store.models import Customer, Event, OrderLine, Product

event: Table = Event.__table__  # type: ignore[attr-defined]
line: Table = OrderLine.__table__  # type: ignore[attr-defined]
customer: Table = Customer.__table__  # type: ignore[attr-defined]
product: Table = Product.__table__  # type: ignore[attr-defined]


def ids_of(
    connection: Connection, column: ColumnElement[Any], where: ColumnElement[bool] | None = None
) -> ColumnElement[str]:
    """All values of a group as the text of one JSON list: a row a group is what makes a cohort cheap.

    Those alone for which `where` holds; on PostgreSQL there is no list then where it holds for none.
    """
    gather = func.json_agg if is_postgres(connection) else func.json_group_array
    values: Any = gather(column)
    return cast(values if where is None else values.filter(where), Text)


def lists_of(connection: Connection, *columns: ColumnElement[Any]) -> ColumnElement[str]:
    """Likewise of several columns: a list of lists."""
    postgres = is_postgres(connection)
    gather = func.json_agg if postgres else func.json_group_array
    row = func.json_build_array if postgres else func.json_array
    return cast(gather(row(*columns)), Text)
