"""Databases for tests: each test gets an empty one of its own, on SQLite and on PostgreSQL."""

from __future__ import annotations

import gc
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import hypothesis
import pytest
from sqlalchemy import Engine, make_url

from loyaltyloop.store.database import open_engine
from loyaltyloop.store.schema import create_schema
from tests.postgres import Databases, serving

if TYPE_CHECKING:
    from xdist.remote import Producer

    from tests.pieces import Pieces

# The embedded server keeps its sockets there; without it platformdirs warns, and warnings are errors.
os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="loop-run-"))
# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


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


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is imported and collected stays to the end: nobody looks through it for what could be freed."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Pieces | None:
    """With `--dist loadfile`: how tests are given out to several processes."""
    from tests.pieces import Pieces

    return Pieces(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[Databases]:
    """The databases of a real server of this test process."""
    with serving() as databases:
        yield databases


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
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database with the schema; the test runs once on each kind."""
    if request.param == "sqlite":
        yield from _empty_file(request.getfixturevalue("sqlite_template"))
        return
    databases: Databases = request.getfixturevalue("postgres")
    with databases.empty() as url:
        yield url
        open_engine(url).dispose()


def _empty_file(template: Path) -> Iterator[str]:
    """Always of one name: statements that were compiled for its engine are kept for the next test."""
    folder = template.with_name("database")
    folder.mkdir()
    shutil.copyfile(template, folder / "loop.db")
    url = f"sqlite:///{folder / 'loop.db'}"
    yield url
    open_engine(url).dispose()
    shutil.rmtree(folder)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on an empty database, on both kinds."""
    engine = open_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def copy_of(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Makes a database of its own that is like the one of a URL now, which nobody else must be using."""
    made: list[tuple[Databases, str]] = []

    def copy(url: str) -> str:
        open_engine(url).dispose()
        if url.startswith("sqlite"):
            return _copy_file(url, tmp_path / f"{uuid4().hex[:12]}.db")
        databases: Databases = request.getfixturevalue("postgres")
        made.append((databases, databases.copy(str(make_url(url).database))))
        return databases.url(made[-1][1])

    yield copy
    for databases, name in made:
        databases.drop(name)


def _copy_file(url: str, path: Path) -> str:
    with closing(sqlite3.connect(make_url(url).database or "")) as old, closing(sqlite3.connect(path)) as new:
        old.backup(new)
    return f"sqlite:///{path}"
