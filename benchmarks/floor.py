"""The floor: what one step costs when nothing but the work is done, by hand, on bare drivers.

Due enrolments are loaded in batches of 5,000 with their customers, branched, rendered by plain Jinja2 from
the same mail, inserted with their bodies, moved on, and committed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from jinja2 import Environment, Template
from sqlalchemy import Connection

from benchmarks.databases import Server
from benchmarks.shop import MAIL, SUBJECT, customer
from loyaltyloop.store.migrations.postgres import compress

BATCH = 5_000
_TABLES = (
    "CREATE TABLE customer (id BIGINT PRIMARY KEY, attributes TEXT NOT NULL)",
    "CREATE TABLE enrolment (id BIGINT PRIMARY KEY, customer_id BIGINT NOT NULL, step TEXT NOT NULL,"
    " state TEXT NOT NULL, due_at TEXT NOT NULL)",
    "CREATE TABLE message (enrolment_id BIGINT NOT NULL, step TEXT NOT NULL, recipient TEXT NOT NULL,"
    " subject TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (enrolment_id, step))",
    "CREATE INDEX due ON enrolment (state, due_at, id)",
)
_DUE = (
    "SELECT e.id, c.attributes FROM enrolment e JOIN customer c ON c.id = e.customer_id"
    " WHERE e.state = 'due' AND e.due_at <= '2026-03-02' AND e.id > {after} ORDER BY e.id LIMIT {batch}"
)
Row = tuple[int, str, str, str, str]


def floor(server: Server, count: int) -> float:
    """CPU microseconds of one step, a customer."""
    with server.database(schema=False) as engine:
        with engine.begin() as connection:
            _fill(connection, server.kind, count)
        with engine.connect() as connection:
            template = Environment(autoescape=True).from_string(MAIL)
            start = server.cpu()
            done = 0
            while rows := _due(connection, done):
                with connection.begin():
                    _write(connection, server.kind, _decided(template, rows))
                done = rows[-1][0]
            return (server.cpu() - start) / count * 1e6


def _fill(connection: Connection, kind: str, count: int) -> None:
    for statement in _TABLES:
        connection.exec_driver_sql(statement)
    if kind == "postgresql":
        compress(connection, "message", "body")
    mark = "%s" if kind == "postgresql" else "?"
    people = [(number, orjson.dumps(customer(number)).decode()) for number in range(1, count + 1)]
    connection.exec_driver_sql(f"INSERT INTO customer VALUES ({mark}, {mark})", people)
    due = [(number, number) for number in range(1, count + 1)]
    connection.exec_driver_sql(
        f"INSERT INTO enrolment VALUES ({mark}, {mark}, 'mail', 'due', '2026-03-01')", due
    )


def _due(connection: Connection, after: int) -> Sequence[tuple[int, str]]:
    with connection.begin():
        cursor: Any = connection.connection.cursor()
        cursor.execute(_DUE.format(after=after, batch=BATCH))
        found: list[tuple[int, str]] = cursor.fetchall()
        return found


def _decided(template: Template, rows: Sequence[tuple[int, str]]) -> Iterator[Row]:
    for number, attributes in rows:
        known = orjson.loads(attributes)
        step = "early" if known["vip"] else "later"
        links = {
            "preferences": f"https://t.example/p/{number:044d}",
            "unsubscribe": f"https://t.example/u/{number:044d}",
        }
        yield number, step, known["email"], SUBJECT, template.render(customer=known, links=links)


def _write(connection: Connection, kind: str, decided: Iterator[Row]) -> None:
    cursor: Any = connection.connection.cursor()
    if kind == "sqlite":
        rows = list(decided)
        cursor.executemany("INSERT INTO message VALUES (?, ?, ?, ?, ?)", rows)
        cursor.executemany(
            "UPDATE enrolment SET step = ?, state = 'waiting' WHERE id = ?",
            [(row[1], row[0]) for row in rows],
        )
        return
    moved = []
    with cursor.copy("COPY message FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["int8", "text", "text", "text", "text"])
        for row in decided:
            copy.write_row(row)
            moved.append((row[1], row[0]))
    cursor.execute(
        "UPDATE enrolment e SET step = u.step, state = 'waiting'"
        " FROM unnest(%s::bigint[], %s::text[]) AS u (id, step) WHERE e.id = u.id",
        ([number for _, number in moved], [step for step, _ in moved]),
    )
