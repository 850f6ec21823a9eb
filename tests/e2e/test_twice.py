"""The same history, imported and walked on each database, ends in the same messages, byte for byte."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from loyaltyloop.demo.sample import write_files
from loyaltyloop.store.database import open_engine
from tests.e2e.commands import ROOT, Project, Ran, done
from tests.integration.turn.stage import Dump, dump
from tests.postgres import Databases

TENTH = ROOT / "tests" / "data" / "online_retail_year1_tenth.csv.gz"
UNTIL = datetime(2010, 1, 26, tzinfo=UTC)
WALK = ("walk", "--from", "2010-01-16T09:30:00Z", "--to", "2010-01-26", "--every", "1 day")


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Customers, products and events of the sample shop's beginning."""
    return [str(path) for path in write_files(tmp_path_factory.mktemp("history"), UNTIL, TENTH)]


@pytest.fixture
def two(sqlite_template: Path, postgres: Databases, tmp_path: Path) -> Iterator[list[Project]]:
    """Two fresh folders with the project's own journeys and templates; a database of each kind."""
    file = shutil.copyfile(sqlite_template, tmp_path / "loop.db")
    with postgres.empty() as url:
        found = [Project(tmp_path / "one", f"sqlite:///{file}"), Project(tmp_path / "two", url)]
        for project in found:
            for name in ("journeys", "templates"):
                shutil.copytree(ROOT / name, project.folder / name)
        yield found
        for project in found:
            open_engine(project.url).dispose()


def both(two: list[Project], *words: str) -> list[Ran]:
    """A command in both at once, which must do well."""
    found = [done(process) for process in [project.start(*words) for project in two]]
    assert [ran.code for ran in found] == [0, 0], found
    return found


def contents(project: Project) -> Dump:
    engine = open_engine(project.url)
    found = dump(engine)
    engine.dispose()
    return found


def letters(project: Project) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (project.folder / "var" / "outbox").iterdir()}


def test_the_same_history_twice(two: list[Project], history: list[str]) -> None:
    first = [ran.data["files"] for ran in both(two, "import", "--json", *history)]
    assert first[0] == first[1]
    assert all(file["taken"] == file["read"] for file in first[0])
    imported = contents(two[0])
    [again] = [done(two[0].start("import", "--json", *history)).data["files"]]
    assert [(file["taken"], file["duplicates"]) for file in again] == [(0, file["read"]) for file in first[0]]
    assert contents(two[0]) == imported, "imported twice adds nothing"
    both(two, "apply", "--yes", "--now", "2010-01-16")
    both(two, *WALK)
    one, other = both(two, "messages", "--json")
    assert one.data == other.data
    handed = [message for message in one.data if message["state"] == "handed_over"]
    assert len({message["journey"] for message in handed}) >= 3
    found = letters(two[0])
    assert found == letters(two[1])
    assert set(found) == {f"{message['key']}.eml" for message in handed}
    assert contents(two[0])["body"] == contents(two[1])["body"]
