"""Pausing a journey, and what becomes of overdue waits when it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, assert_never

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    Table,
    and_,
    func,
    literal,
    select,
    type_coerce,
    update,
)

from loyaltyloop.errors import UserError
from loyaltyloop.journey.reading.mistakes import perhaps
from loyaltyloop.store.database import is_postgres
from loyaltyloop.store.inside.cohorts import cohort, ended_state, move, take
from loyaltyloop.store.live.standing import UNSENT, running_in
from loyaltyloop.store.live.versions import journey_table, load_newest
from loyaltyloop.store.models import Enrolment, Message

enrolment: Table = Enrolment.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]

Overdue = Literal["shift", "catch_up", "expire"]


@dataclass(frozen=True)
class Paused:
    """A journey stands still: so many people inside, so many of them waiting for a time."""

    journey: str
    people: int
    waiting: int


@dataclass(frozen=True)
class Resumed:
    """A journey goes on. `overdue` waits ended while it stood still; `shifted` waits all moved on."""

    journey: str
    paused_for: timedelta
    overdue: int
    shifted: int = 0
    expired: int = 0


def pause(connection: Connection, journey: str, now: datetime) -> Paused:
    """Freeze a journey: nobody enters, moves or gets a message. UserError if it cannot be."""
    state, _ = _state(connection, journey)
    if state != "live":
        raise UserError(f"The journey {journey!r} is {state}, not live: there is nothing to pause.")
    connection.execute(
        update(journey_table).where(journey_table.c.name == journey).values(state="paused", paused_at=now)
    )
    return Paused(journey, _count(connection, running_in(journey)), _count(connection, _waiting(journey)))


def resume(connection: Connection, journey: str, overdue: Overdue, now: datetime) -> Resumed:
    """Let a journey go on. `shift`: what waits, waits longer by the pause. `catch_up`: who is overdue
    goes on in the next turn. `expire`: who is overdue leaves, as `expired`. UserError if it is not paused,
    or was not yet at `now`.
    """
    state, paused_at = _state(connection, journey)
    if state != "paused" or paused_at is None:
        raise UserError(f"The journey {journey!r} is {state}, not paused: there is nothing to resume.")
    if now < paused_at:
        raise UserError(
            f"The journey {journey!r} was paused at {paused_at:%Y-%m-%d %H:%M:%S} UTC;"
            " it cannot go on earlier."
        )
    late = and_(_waiting(journey), enrolment.c.due_at <= now)
    found = Resumed(journey, now - paused_at, _count(connection, late))
    connection.execute(
        update(journey_table).where(journey_table.c.name == journey).values(state="live", paused_at=None)
    )
    match overdue:
        case "catch_up":
            return found
        case "shift":
            shifted = _shift(connection, journey, found.paused_for)
            return Resumed(journey, found.paused_for, found.overdue, shifted=shifted)
        case "expire":
            take(connection, late, None)
            why = f"overdue when the journey went on after {_plainly(found.paused_for)}"
            connection.execute(update(cohort).values(left="expired", why=why))
            ended = ended_state(load_newest(connection, journey).journey)
            expired = sum(move(connection, now, {}, ended).values())
            return Resumed(journey, found.paused_for, found.overdue, expired=expired)
        case _:
            assert_never(overdue)


def _state(connection: Connection, journey: str) -> tuple[str, datetime | None]:
    columns = (journey_table.c.state, journey_table.c.paused_at)
    row = connection.execute(select(*columns).where(journey_table.c.name == journey)).one_or_none()
    if row is None:
        names = connection.execute(select(journey_table.c.name)).scalars()
        told = f"The journey {journey!r} is not live: `loop apply` makes it so."
        raise UserError(told + perhaps(journey, names))
    return row.state, row.paused_at


def _shift(connection: Connection, journey: str, by: timedelta) -> int:
    """Waits and messages that have not left keep the time they still had; how many waits."""
    waits = {name: _later(connection, enrolment.c[name], by) for name in ("due_at", "until_at")}
    shifted = connection.execute(update(enrolment).where(_waiting(journey)).values(waits)).rowcount
    times = {name: _later(connection, message.c[name], by) for name in ("due_at", "expires_at")}
    unsent = and_(message.c.journey == journey, message.c.state.in_(UNSENT))
    connection.execute(update(message).where(unsent).values(times))
    return int(shifted)


def _later(connection: Connection, column: ColumnElement[Any], by: timedelta) -> ColumnElement[Any]:
    """The column's instant, later by whole seconds; unknown stays unknown."""
    seconds = int(by.total_seconds())
    if is_postgres(connection):
        return column + literal(timedelta(seconds=seconds))
    # SQLite's own functions know milliseconds alone: the fraction of the second is kept as text.
    stored = type_coerce(column, String)
    moved = func.strftime("%Y-%m-%d %H:%M:%S", stored, f"+{seconds} seconds")
    return type_coerce(moved.op("||")(func.substr(stored, 20)), String)


def _waiting(journey: str) -> ColumnElement[bool]:
    return and_(running_in(journey), enrolment.c.state == "waiting", enrolment.c.due_at.is_not(None))


def _count(connection: Connection, where: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(enrolment).where(where)).scalar_one()


def _plainly(length: timedelta) -> str:
    hours = int(length.total_seconds() // 3600)
    return f"{hours // 24} days" if hours >= 48 else f"{hours} hours"
