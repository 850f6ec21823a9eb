"""Which customers something happened to, by the numbers that applying hands out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, Table, and_, func, insert, literal, select, union

from loyaltyloop.store.models import Enrolment, Event, Touch

enrolment: Table = Enrolment.__table__  # type: ignore[attr-defined]
event: Table = Event.__table__  # type: ignore[attr-defined]
touch: Table = Touch.__table__  # type: ignore[attr-defined]
BATCH = 500
T = TypeVar("T")


def not_applied(since: int) -> ColumnElement[bool]:
    """Is the event on record, and has nobody applied it yet? `since`: only those after that one (an id).

    Without such a one ids are not asked for: by them SQLite would read every event that there ever was,
    instead of the few that wait.
    """
    waits = event.c.seq.is_(None)
    return and_(waits, event.c.id > since) if since else waits


def newest_seq(connection: Connection) -> int:
    """The highest number handed out so far; 0 if none."""
    # Events that wait have none: said, or SQLite reads them all.
    newest = [select(func.max(table.c.seq)).where(table.c.seq.is_not(None)) for table in (event, touch)]
    return max(connection.execute(one).scalar() or 0 for one in newest)


def touched_customers(connection: Connection, after: int, upto: int) -> list[int]:
    """Ids of customers with an event or another change numbered in (after, upto]."""
    events = select(event.c.customer_id).where(and_(event.c.seq > after, event.c.seq <= upto))
    touches = select(touch.c.customer_id).where(and_(touch.c.seq > after, touch.c.seq <= upto))
    rows = connection.execute(union(events, touches)).scalars()
    return sorted(customer for customer in rows if customer is not None)


def touch_enrolled(connection: Connection, who: ColumnElement[bool], cause: str) -> None:
    """Let the next turns look at the customers of these enrolments. To be asked under the shop-wide lock."""
    # One number for all of them: who was touched is asked for by a span of numbers.
    number = literal(newest_seq(connection) + 1, touch.c.seq.type)
    theirs = select(number, enrolment.c.customer_id, literal(cause)).where(who).distinct()
    connection.execute(insert(touch).from_select(["seq", "customer_id", "cause"], theirs))


def batches(ids: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """The ids, so many at a time."""
    rest = iter(ids)
    while batch := list(islice(rest, size)):
        yield batch
