"""Engines, transactions and the two locks: SQLite embedded, PostgreSQL in production."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any
from zlib import crc32

import orjson
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from loyaltyloop.errors import TurnAtWork
from loyaltyloop.store.functions import instant

SHOP_LOCK = 0x10A1_7100
# The members of a cohort (cohorts.py): a table of each connection, as making it anew each time costs more.
_COHORT = """CREATE TEMPORARY TABLE cohort (
    id BIGINT PRIMARY KEY, state VARCHAR, path VARCHAR, "left" VARCHAR, why VARCHAR,
    due_at {instant}, until_at {instant}
)"""


def _dumps(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _loads(value: Any) -> Any:
    """SQLite keeps a bare number in a JSON column as a number, not as the text that it was."""
    return orjson.loads(value) if isinstance(value, str | bytes) else value


def open_engine(url: str) -> Engine:
    """An engine for this process; the same one for the same URL. `sqlite:///path` or `postgresql://...`."""
    return _engine(url, os.getpid())


@lru_cache(maxsize=8)
def _engine(url: str, _pid: int) -> Engine:
    target = make_url(url)
    if target.get_backend_name() == "postgresql":
        target = target.set(drivername="postgresql+psycopg")
        engine = create_engine(
            target,
            hide_parameters=True,
            json_serializer=_dumps,
            json_deserializer=_loads,
            connect_args={"options": "-c timezone=UTC", "prepare_threshold": 3},
        )
        event.listen(engine, "connect", _prepare_postgres)
        return engine
    if target.database and target.database != ":memory:":
        Path(target.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        target,
        hide_parameters=True,  # an error's text may reach logs and Prefect's pages: no addresses in it
        json_serializer=_dumps,
        json_deserializer=_loads,
        connect_args={"timeout": 60, "check_same_thread": False},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_postgres(connection: Any, _record: ConnectionPoolEntry) -> None:
    connection.execute(_COHORT.format(instant="TIMESTAMP WITH TIME ZONE") + " ON COMMIT DELETE ROWS")
    connection.commit()


def _prepare_sqlite(connection: Any, _record: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions are begun by hand, see _begin_sqlite
    connection.create_function("loop_instant", 1, instant, deterministic=True)
    # FULL: a claim survives a power cut, or a message could leave twice.
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-65536",
        "wal_autocheckpoint=8000",
        "temp_store=MEMORY",
        "secure_delete=ON",  # what was erased is overwritten, and not only forgotten
    ):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(_COHORT.format(instant="DATETIME").replace("BIGINT", "INTEGER"))


def _begin_sqlite(connection: Connection) -> None:
    mode = "DEFERRED" if connection.get_execution_options().get("reading") else "IMMEDIATE"
    connection.exec_driver_sql(f"BEGIN {mode}")


@contextmanager
def read(engine: Engine) -> Iterator[Connection]:
    """A transaction that only reads; it stops no writer."""
    with engine.connect().execution_options(reading=True) as connection, connection.begin():
        yield connection


@contextmanager
def write(engine: Engine) -> Iterator[Connection]:
    """A transaction; on SQLite it holds the only write lock from its first statement."""
    with engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def trial(engine: Engine) -> Iterator[Connection]:
    """A transaction of which nothing remains."""
    with engine.connect() as connection, connection.begin() as outer:
        yield connection
        outer.rollback()


@contextmanager
def write_shop(engine: Engine) -> Iterator[Connection]:
    """A transaction under the shop-wide lock: ingest, apply and the gate come one after another."""
    with write(engine) as connection:
        lock_shop(connection)
        yield connection


def lock_shop(connection: Connection) -> None:
    """Take the shop-wide lock for the rest of the transaction (on SQLite BEGIN IMMEDIATE is that lock)."""
    if is_postgres(connection):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({SHOP_LOCK})")


@contextmanager
def write_beside(engine: Engine) -> Iterator[Connection]:
    """A transaction beside others of its kind; nobody who holds the shop-wide lock is at work meanwhile."""
    with write(engine) as connection:
        if is_postgres(connection):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock_shared({SHOP_LOCK})")
        yield connection


def is_postgres(connection: Connection | Engine) -> bool:
    return connection.dialect.name == "postgresql"


@contextmanager
def journey_lock(engine: Engine, journey: str) -> Iterator[None]:
    """One turn of a journey at a time; the lock dies with its process. TurnAtWork if it is taken."""
    with try_lock(engine, journey) as taken:
        if not taken:
            raise TurnAtWork(f"Another turn of {journey!r} is at work; try again when it has ended.")
        yield


def try_lock(engine: Engine, name: str) -> AbstractContextManager[bool]:
    """A lock that dies with its process: is it ours? A name with a space is no journey's."""
    return (_postgres_lock if is_postgres(engine) else _file_lock)(engine, name)


@contextmanager
def line_up(engine: Engine, name: str) -> Iterator[None]:
    """A lock that dies with its process, and is waited for. A name with a space is no journey's."""
    if not is_postgres(engine):
        with Path(f"{engine.url.database}.{name}.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        return
    with lock_engine(engine.url, os.getpid()).connect() as connection:
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({_lock_number(name)})")
        try:
            yield
        finally:
            connection.exec_driver_sql(f"SELECT pg_advisory_unlock({_lock_number(name)})")


@contextmanager
def lock_journeys(connection: Connection, journeys: Sequence[str]) -> Iterator[None]:
    """Let no turn of these journeys run until the transaction ends. TurnAtWork if one is at work.

    On PostgreSQL the locks are the transaction's own, so that many journeys need no more connections.
    """
    with ExitStack() as stack:
        for journey in journeys:
            if is_postgres(connection):
                statement = f"SELECT pg_try_advisory_xact_lock({_lock_number(journey)})"
                taken = bool(connection.exec_driver_sql(statement).scalar())
            else:
                taken = stack.enter_context(_file_lock(connection.engine, journey))
            if not taken:
                raise TurnAtWork(f"A turn of {journey!r} is at work; try again when it has ended.")
        yield


@lru_cache(maxsize=8)
def lock_engine(url: URL, _pid: int) -> Engine:
    """Connections that hold locks of sessions: beside the pool, whose places are for work."""
    return create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")


def _lock_number(journey: str) -> int:
    return (SHOP_LOCK << 32) | crc32(f"journey {journey}".encode())


@contextmanager
def _postgres_lock(engine: Engine, journey: str) -> Iterator[bool]:
    number = _lock_number(journey)
    with lock_engine(engine.url, os.getpid()).connect() as connection:
        taken = bool(connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({number})").scalar())
        try:
            yield taken
        finally:
            if taken:
                connection.exec_driver_sql(f"SELECT pg_advisory_unlock({number})")


@contextmanager
def _file_lock(engine: Engine, journey: str) -> Iterator[bool]:
    path = Path(f"{engine.url.database}.journey.{journey}.lock")
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
