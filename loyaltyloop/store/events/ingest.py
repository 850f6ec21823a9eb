"""Calls become rows of `event`, in the order of commits; what is there already is passed over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter

from sqlalchemy import Connection, Table

from loyaltyloop.store import bulk
from loyaltyloop.store.database import lock_shop
from loyaltyloop.store.models import Event
from loyaltyloop.store.privacy.tombstones import living
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
    """How many calls became events, how many were there before, how many were of people who are erased."""

    taken: int = 0
    duplicates: int = 0
    erased: int = 0

    def __add__(self, other: Recorded) -> Recorded:
        return Recorded(
            self.taken + other.taken, self.duplicates + other.duplicates, self.erased + other.erased
        )


def record(connection: Connection, calls: Iterable[Call]) -> Recorded:
    """Write calls as events, unique by (source, message id). Takes the shop-wide lock.

    What is of somebody who was erased is passed over.

    Under the lock, ids are handed out in the order of commits: who applies events up to an id misses none.
    """
    lock_shop(connection)
    total = Recorded()
    waiting = iter(calls)
    while chunk := list(islice(waiting, _CHUNK)):
        kept = living(connection, chunk)
        taken = bulk.insert_new(connection, event, ("source", "message_id"), COLUMNS, _rows(kept))
        total += Recorded(taken, len(kept) - taken, len(chunk) - len(kept))
    return total


def _rows(calls: Sequence[Call]) -> list[tuple[object, ...]]:
    return list(map(_row, calls))
