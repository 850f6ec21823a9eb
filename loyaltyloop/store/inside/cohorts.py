"""Who stands at a step, and moving them on: sets of enrolments, never one at a time.

A cohort is a temporary table of the enrolments that one transaction looks at. A step writes beside each
member that goes on the `path` it takes, or the reason (`left`) for which it ends, and `why`; `move` then
records the visits and lets the members arrive. Who has neither stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    Update,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlmodel import UTCDateTime

from loyaltyloop.journey.model import Call, Journey
from loyaltyloop.store.among import among
from loyaltyloop.store.models import Customer, Enrolment, Visit
from loyaltyloop.store.vouchers.gifts import gift, release, waits_for_none

enrolment: Table = Enrolment.__table__  # type: ignore[attr-defined]
customer: Table = Customer.__table__  # type: ignore[attr-defined]
visit: Table = Visit.__table__  # type: ignore[attr-defined]

cohort = Table(
    "cohort",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("state", String),
    Column("path", String),
    Column("left", String),
    Column("why", String),
    Column("due_at", UTCDateTime()),
    Column("until_at", UTCDateTime()),
)
UNDECIDED = and_(cohort.c.path.is_(None), cohort.c.left.is_(None))
READY = and_(UNDECIDED, cohort.c.state == "ready")
DECIDED = or_(cohort.c.path.is_not(None), cohort.c.left.is_not(None))
# Members with their enrolment and customer, for conditions and for reading.
PEOPLE = cohort.join(enrolment, enrolment.c.id == cohort.c.id).join(
    customer, customer.c.id == enrolment.c.customer_id
)
SKIP = "(skipped)"  # the way behind the next step; no path of a file can be called so
_VISIT = ["enrolment_id", "step", "arrived_at", "left_at", "path", "why", "until_at"]


@dataclass(frozen=True)
class Ending:
    """The state of whoever ends; `shows`: a call of `at_end` may show what they were given, unseen as yet."""

    state: str = "ended"
    shows: bool = False


ENDED = Ending()


def clear(connection: Connection) -> None:
    """An empty cohort. The table is made with the connection (database.py)."""
    connection.execute(_CLEAR)


def standing(journey: str, version: int, step: str) -> ColumnElement[bool]:
    """Enrolments that stand at this step."""
    return and_(
        enrolment.c.journey == journey,
        enrolment.c.version == version,
        enrolment.c.step == step,
        enrolment.c.ended_at.is_(None),
    )


def take(
    connection: Connection,
    where: ColumnElement[bool],
    limit: int | None,
    order: Sequence[ColumnElement[Any]] = (),
) -> int:
    """Fill the cohort with at most `limit` enrolments for which `where` holds, in order; how many they are.

    Nobody else changes them until the commit: a journey has one turn at a time, and whatever changes
    enrolments from outside it (a merge, a claim) does so under the shop-wide lock, which excludes this
    transaction (`write_beside`, or `write_shop` itself).
    """
    clear(connection)
    chosen = select(enrolment.c.id, enrolment.c.state).where(where).order_by(*order).limit(limit)
    return connection.execute(insert(cohort).from_select(["id", "state"], chosen)).rowcount


def mark(connection: Connection, condition: ColumnElement[bool], **values: Any) -> None:
    """Write `path`, `left` or `why` beside the undecided members for whom a condition holds."""
    who = select(cohort.c.id).select_from(PEOPLE).where(UNDECIDED, condition)
    connection.execute(update(cohort).where(cohort.c.id.in_(who)).values(**values))


def some(connection: Connection, condition: ColumnElement[bool]) -> bool:
    """Does the condition hold for anybody undecided?"""
    who = select(cohort.c.id).select_from(PEOPLE).where(UNDECIDED, condition)
    return connection.execute(who.limit(1)).first() is not None


def states(connection: Connection) -> set[str]:
    """The states of the members: mostly all have one, and what others need can be spared."""
    return set(connection.execute(_STATES).scalars())


def decide(connection: Connection, path: str, why: str) -> None:
    """Give all undecided members this path."""
    connection.execute(update(cohort).where(UNDECIDED).values(path=path, why=why))


def decide_each(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write what was decided in Python: mappings of `id` and the same columns of the cohort in each."""
    if not rows:
        return
    names = [name for name in rows[0] if name != "id"]
    values = {name: bindparam(f"new_{name}", type_=cohort.c[name].type) for name in names}
    statement = update(cohort).where(cohort.c.id == bindparam("member")).values(values)
    connection.execute(
        statement, [{"member": row["id"], **{f"new_{name}": row[name] for name in names}} for row in rows]
    )


def wait(connection: Connection) -> None:
    """Let the undecided ready members wait, each until its `due_at` and `until_at` in the cohort."""
    own = [
        select(column).where(cohort.c.id == enrolment.c.id).scalar_subquery()
        for column in (cohort.c.due_at, cohort.c.until_at)
    ]
    who = select(cohort.c.id).where(READY)
    connection.execute(
        update(enrolment)
        .where(enrolment.c.id.in_(who))
        .values(state="waiting", due_at=own[0], until_at=own[1])
    )


def wait_alike(connection: Connection, due_at: datetime, until_at: datetime | None = None) -> None:
    """Let all undecided ready members wait until the same instant."""
    who = select(cohort.c.id).where(READY)
    connection.execute(
        update(enrolment)
        .where(enrolment.c.id.in_(who))
        .values(state="waiting", due_at=due_at, until_at=until_at)
    )


def move(
    connection: Connection, now: datetime, targets: Mapping[str, str | None], ended: Ending = ENDED
) -> dict[str, int]:
    """Let all decided members go: visits are recorded; they arrive at their path's target, or end.

    `targets`: path → the next step, or None for the journey's end. `ended`: what is still to come for whoever
    ends. Returns how many took each path; those who left are counted under `left: reason`.
    """
    taken, left = _ways(connection)
    if taken or left:
        connection.execute(_RECORD, {"now": now})
    for step in {targets[path] for path in taken}:
        who = {"paths": [path for path in taken if targets[path] == step]}
        if step is None:
            connection.execute(_COMPLETE, {**who, **_ending("completed", None, now, ended)})
        else:
            connection.execute(_ARRIVE, {**who, "new_step": step, "now": now})
    for reason in left:
        connection.execute(_LEAVE, {"left": reason, **_ending("left", reason, now, ended)})
    if (left or None in {targets[path] for path in taken}) and not ended.shows:
        release_of_ended(connection)
    return taken | {f"left: {reason}": number for reason, number in left.items()}


def _ways(connection: Connection) -> tuple[dict[str, int], dict[str, int]]:
    """How many take each path, and how many leave for each reason."""
    taken: dict[str, int] = {}
    left: dict[str, int] = {}
    for path, reason, number in connection.execute(_WAYS):
        for name, found in ((path, taken), (reason, left)):
            if name is not None:
                found[name] = found.get(name, 0) + number
    return dict(sorted(taken.items())), dict(sorted(left.items()))


def _ending(end: str, reason: str | None, now: datetime, ended: Ending) -> dict[str, Any]:
    return {"new_end": end, "new_reason": reason, "new_state": ended.state, "now": now}


# ── statements: made once, as making one takes longer than SQLite takes to do what it says ──


def _at(name: str) -> ColumnElement[Any]:
    return bindparam(name, type_=enrolment.c.ended_at.type)


def _changing(who: ColumnElement[bool], values: Mapping[str, Any]) -> Update:
    """Change those running enrolments of the cohort."""
    members = select(cohort.c.id).where(who)
    running = enrolment.c.ended_at.is_(None)
    gone = {"due_at": None, "until_at": None}
    return update(enrolment).where(enrolment.c.id.in_(members), running).values({**values, **gone})


_CLEAR = delete(cohort)
_STATES = select(cohort.c.state).distinct()
_WAYS = (
    select(cohort.c.path, cohort.c.left, func.count()).where(DECIDED).group_by(cohort.c.path, cohort.c.left)
)
_GOING_ON = and_(cohort.c.path.in_(bindparam("paths", expanding=True)), cohort.c.left.is_(None))
_ARRIVING = {"step": bindparam("new_step"), "state": "ready", "arrived_at": _at("now")}
_ENDING: dict[str, Any] = {name: bindparam(f"new_{name}") for name in ("state", "end", "reason")}
_ENDING |= {"step": None, "ended_at": _at("now")}
_ARRIVE = _changing(_GOING_ON, _ARRIVING)
_COMPLETE = _changing(_GOING_ON, _ENDING)
_LEAVE = _changing(cohort.c.left == bindparam("left"), _ENDING)
_ERASE = _changing(DECIDED, _ENDING)
_RECORD = insert(visit).from_select(
    _VISIT,
    select(
        enrolment.c.id,
        enrolment.c.step,
        enrolment.c.arrived_at,
        _at("now"),
        func.coalesce(func.nullif(cohort.c.path, SKIP), ""),
        func.coalesce(cohort.c.why, ""),
        enrolment.c.until_at,
    )
    .select_from(cohort.join(enrolment, enrolment.c.id == cohort.c.id))
    .where(DECIDED, enrolment.c.ended_at.is_(None)),
)


def end(
    connection: Connection,
    now: datetime,
    reason: str,
    ids: Iterable[int],
    why: str = "",
    ended: Ending = ENDED,
) -> int:
    """End these enrolments, if they still run, as `left: reason`; how many they were.

    The rest of the cohort at work, if there is one, stays as it was: a `set` may bring a merge about.
    """
    gone = set(ids)
    others = [dict(row._mapping) for row in connection.execute(select(cohort)) if row.id not in gone]
    take(connection, among(connection, enrolment.c.id, sorted(gone)) & enrolment.c.ended_at.is_(None), None)
    connection.execute(update(cohort).values(left=reason, why=why or f"left: {reason}"))
    ended_now = sum(move(connection, now, {}, ended).values())
    clear(connection)
    if others:
        connection.execute(insert(cohort), others)
    return ended_now


def erase(connection: Connection, now: datetime, ids: Sequence[int]) -> int:
    """End these enrolments because their customer is erased: no `at_end` steps; how many they were."""
    taken = take(connection, among(connection, enrolment.c.id, ids) & enrolment.c.ended_at.is_(None), None)
    connection.execute(update(cohort).values(left="erased"))
    connection.execute(_RECORD, {"now": now})
    connection.execute(_ERASE, _ending("erased", None, now, ENDED))
    release_of_ended(connection)
    clear(connection)
    return taken


def release_of_ended(connection: Connection) -> None:
    """What members of the cohort were to get who have ended, and whom no message showed it, goes back."""
    ended = select(enrolment.c.id).join(cohort, cohort.c.id == enrolment.c.id)
    release(connection, gift.c.enrolment_id.in_(ended.where(enrolment.c.ended_at.is_not(None))))


def release_at_last(connection: Connection) -> None:
    """The same where `at_end` has run: but what a call of it may show stays until the call is settled."""
    members = enrolment.c.id.in_(select(cohort.c.id))
    release(connection, gift.c.enrolment_id.in_(waits_for_none().where(members)))


def ended_state(journey: Journey) -> Ending:
    """What is still to come for whoever ends: `at_end` steps, or nothing."""
    shows = any(isinstance(step.action, Call) and step.action.body is not None for step in journey.at_end)
    return Ending("ending", shows) if journey.at_end else ENDED
