"""Where a journey's flow takes its name, form and description from."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import DatabaseError

from flows.project import settings
from loyaltyloop.errors import FilesError, TurnRefused
from loyaltyloop.journey.model import Journey
from loyaltyloop.journey.reading.project import collect_files
from loyaltyloop.journey.reading.reader import read_project
from loyaltyloop.settings import Settings
from loyaltyloop.store.database import open_engine, read
from loyaltyloop.store.live.versions import load_newest


def journey_named(name: str) -> Journey | None:
    """The journey as it is live; else as its file says, so that it can be deployed before the first apply."""
    return _live(settings(), name) or _in_file(settings().project, name)


def _live(given: Settings, name: str) -> Journey | None:
    if not _has_database(given):
        return None
    try:
        with read(open_engine(given.database)) as connection:
            return load_newest(connection, name).journey
    except TurnRefused:  # never applied
        return None
    except DatabaseError:
        # No tables yet, or no database at work: the file will do for the form, and a turn says what is wrong.
        return None


def _has_database(given: Settings) -> bool:
    url = make_url(given.database)
    return url.get_backend_name() != "sqlite" or Path(url.database or "").exists()


def _in_file(project: Path, name: str) -> Journey | None:
    reading = read_project(collect_files(project))
    problems = [problem for problem in reading.problems if problem.file == f"journeys/{name}.yaml"]
    if name in reading.names and name not in reading.journeys:
        raise FilesError(problems or reading.problems)
    return reading.journeys.get(name)
