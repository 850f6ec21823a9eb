"""Events that cannot be applied stand aside, on record, and stop nobody else's."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

import psycopg
from sqlalchemy import ColumnElement, Connection, Table, exc, func, select

from loyaltyloop import __version__
from loyaltyloop.errors import LoopError
from loyaltyloop.store import bulk
from loyaltyloop.store.models import Event, SetAside

event: Table = Event.__table__  # type: ignore[attr-defined]
aside: Table = SetAside.__table__  # type: ignore[attr-defined]
# If there are more it is no longer theirs: something is wrong that somebody must look at.
MOST = 100
_OF_VALUES = tuple(
    getattr(library, kind) for library in (exc, psycopg, sqlite3) for kind in ("DataError", "IntegrityError")
)
_OF_OTHERS = (exc.SQLAlchemyError, psycopg.Error, sqlite3.Error, OSError, MemoryError, LoopError)


class CannotApply(Exception):
    """These events (ids) could not be applied together; the cause is what was raised."""

    def __init__(self, events: Sequence[int]) -> None:
        self.events = events
        super().__init__(f"{len(events)} events")


def may_be_theirs(error: Exception) -> bool:
    """Can the error lie in what events say, and not in the database, the way to it or the machine?"""
    return isinstance(error, _OF_VALUES) or not isinstance(error, _OF_OTHERS)


def stands_aside() -> ColumnElement[bool]:
    """Is the event one that this version of Loyalty Loop could not apply? A newer one tries it again."""
    return event.c.id.in_(select(aside.c.event_id).where(aside.c.version == __version__))


def set_aside(connection: Connection, failed: CannotApply, now: datetime) -> str:
    """Let this event, the only one that failed, stand aside; the kind of the error.

    No more than `MOST`: then the error is raised.
    """
    error, (number,) = failed.__cause__, failed.events
    assert error is not None
    others = select(func.count()).where(aside.c.version == __version__)
    if connection.execute(others).scalar_one() >= MOST:
        raise error
    kind = type(error).__name__
    columns = ["event_id", "error", "version", "at"]
    bulk.upsert_rows(connection, aside, columns[:1], columns, [(number, kind, __version__, now)])
    return kind
