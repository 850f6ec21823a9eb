"""Two customers turned out to be one: all that is kept of the one moves to the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Table, delete, select, update

from loyaltyloop.journey.model import Shop
from loyaltyloop.store import bulk
from loyaltyloop.store.inside import cohorts
from loyaltyloop.store.live.versions import load_newest
from loyaltyloop.store.loyalty import joining
from loyaltyloop.store.models import (
    ConsentEntry,
    Customer,
    CustomerDate,
    Device,
    Engagement,
    Enrolment,
    Entry,
    Event,
    Gift,
    Holding,
    Identity,
    Message,
    Order,
    OrderLine,
    PointsEntry,
    Prediction,
    PrivacyRequest,
    Touch,
)
from loyaltyloop.store.orders import basket_book

_Model = type[Any]
# Each row of these is about one customer, and moves as it is.
MOVED: Sequence[_Model] = (
    *(Event, Identity, ConsentEntry, Order, OrderLine, PointsEntry),
    *(Engagement, Gift, Message, Entry, PrivacyRequest, Device),
)
customer: Table = Customer.__table__  # type: ignore[attr-defined]
dates: Table = CustomerDate.__table__  # type: ignore[attr-defined]
enrolment: Table = Enrolment.__table__  # type: ignore[attr-defined]
holding: Table = Holding.__table__  # type: ignore[attr-defined]
prediction: Table = Prediction.__table__  # type: ignore[attr-defined]
touch: Table = Touch.__table__  # type: ignore[attr-defined]
REASON = "merged"


@dataclass(frozen=True)
class Standing:
    """What of an enrolment tells whether it stays, when its customer merges."""

    id: int
    customer_id: int  # before the merge
    customer_key: str
    journey: str
    one_per: str
    occurrence: str
    entered_at: datetime
    running: bool


def move(connection: Connection, now: datetime, into: Mapping[int, int], shop: Shop) -> None:
    """Let everything of the merged (`into`: merged id → survivor's id) be the survivors'.

    Consents are moved by `consent.write`, attributes by `people.write`.
    """
    gone = bulk.fill_temporary(connection, "merged", {"id": int, "survivor": int}, into.items())
    _reconcile(connection, now, into)
    for model in MOVED:
        table: Table = model.__table__
        moved = update(table).where(table.c.customer_id == gone.c.id)
        connection.execute(moved.values(customer_id=gone.c.survivor))
    _move_holdings(connection, gone)
    _move_predictions(connection, gone)
    joining.join(connection, gone, into, shop)
    basket_book.forget(connection, into)  # they are told anew, from the events of both
    for table in (dates, touch):
        connection.execute(delete(table).where(table.c.customer_id.in_(select(gone.c.id))))


def forget(connection: Connection, merged: Iterable[int]) -> None:
    """Delete the customers to whom nothing refers any more."""
    gone = bulk.fill_temporary(connection, "forgotten", {"id": int}, ((who,) for who in merged))
    connection.execute(delete(customer).where(customer.c.id.in_(select(gone.c.id))))


def _move_holdings(connection: Connection, gone: Table) -> None:
    """For whom a journey's condition holds, once each."""
    pairs = select(holding.c.journey, gone.c.survivor).join(gone, gone.c.id == holding.c.customer_id)
    rows = {tuple(row) for row in connection.execute(pairs)}
    connection.execute(delete(holding).where(holding.c.customer_id.in_(select(gone.c.id))))
    bulk.insert_new(connection, holding, ["journey", "customer_id"], ["journey", "customer_id"], sorted(rows))


def _move_predictions(connection: Connection, gone: Table) -> None:
    """The survivor keeps what was said of them; where nothing was, it is what was said of the other."""
    columns = ["customer_id", "model", "value", "as_of", "version"]
    own = [prediction.c[name] for name in columns[1:]]
    theirs = select(gone.c.survivor, *own).join(gone, gone.c.id == prediction.c.customer_id)
    rows = connection.execute(theirs.order_by(prediction.c.model, prediction.c.customer_id)).all()
    first = {(row.survivor, row.model): tuple(row) for row in reversed(rows)}
    connection.execute(delete(prediction).where(prediction.c.customer_id.in_(select(gone.c.id))))
    bulk.insert_new(connection, prediction, columns[:2], columns, sorted(first.values()))


# ── enrolments ──────────────────────────────────────────────────────────────


def _reconcile(connection: Connection, now: datetime, into: Mapping[int, int]) -> None:
    """Of running enrolments of both the earlier stays; names that would clash get the old key behind them."""
    standing = _standing(connection, {*into, *into.values()})
    ended = ending(standing, into)
    _end(connection, now, {one.id: one.journey for one in standing}, ended)
    named = list(_named(standing, set(ended), into))
    renamed = [(one.id, name) for one, name in named if one.customer_id not in into]
    bulk.update_rows(connection, enrolment, "id", ["occurrence"], renamed)
    moved = [(one.id, into[one.customer_id], name) for one, name in named if one.customer_id in into]
    bulk.update_rows(connection, enrolment, "id", ["customer_id", "occurrence"], moved)


def _end(connection: Connection, now: datetime, journeys: Mapping[int, str], ids: Iterable[int]) -> None:
    """End these enrolments; the next turn of each journey runs its `at_end` steps."""
    for journey, members in groupby(sorted(ids, key=journeys.__getitem__), key=journeys.__getitem__):
        ended = cohorts.ended_state(load_newest(connection, journey).journey)
        for chunk in _chunks(sorted(members)):
            why = "the same person stands here under another id"
            cohorts.end(connection, now, REASON, chunk, why=why, ended=ended)


def _standing(connection: Connection, customers: Iterable[int]) -> list[Standing]:
    whose = bulk.fill_temporary(connection, "reconciled", {"id": int}, ((who,) for who in customers))
    columns = (
        enrolment.c.id,
        enrolment.c.customer_id,
        enrolment.c.customer_key,
        enrolment.c.journey,
        enrolment.c.one_per,
        enrolment.c.occurrence,
        enrolment.c.entered_at,
        enrolment.c.ended_at.is_(None),
    )
    chosen = select(*columns).join(whose, whose.c.id == enrolment.c.customer_id).order_by(enrolment.c.id)
    return [Standing(*row) for row in connection.execute(chosen)]


def ending(standing: Iterable[Standing], into: Mapping[int, int]) -> list[int]:
    """Which running enrolments end: those of another origin than the one that entered first."""

    def place(one: Standing) -> tuple[int, str, str]:
        return into.get(one.customer_id, one.customer_id), one.journey, one.one_per

    running = sorted((one for one in standing if one.running), key=place)
    found: list[int] = []
    for _, group in groupby(running, key=place):
        beside = sorted(group, key=lambda one: (one.entered_at, one.customer_key))
        found += [one.id for one in beside if one.customer_id != beside[0].customer_id]
    return sorted(found)


def _named(
    standing: Iterable[Standing], ended: Set[int], into: Mapping[int, int]
) -> Iterable[tuple[Standing, str]]:
    """Each enrolment with an occurrence that nobody else of the survivor has in that journey."""

    def place(one: Standing) -> tuple[bool, bool, datetime, str]:
        # Who goes on keeps the name: it is in the keys of messages to come. Then the survivor's own do.
        return not one.running or one.id in ended, one.customer_id in into, one.entered_at, one.customer_key

    taken: set[tuple[int, str, str, str]] = set()
    for one in sorted(standing, key=place):
        who, name = into.get(one.customer_id, one.customer_id), one.occurrence
        while (who, one.journey, one.one_per, name) in taken:
            name = f"{name} merged:{one.customer_key}".strip()
        taken.add((who, one.journey, one.one_per, name))
        yield one, name


def _chunks(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + 1000] for start in range(0, len(ids), 1000))
