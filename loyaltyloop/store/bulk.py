"""Many rows at once, on the connection's own transaction: executemany on SQLite, COPY on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Float,
    Insert,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    Update,
    bindparam,
    insert,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import TypeEngine
from sqlmodel import UTCDateTime

from loyaltyloop.store.canonical import number
from loyaltyloop.store.database import is_postgres

Row = Sequence[Any]
Converter = Callable[[Any], Any]
_TYPES: Mapping[type, Callable[[], TypeEngine[Any]]] = {
    int: BigInteger,
    str: Text,
    bool: Boolean,
    float: Float,
    datetime: UTCDateTime,
    date: Date,
}


def insert_rows(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Insert rows of values in the order of `columns`; how many they were.

    Values are what the models hold: aware datetimes, dates, dicts and lists for JSON.
    """
    if is_postgres(connection):
        return _copy(connection, table, columns, rows)
    return _execute_many(connection, insert(table), table, columns, rows)


def upsert_rows(
    connection: Connection, table: Table, key: Sequence[str], columns: Sequence[str], rows: Iterable[Row]
) -> int:
    """Insert rows, or replace the other columns of those whose `key` is there. A key may come once."""
    changed = [name for name in columns if name not in key]
    if not is_postgres(connection):
        statement = sqlite_insert(table)
        statement = statement.on_conflict_do_update(
            index_elements=key, set_={name: statement.excluded[name] for name in changed}
        )
        return _execute_many(connection, statement, table, columns, rows)
    staged = _stage(connection, table, columns, rows)
    merged = postgres_insert(table).from_select(columns, select(*(staged.c[name] for name in columns)))
    merged = merged.on_conflict_do_update(
        index_elements=key, set_={name: merged.excluded[name] for name in changed}
    )
    return _count(connection, merged)


def insert_new(
    connection: Connection, table: Table, key: Sequence[str], columns: Sequence[str], rows: Sequence[Row]
) -> int:
    """Insert those rows whose `key` is not there yet, in their order; how many they were."""
    if not is_postgres(connection):
        statement = sqlite_insert(table).on_conflict_do_nothing(index_elements=key)
        return _execute_many(connection, statement, table, columns, rows)
    numbered = ((number, *row) for number, row in enumerate(rows))
    staged = _stage(connection, table, columns, numbered, numbered=True)
    chosen = select(*(staged.c[name] for name in columns)).order_by(staged.c.row_number)
    fresh = postgres_insert(table).from_select(columns, chosen).on_conflict_do_nothing(index_elements=key)
    return _count(connection, fresh)


def update_rows(
    connection: Connection, table: Table, key: str, columns: Sequence[str], rows: Iterable[Row]
) -> int:
    """Set `columns` of the rows found by `key`; each row of values is (key, *columns)."""
    names = [key, *columns]
    if not is_postgres(connection):
        statement = (
            update(table)
            .where(table.c[key] == bindparam("the_key"))
            .values({name: bindparam(name) for name in columns})
        )
        return _execute_many(connection, statement, table, ["the_key", *columns], rows)
    staged = _stage(connection, table, names, rows)
    changed = update(table).where(table.c[key] == staged.c[key])
    return _count(connection, changed.values({name: staged.c[name] for name in columns}))


def _count(connection: Connection, statement: Insert | Update) -> int:
    return connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount


def fill_temporary(
    connection: Connection, name: str, columns: Mapping[str, type], rows: Iterable[Row]
) -> Table:
    """A temporary table of this connection with just these rows, to join with, until the commit.

    `columns`: name → int, str, bool, float, datetime or date. One name always has the same columns.
    """
    return _fill(connection, name, [Column(column, _TYPES[kind]()) for column, kind in columns.items()], rows)


def _fill(connection: Connection, name: str, columns: list[Column[Any]], rows: Iterable[Row]) -> Table:
    table = Table(name, MetaData(), *columns, prefixes=["TEMPORARY"], postgresql_on_commit="DELETE ROWS")
    connection.execute(CreateTable(table, if_not_exists=True))
    connection.execute(table.delete())
    if insert_rows(connection, table, list(table.columns.keys()), rows) and is_postgres(connection):
        # Without figures the planner takes a new table for a large one, and reads all of the other.
        connection.exec_driver_sql(f"ANALYZE {connection.dialect.identifier_preparer.quote(name)}")
    return table


def _stage(
    connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Row], numbered: bool = False
) -> Table:
    """The rows in a temporary table with columns like the table's."""
    extra: list[Column[Any]] = [Column("row_number", BigInteger())] if numbered else []
    copies: list[Column[Any]] = [Column(name, table.c[name].type) for name in columns]
    name = "_".join(["stage", table.name, *("n" for _ in extra), _short(columns)])
    return _fill(connection, name, [*extra, *copies], rows)


def _short(columns: Sequence[str]) -> str:
    """A stage holds always the same columns under one name, and names have at most 63 letters."""
    return "_".join(column[:2] + str(len(column)) for column in columns)[:40]


# ── SQLite ──────────────────────────────────────────────────────────────────


def _execute_many(
    connection: Connection,
    statement: Insert | Update,
    table: Table,
    columns: Sequence[str],
    rows: Iterable[Row],
) -> int:
    compiled = statement.compile(dialect=connection.dialect, column_keys=list(columns))
    order = [list(columns).index(name) for name in compiled.positiontup or ()]
    kinds = [table.c[name].type if name in table.c else None for name in columns]
    converters = [_sqlite_converter(kinds[place]) for place in order]
    cursor: Any = connection.connection.cursor()
    try:
        cursor.executemany(str(compiled), _converted(rows, order, converters))
        return max(int(cursor.rowcount), 0)
    finally:
        cursor.close()


def _converted(
    rows: Iterable[Row], order: Sequence[int], converters: Sequence[Converter | None]
) -> Iterator[list[Any]]:
    steps = list(zip(order, converters, strict=True))
    for row in rows:
        yield [
            row[place] if convert is None or row[place] is None else convert(row[place])
            for place, convert in steps
        ]


def _sqlite_converter(kind: TypeEngine[Any] | None) -> Converter | None:
    match kind:
        case UTCDateTime() | DateTime():
            return lru_cache(maxsize=256)(_sqlite_instant)  # rows of one event share their instants
        case Date():
            return date.isoformat
        case JSON():
            return json_text
        case _:
            return None


def _sqlite_instant(value: datetime) -> str:
    moved = value if value.tzinfo is UTC else value.astimezone(UTC)
    return moved.isoformat(" ", "microseconds")[:26]


def json_text(value: Any) -> str:
    """JSON as the models store it: keys sorted."""
    return _json_bytes(value).decode()


# ── PostgreSQL ──────────────────────────────────────────────────────────────


def _copy(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Row]) -> int:
    kinds = [table.c[name].type for name in columns]
    converters = [_postgres_converter(kind) for kind in kinds]
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    count = 0
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(statement) as copy:
        copy.set_types([_postgres_type(kind) for kind in kinds])
        for row in _converted(rows, range(len(columns)), converters):
            copy.write_row(row)
            count += 1
    return count


def _postgres_type(kind: TypeEngine[Any]) -> str:
    match kind:
        case UTCDateTime() | DateTime():
            return "timestamptz"
        case Date():
            return "date"
        case JSON():
            return "jsonb"
        case Boolean():
            return "bool"
        case BigInteger():
            return "int8"
        case Integer():
            return "int4"
        case Float():
            return "float8"
        case String():
            return "text"
        case _:
            return _impl(kind)


def _impl(kind: TypeEngine[Any]) -> str:
    inner = getattr(kind, "impl_instance", None)
    if inner is None:
        raise TypeError(f"no way to copy a column of type {kind!r}")
    return _postgres_type(inner)


def _postgres_converter(kind: TypeEngine[Any]) -> Converter | None:
    return _postgres_json if isinstance(kind, JSON) else None


def _postgres_json(value: Any) -> Jsonb:
    return Jsonb(value, dumps=_json_bytes)


def _json_bytes(value: Any) -> bytes:
    return orjson.dumps(value, default=_decimal, option=orjson.OPT_SORT_KEYS)


def _decimal(value: Any) -> float:
    """Numbers of journey files, as JSON keeps them."""
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} is no JSON value")
    return number(float(value))
