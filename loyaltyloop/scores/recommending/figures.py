"""Figures that are counted once a day or a week and then kept, so that nothing hangs on who asks when.

A turn that was killed and started again, a second worker, and the same history walked twice all read
the same lists: they are committed before, or with, the first decisions that are made by them.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, select

from loyaltyloop.scores.hours.reading import count_hours
from loyaltyloop.scores.recommending.counting import COUNTS
from loyaltyloop.scores.recommending.counting import Kind as Sold
from loyaltyloop.scores.recommending.once import Once, Rows, figure, only_reads, start_of_day

Kind = Sold | Literal["hours"]
# What a season or a year says does not change in a day; what is trending and new does.
_DAILY: frozenset[Kind] = frozenset({"trending", "new"})
_BATCH = 500


@dataclass(frozen=True)
class Lists(Once):
    """Lists of one kind by their keys. That it was counted is known also where nothing came of it."""

    kind: Kind
    DONE = "\x01"
    KEPT = timedelta(days=21)

    def rows(self, connection: Connection) -> Rows:
        """A row a key."""
        counted = (count_hours if self.kind == "hours" else COUNTS[self.kind])(connection, self.as_of)
        return [self._row(key, value) for key, value in counted] + [self._row(self.DONE, [])]

    def _row(self, key: str, value: Any) -> dict[str, Any]:
        return {"kind": self.kind, "as_of": self.as_of, "key": key, "value": value}


def lists_of(kind: Kind, now: datetime) -> Lists:
    """Those by which is decided at `now`: as of the start of its day or week (Monday) in UTC."""
    return Lists(kind, starting(kind, now))


def read_figures(
    connection: Connection, kind: Kind, now: datetime, keys: Collection[str] = ("",)
) -> dict[str, Any]:
    """The lists of these keys, as of the start of `now`'s day or week (Monday) in UTC."""
    lists, wanted = lists_of(kind, now), sorted(set(keys))
    if only_reads(connection) and not lists.there(connection):
        return {row["key"]: row["value"] for row in lists.rows(connection) if row["key"] in wanted}
    lists.ensure(connection)
    found: dict[str, Any] = {}
    for start in range(0, len(wanted), _BATCH):
        some = select(figure.c.key, figure.c.value).where(
            figure.c.kind == kind,
            figure.c.as_of == lists.as_of,
            figure.c.key.in_(wanted[start : start + _BATCH]),
        )
        found.update((key, value) for key, value in connection.execute(some))
    return found


def starting(kind: Kind, now: datetime) -> datetime:
    """The start of the day, or of the week (Monday), in UTC."""
    day = start_of_day(now)
    return day if kind in _DAILY else day - timedelta(days=day.weekday())
