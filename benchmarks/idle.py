"""A turn in which nobody is due, with few and with many waiting."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine

from benchmarks.databases import Server
from benchmarks.journeys import PUBLIC, Taken
from benchmarks.shop import START, open_shop
from loyaltyloop.store.database import write
from loyaltyloop.turn.runner import tick
from loyaltyloop.turn.world import World

TURNS = 20
_NUMBERS = {
    "sqlite": "WITH RECURSIVE n (i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})",
    "postgresql": "WITH n (i) AS (SELECT generate_series({first}, {last}))",
}
_TEXT = {"sqlite": "printf('u%07d', i)", "postgresql": "'u' || lpad(i::text, 7, '0')"}
_CUSTOMER = """INSERT INTO customer (id, key, email, attributes, stamps, tags, zone, zone_from, often, orders,
 lifetime_value, points, open_cases) {numbers} SELECT i, {key}, {key} || '@mail.example', '{{}}', '{{}}',
 '[]', 'Europe/London', 'shop', 'normal', 0, 0, 0, 0 FROM n"""
_ENROLMENT = """INSERT INTO enrolment (journey, version, customer_id, customer_key, one_per, occurrence,
 entered_at, enrolled_at, trigger, held_out, step, state, arrived_at, due_at) {numbers} SELECT 'measured', 1,
 i, {key}, '', '', {at}, {at}, '{{}}', {no}, 'hello.wait', 'waiting', {at}, {due} FROM n"""


def idle(server: Server, few: int, many: int) -> tuple[float, float]:
    """CPU seconds of an idle turn with `few`, then with `many` waiting: the mean of TURNS each."""
    with server.database() as engine:
        open_shop(engine)
        fill(engine, server.kind, 1, few, ("customer", _ENROLMENT))
        small = _turn(server, engine, START)
        fill(engine, server.kind, few + 1, many, ("customer", _ENROLMENT))
        return small, _turn(server, engine, START + timedelta(hours=1))


def fill(engine: Engine, kind: str, first: int, last: int, statements: Sequence[str]) -> None:
    """Make rows numbered from `first` to `last`, by these statements ("customer": customers)."""
    with write(engine) as connection:
        for statement in statements:
            text = _CUSTOMER if statement == "customer" else statement
            connection.exec_driver_sql(_told(kind, text, first, last))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE" if kind == "postgresql" else "PRAGMA optimize")


def _told(kind: str, statement: str, first: int, last: int) -> str:
    return statement.format(
        numbers=_NUMBERS[kind].format(first=first, last=last),
        key=_TEXT[kind],
        at=instant(START),
        due=instant(START + timedelta(days=30)),
        no="false" if kind == "postgresql" else "0",
    )


def instant(at: datetime) -> str:
    """As both databases read it."""
    return f"'{at:%Y-%m-%d %H:%M:%S}.000000'"


def _turn(server: Server, engine: Engine, now: datetime) -> float:
    """The first turn of a process compiles and plans: it is not counted."""
    world = World(engine, {"email": Taken()}, b"a secret of this benchmark only", PUBLIC)
    tick(world, now)
    start = server.cpu()
    for number in range(1, TURNS + 1):
        tick(world, now + timedelta(minutes=number))
    return (server.cpu() - start) / TURNS
