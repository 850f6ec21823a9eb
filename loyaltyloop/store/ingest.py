"""Calls become rows of `event`, in the order of commits; what is there already is passed over."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter

from sqlalchemy import Connection, Table

from loyaltyloop.store import bulk
from loyaltyloop.store.database import lock_shop
from loyaltyloop.store.models import Event
from loyaltyloop.store.segment import Call

event: Table = Event.__table__  # type: ignore[attr-defined]
COLUMNS = (
    "source",
    "message_id",
    "type",
    "name",
    "user_id",
    "anonymous_id",
    "previous_id",
    "at",
    "arrived_at",
    "properties",
    "context",
    "order_id",
)
_CHUNK = 5000
_row: Callable[[Call], tuple[object, ...]] = attrgetter(*COLUMNS)


@dataclass(frozen=True)
class Recorded:
    """How many calls became events, and how many were there before."""

    taken: int = 0
    duplicates: int = 0

    def __add__(self, other: Recorded) -> Recorded:
        return Recorded(self.taken + other.taken, self.duplicates + other.duplicates)


def record(connection: Connection, calls: Iterable[Call]) -> Recorded:
    """Write calls as events, unique by (source, message id). Takes the shop-wide lock.

    Under the lock, ids are handed out in the order of commits: who applies events up to an id misses none.
    """
    lock_shop(connection)
    total = Recorded()
    waiting = iter(calls)
    while chunk := list(islice(waiting, _CHUNK)):
        taken = bulk.insert_new(connection, event, ("source", "message_id"), COLUMNS, _rows(chunk))
        total += Recorded(taken, len(chunk) - taken)
    return total


def _rows(calls: list[Call]) -> list[tuple[object, ...]]:
    return list(map(_row, calls))
