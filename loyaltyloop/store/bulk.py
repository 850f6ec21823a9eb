"""Many rows at once, on the connection's own transaction: executemany on SQLite, COPY on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from psycopg import sql
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Dialect,
    Float,
    Insert,
    MetaData,
    Table,
    Text,
    Update,
    bindparam,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.schema import CreateTable
from sqlalchemy.types import TypeEngine
from sqlmodel import UTCDateTime

from loyaltyloop.store.bulk_values import (
    Converter,
    json_bytes,
    postgres_converter,
    postgres_type,
    sqlite_converter,
)
from loyaltyloop.store.database import is_postgres

THE_KEY = "the_key"  # the parameter by which a row to be changed is found
MOST_JSON = 8 * 1024 * 1024  # bytes of rows in one statement
Row = Sequence[Any]
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
    return _run_many(connection, _inserts(table, tuple(columns)), table, columns, rows)


def upsert_rows(
    connection: Connection, table: Table, key: Sequence[str], columns: Sequence[str], rows: Iterable[Row]
) -> int:
    """Insert rows, or replace the other columns of those whose `key` is there. A key may come once."""
    if not is_postgres(connection):
        return _run_many(connection, _upserts(table, tuple(key), tuple(columns)), table, columns, rows)
    changed = [name for name in columns if name not in key]
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
    if is_postgres(connection):
        return _insert_from_json(connection, _new_rows(table, tuple(key), tuple(columns)), columns, rows)
    return _run_many(connection, _new_ones(table, tuple(key), tuple(columns)), table, columns, rows)


def update_rows(
    connection: Connection, table: Table, key: str, columns: Sequence[str], rows: Iterable[Row]
) -> int:
    """Set `columns` of the rows found by `key`; each row of values is (key, *columns)."""
    names = [key, *columns]
    if not is_postgres(connection):
        many = _updates(table, key, tuple(columns))
        return _run_many(connection, many, table, [THE_KEY, *columns], rows)
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
    return _fill(connection, _temporary(name, tuple(columns.items())), rows)


def _fill(connection: Connection, table: Table, rows: Iterable[Row]) -> Table:
    connection.exec_driver_sql(_creation(table, connection.dialect))
    connection.execute(table.delete())
    if insert_rows(connection, table, list(table.columns.keys()), rows) and is_postgres(connection):
        # Without figures the planner takes a new table for a large one, and reads all of the other.
        connection.exec_driver_sql(f"ANALYZE {connection.dialect.identifier_preparer.quote(table.name)}")
    return table


def _stage(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Row]) -> Table:
    """The rows in a temporary table with columns like the table's."""
    return _fill(connection, _staged(table, tuple(columns)), rows)


# Kept, as statements about a table that is made anew each time would be compiled anew each time, too.
@lru_cache(maxsize=256)
def _temporary(name: str, columns: tuple[tuple[str, type], ...]) -> Table:
    return _temporary_of(name, [Column(column, _TYPES[kind]()) for column, kind in columns])


@lru_cache(maxsize=64)
def _staged(table: Table, columns: tuple[str, ...]) -> Table:
    copies: list[Column[Any]] = [Column(name, table.c[name].type) for name in columns]
    return _temporary_of(f"stage_{table.name}_{_short(columns)}", copies)


def _temporary_of(name: str, columns: list[Column[Any]]) -> Table:
    return Table(name, MetaData(), *columns, prefixes=["TEMPORARY"], postgresql_on_commit="DELETE ROWS")


def _creation(table: Table, dialect: Dialect) -> str:
    kept = table.info
    if dialect.name not in kept:
        kept[dialect.name] = str(CreateTable(table, if_not_exists=True).compile(dialect=dialect))
    return str(kept[dialect.name])


def _short(columns: Sequence[str]) -> str:
    """A stage holds always the same columns under one name, and names have at most 63 letters."""
    return "_".join(column[:2] + str(len(column)) for column in columns)[:40]


# ── SQLite ──────────────────────────────────────────────────────────────────


class _Many(NamedTuple):
    """A statement to be run for each row, and the places of its values in a row."""

    statement: str
    order: list[int]


def _compiled(statement: Insert | Update, columns: Sequence[str]) -> _Many:
    compiled = statement.compile(dialect=sqlite.dialect(), column_keys=list(columns))
    return _Many(str(compiled), [list(columns).index(name) for name in compiled.positiontup or ()])


# Kept, as compiling costs as much as a hundred rows, and rows come in small lots.
@lru_cache(maxsize=512)
def _inserts(table: Table, columns: tuple[str, ...]) -> _Many:
    return _compiled(insert(table), columns)


@lru_cache(maxsize=64)
def _upserts(table: Table, key: tuple[str, ...], columns: tuple[str, ...]) -> _Many:
    statement = sqlite_insert(table)
    changed = {name: statement.excluded[name] for name in columns if name not in key}
    return _compiled(statement.on_conflict_do_update(index_elements=key, set_=changed), columns)


@lru_cache(maxsize=64)
def _updates(table: Table, key: str, columns: tuple[str, ...]) -> _Many:
    found = update(table).where(table.c[key] == bindparam(THE_KEY))
    return _compiled(found.values({name: bindparam(name) for name in columns}), [THE_KEY, *columns])


@lru_cache(maxsize=64)
def _new_ones(table: Table, key: tuple[str, ...], columns: tuple[str, ...]) -> _Many:
    return _compiled(sqlite_insert(table).on_conflict_do_nothing(index_elements=key), columns)


def _run_many(
    connection: Connection, many: _Many, table: Table, columns: Sequence[str], rows: Iterable[Row]
) -> int:
    kinds = [table.c[name].type if name in table.c else None for name in columns]
    converters = [sqlite_converter(kinds[place]) for place in many.order]
    cursor: Any = connection.connection.cursor()
    try:
        cursor.executemany(many.statement, _converted(rows, many.order, converters))
        return max(int(cursor.rowcount), 0)
    finally:
        cursor.close()


def _converted(
    rows: Iterable[Row], order: Sequence[int], converters: Sequence[Converter | None]
) -> Iterator[Row]:
    if list(order) == list(range(len(order))) and not any(converters):
        yield from rows
        return
    steps = list(zip(order, converters, strict=True))
    for row in rows:
        yield [
            row[place] if convert is None or row[place] is None else convert(row[place])
            for place, convert in steps
        ]


# ── PostgreSQL ──────────────────────────────────────────────────────────────


@lru_cache(maxsize=64)
def _new_rows(table: Table, key: tuple[str, ...], columns: tuple[str, ...]) -> sql.Composed:
    """The new ones of a JSON array, in their order; of 100 rows a temporary table costs twice as much."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    typed = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(postgres_type(table.c[name].type)))
        for name in columns
    )
    return sql.SQL(
        "INSERT INTO {table} ({names}) SELECT {names}"
        " FROM ROWS FROM (jsonb_to_recordset(%s::jsonb) AS ({typed}))"
        " WITH ORDINALITY AS given ({names}, row_number) ORDER BY row_number"
        " ON CONFLICT ({key}) DO NOTHING"
    ).format(
        table=sql.Identifier(table.name),
        names=names,
        typed=typed,
        key=sql.SQL(", ").join(map(sql.Identifier, key)),
    )


def _insert_from_json(
    connection: Connection, statement: sql.Composed, columns: Sequence[str], rows: Iterable[Row]
) -> int:
    count = 0
    cursor: Any = connection.connection.cursor()
    with cursor:
        for part in _json_arrays(columns, rows):
            cursor.execute(statement, (part,))
            count += cursor.rowcount
    return count


def _json_arrays(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """The rows as arrays of objects, none much longer than MOST_JSON."""
    found: list[bytes] = []
    size = 0
    for row in rows:
        found.append(json_bytes(dict(zip(columns, row, strict=True))))
        size += len(found[-1])
        if size >= MOST_JSON:
            yield f"[{b','.join(found).decode()}]"
            found, size = [], 0
    if found:
        yield f"[{b','.join(found).decode()}]"


def _copy(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Row]) -> int:
    kinds = [table.c[name].type for name in columns]
    converters = [postgres_converter(kind) for kind in kinds]
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    count = 0
    cursor: Any = connection.connection.cursor()
    with cursor, cursor.copy(statement) as copy:
        copy.set_types([postgres_type(kind) for kind in kinds])
        for row in _converted(rows, range(len(columns)), converters):
            copy.write_row(row)
            count += 1
    return count
