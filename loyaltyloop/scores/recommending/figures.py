"""Figures that are counted once a day or a week and then kept, so that nothing hangs on who asks when.

A turn that was killed and started again, a second worker, and the same history walked twice all read
the same lists: they are committed with the first decisions that were made by them.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Table, delete, insert, select

from loyaltyloop.scores.hours.reading import count_hours
from loyaltyloop.scores.recommending.counting import COUNTS
from loyaltyloop.scores.recommending.counting import Kind as Sold
from loyaltyloop.store.database import is_postgres
from loyaltyloop.store.models import Figure

figure: Table = Figure.__table__  # type: ignore[attr-defined]

Kind = Sold | Literal["hours"]
# What a season or a year says does not change in a day; what is trending and new does.
_DAILY: frozenset[Kind] = frozenset({"trending", "new"})
_KEPT = timedelta(days=21)
LOCK = 0x10A1_7101
_DONE = "\x01"  # the key that says that a kind was counted, also when nothing came of it
_BATCH = 500


def read_figures(
    connection: Connection, kind: Kind, now: datetime, keys: Collection[str] = ("",)
) -> dict[str, Any]:
    """The lists of these keys, as of the start of `now`'s day or week (Monday) in UTC."""
    as_of = starting(kind, now)
    _ensure(connection, kind, as_of)
    found: dict[str, Any] = {}
    wanted = sorted(set(keys))
    for start in range(0, len(wanted), _BATCH):
        some = select(figure.c.key, figure.c.value).where(
            figure.c.kind == kind,
            figure.c.as_of == as_of,
            figure.c.key.in_(wanted[start : start + _BATCH]),
        )
        found.update((key, value) for key, value in connection.execute(some))
    return found


def starting(kind: Kind, now: datetime) -> datetime:
    """The start of the day, or of the week (Monday), in UTC."""
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day if kind in _DAILY else day - timedelta(days=day.weekday())


def _ensure(connection: Connection, kind: Kind, as_of: datetime) -> None:
    if _counted(connection, kind, as_of):
        return
    if is_postgres(connection):  # on SQLite a transaction that writes is alone
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        if _counted(connection, kind, as_of):
            return
    rows = [
        {"kind": kind, "as_of": as_of, "key": key, "value": value}
        for key, value in (count_hours if kind == "hours" else COUNTS[kind])(connection, as_of)
    ]
    rows.append({"kind": kind, "as_of": as_of, "key": _DONE, "value": []})
    connection.execute(delete(figure).where(figure.c.kind == kind, figure.c.as_of < as_of - _KEPT))
    connection.execute(insert(figure), rows)


def _counted(connection: Connection, kind: Kind, as_of: datetime) -> bool:
    done = select(figure.c.key).where(figure.c.kind == kind, figure.c.as_of == as_of, figure.c.key == _DONE)
    return connection.execute(done).first() is not None
