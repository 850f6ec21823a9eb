"""Predictions on record: what changed is written, and who is told of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Insert,
    Table,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from loyaltyloop.journey.conditions.condition import Instant, Test
from loyaltyloop.store import bulk
from loyaltyloop.store.conditions.comparisons import passes
from loyaltyloop.store.conditions.subjects import predicted_value
from loyaltyloop.store.database import is_postgres
from loyaltyloop.store.events.touched import newest_seq
from loyaltyloop.store.models import Customer, Event, Prediction, PredictionDay, Touch
from loyaltyloop.store.orders.orders import EVENTS
from loyaltyloop.store.predictions.fitted import WITHDRAWN, fitted

customer: Table = Customer.__table__  # type: ignore[attr-defined]
prediction: Table = Prediction.__table__  # type: ignore[attr-defined]
day: Table = PredictionDay.__table__  # type: ignore[attr-defined]
touch: Table = Touch.__table__  # type: ignore[attr-defined]
event: Table = Event.__table__  # type: ignore[attr-defined]
CAUSE = "prediction"
_KEY = ["model"]


@dataclass(frozen=True)
class Said:
    """What a model says of a customer now, since which day, and the version that was the first to say it.

    `taken_back`: the version by which all were predicted last is live no more, and no turn has seen to it.
    """

    model: str
    value: float
    as_of: datetime
    version: int
    taken_back: bool = False


def predicted_of(connection: Connection, customer_id: int) -> tuple[Said, ...]:
    """All that is predicted of this customer, by the model's name."""
    by = and_(fitted.c.name == day.c.model, fitted.c.version == day.c.version, fitted.c.state == WITHDRAWN)
    source = prediction.outerjoin(day, day.c.model == prediction.c.model).outerjoin(fitted, by)
    mine = select(prediction, fitted.c.version.label("taken_back")).select_from(source)
    mine = mine.where(prediction.c.customer_id == customer_id).order_by(prediction.c.model)
    return tuple(
        Said(row.model, row.value, row.as_of, row.version, row.taken_back is not None)
        for row in connection.execute(mine)
    )


@dataclass(frozen=True)
class Noted:
    """As of when all were predicted by a model, and by which version; and who ordered since, up to where.

    `upto`: the number of an event (`Event.seq`).
    """

    as_of: datetime
    version: int
    upto: int


def noted(connection: Connection, model: str) -> Noted | None:
    """How far it has come with this model; None: no predictions were ever made by it, or none hold now."""
    chosen = select(day.c.as_of, day.c.version, day.c.upto).where(day.c.model == model)
    row = connection.execute(chosen).first()
    return None if row is None else Noted(*row)


def note(connection: Connection, model: str, done: Noted) -> None:
    """All are predicted so."""
    row = (model, done.as_of, done.version, done.upto)
    bulk.upsert_rows(connection, day, _KEY, [*_KEY, "as_of", "version", "upto"], [row])


def newcomers(connection: Connection, model: str, after: int, upto: int) -> list[int]:
    """Who ordered by events numbered in (after, upto], and has no prediction by this model; ids in order."""
    who = event.c.customer_id
    there = exists().where(prediction.c.model == model, prediction.c.customer_id == who)
    span = (event.c.seq > after, event.c.seq <= upto, event.c.name.in_(sorted(EVENTS)))
    chosen = select(who).where(*span, who.is_not(None), ~there)
    return list(connection.execute(chosen.distinct().order_by(who)).scalars())


def forget(connection: Connection, model: str, tests: Collection[Test]) -> None:
    """No such model is live any more: what it said is unknown again. Under the shop-wide lock."""
    everybody = select(prediction.c.customer_id).where(prediction.c.model == model)
    ids = list(connection.execute(everybody).scalars())
    write(connection, model, ((one, None) for one in ids), tests, None)
    connection.execute(delete(day).where(day.c.model == model))


def write(
    connection: Connection,
    model: str,
    said: Iterable[tuple[int, float | None]],
    tests: Collection[Test],
    by: tuple[datetime, int] | None,
) -> None:
    """Keep what a model says of these customers (None: nothing is known), as of when and by which version.

    Only what differs is written, and what was said as of a later time. Whom a change brings to pass one of
    `tests`, or no longer to, is touched. Who was erased or merged meanwhile is passed over. Under the
    shop-wide lock.
    """
    fresh = bulk.fill_temporary(connection, "foretold", {"id": int, "value": float}, said)
    if tests:
        _touch(connection, model, fresh, tests)
    mine = and_(prediction.c.model == model, prediction.c.customer_id == fresh.c.id)
    unknown = select(fresh.c.id).where(fresh.c.value.is_(None))
    gone = delete(prediction).where(prediction.c.model == model, prediction.c.customer_id.in_(unknown))
    connection.execute(gone)
    if by is not None:
        as_of, version = by
        other = or_(prediction.c.value != fresh.c.value, prediction.c.as_of > as_of)
        changed = update(prediction).where(mine, other)
        connection.execute(changed.values(value=fresh.c.value, as_of=as_of, version=version))
        connection.execute(_new(model, fresh, as_of, version))


def _new(model: str, fresh: Table, as_of: datetime, version: int) -> Insert:
    """Those of whom nothing was known."""
    there = exists().where(prediction.c.model == model, prediction.c.customer_id == fresh.c.id)
    stamped = (
        literal(model, prediction.c.model.type),
        literal(as_of, prediction.c.as_of.type),
        literal(version, prediction.c.version.type),
    )
    theirs = select(fresh.c.id, fresh.c.value, *stamped).where(
        fresh.c.value.is_not(None), _alive(fresh), ~there
    )
    columns = ["customer_id", "value", "model", "as_of", "version"]
    return insert(prediction).from_select(columns, theirs)


def _alive(fresh: Table) -> ColumnElement[bool]:
    return exists().where(customer.c.id == fresh.c.id, customer.c.erased_at.is_(None))


def _touch(connection: Connection, model: str, fresh: Table, tests: Collection[Test]) -> None:
    """Let the next turns look at those for whom an answer to one of these comparisons changes."""
    mine = and_(prediction.c.model == model, prediction.c.customer_id == fresh.c.id)
    postgres = is_postgres(connection)
    other = (
        _passes(test, prediction, postgres) != _passes(test, fresh, postgres) for test in _in_order(tests)
    )
    moved = select(fresh.c.id).outerjoin(prediction, mine).where(or_(*other), _alive(fresh)).subquery()
    if connection.execute(select(func.count()).select_from(moved)).scalar():
        # One number for all of them: who was touched is asked for by a span of numbers.
        number = literal(newest_seq(connection) + 1, touch.c.seq.type)
        connection.execute(
            insert(touch).from_select(
                ["seq", "customer_id", "cause"], select(number, moved.c.id, literal(CAUSE))
            )
        )


def _in_order(tests: Collection[Test]) -> list[Test]:
    return sorted(tests, key=repr)


def _passes(test: Test, row: Table, postgres: bool) -> ColumnElement[int]:
    passing = passes(test, predicted_value(row.c.value, postgres), _no_instant, postgres)
    return case((passing, 1), else_=0)


def _no_instant(value: Instant) -> ColumnElement[datetime]:
    raise ValueError(f"a prediction is no instant: {value}")
