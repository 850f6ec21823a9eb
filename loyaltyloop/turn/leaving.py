"""After entering: who leaves by `leave_when`, who has reached the goal, and who may have answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, literal, select, update

from loyaltyloop.journey.conditions.condition import Condition
from loyaltyloop.journey.model import Wait, WaitFor
from loyaltyloop.store.among import among
from loyaltyloop.store.conditions.asking import cohort_scope, leaves_by
from loyaltyloop.store.conditions.sql import moment
from loyaltyloop.store.events.touched import batches, touched_customers
from loyaltyloop.store.inside.cohorts import (
    PEOPLE,
    cohort,
    customer,
    ended_state,
    enrolment,
    mark,
    move,
    standing,
    take,
)
from loyaltyloop.store.inside.holding import release
from loyaltyloop.turn.counts import Counts
from loyaltyloop.turn.frame import Frame, journey_table
from loyaltyloop.turn.lateness import note_late
from loyaltyloop.turn.stepping import CHUNK, find_busy

_GOAL_AT = (
    update(enrolment)
    .where(enrolment.c.id == bindparam("member"))
    .values(goal_at=bindparam("reached", type_=enrolment.c.goal_at.type))
)


def leave(frame: Frame) -> Counts:
    """Look at all customers touched since the last turn, and at those who have just entered."""
    with frame.transactions.read() as connection:
        touched = _touched(connection, frame)
        running, aiming = _enrolled(connection, frame, touched)
        aiming = sorted({*aiming, *_come_later(connection, frame)})
    parts = [_leave_when(frame, ids) for ids in batches(_looked_at(frame, running), CHUNK)]
    if frame.journey.goal is not None:
        for ids in batches(aiming, CHUNK):
            _reach_goal(frame, frame.journey.goal, ids)
    _release(frame, touched)
    note_late(frame, touched)
    with frame.transactions.read() as connection:
        frame.busy = find_busy(connection, frame)
    _note_answers(frame, running)
    return Counts.sum(parts)


def _touched(connection: Connection, frame: Frame) -> list[int]:
    seen = connection.execute(
        select(journey_table.c.seen_seq).where(journey_table.c.name == frame.journey.name)
    ).scalar_one()
    ids = touched_customers(connection, seen, frame.upto)
    if not frame.limits.customers:
        return ids
    allowed = set(connection.execute(frame.limits.customer_ids()).scalars())
    return [customer_id for customer_id in ids if customer_id in allowed]


Running = list[tuple[int, int, str]]  # enrolment, version, step


def _enrolled(connection: Connection, frame: Frame, customers: Iterable[int]) -> tuple[Running, list[int]]:
    """These customers' running enrolments; and those, ended ones too, that have not reached the goal."""
    running: Running = []
    aiming: list[int] = []
    own = [enrolment.c[name] for name in ("id", "version", "step", "ended_at", "goal_at")]
    chosen = select(*own).where(enrolment.c.journey == frame.journey.name)
    for ids in batches(customers, CHUNK):
        for row in connection.execute(chosen.where(among(connection, enrolment.c.customer_id, ids))).all():
            if row.ended_at is None:
                running.append((row.id, row.version, row.step))
            if row.goal_at is None:
                aiming.append(row.id)
    return running, aiming


def _release(frame: Frame, touched: list[int]) -> None:
    """What a `hold_while` holds is looked at again for touched people: it may have ceased to hold."""
    for ids in batches(touched, CHUNK) if frame.shop.hold_while else ():
        with frame.transactions.write() as connection:
            release(connection, frame.journey.name, ids, frame.now)


def _come_later(connection: Connection, frame: Frame) -> list[int]:
    """Those enrolled since the last whole turn who had entered before, as from the queue.

    What they did between was looked at in a turn in which they were not yet enrolled.
    """
    if frame.journey.goal is None:
        return []
    mine = journey_table.c.name == frame.journey.name
    last = connection.execute(select(journey_table.c.last_now).where(mine)).scalar_one()
    at = enrolment.c.enrolled_at
    new = at > last if last and last < frame.now else at >= frame.now
    late = (new, enrolment.c.entered_at < at, frame.limits.who())
    chosen = select(enrolment.c.id).where(enrolment.c.journey == frame.journey.name, *late)
    return list(connection.execute(chosen).scalars())


def _looked_at(frame: Frame, running: Running) -> list[int]:
    """Touched people, and those who stand ready at the first step."""
    with frame.transactions.read() as connection:
        newest = frame.versions[-1]
        first = standing(frame.journey.name, newest.number, newest.journey.first)
        ready = and_(first, enrolment.c.state == "ready", frame.limits.who())
        fresh = connection.execute(select(enrolment.c.id).where(ready)).scalars()
        return sorted({member for member, _, _ in running}.union(fresh))


def _leave_when(frame: Frame, ids: list[int]) -> Counts:
    if not frame.journey.leave_when:
        return Counts()
    with frame.transactions.write() as connection:
        take(connection, and_(among(connection, enrolment.c.id, ids), enrolment.c.ended_at.is_(None)), None)
        for reason, condition in frame.journey.leave_when:
            leaving = leaves_by(connection, frame.shop, frame.now, condition)
            mark(connection, leaving, left=reason, why=f"left: {reason}")
        return Counts(move(connection, frame.now, {}, ended_state(frame.journey)))


def _reach_goal(frame: Frame, goal: Condition, ids: list[int]) -> None:
    """Write `goal_at` on these enrolments, ended and held-out ones too, that have reached it."""
    with frame.transactions.write() as connection:
        if not take(connection, among(connection, enrolment.c.id, ids), None):
            return
        scope = cohort_scope(connection, frame.shop, frame.now, [goal], entered=True)
        now = literal(frame.now, enrolment.c.entered_at.type)
        # What has arrived counts, though its own time be later than `now`: nothing would look at it then.
        reached = moment(goal, scope, enrolment.c.entered_at, None, now)
        rows = connection.execute(
            select(cohort.c.id, enrolment.c.entered_at, customer.c.zone, reached.label("at")).select_from(
                PEOPLE
            )
        )
        hits = [
            {"member": row.id, "reached": row.at}
            for row in rows
            if row.at is not None and _in_time(frame, row.at, row.entered_at, row.zone)
        ]
        if hits:
            connection.execute(_GOAL_AT, hits)


def _in_time(frame: Frame, at: datetime, entered_at: datetime, zone: str) -> bool:
    within = frame.journey.goal_within
    return within is None or at <= within.after(entered_at, zone)


def _note_answers(frame: Frame, running: Running) -> None:
    """Touched people at a step that listens are looked at there, though they are not due."""
    answered: dict[tuple[int, str], list[int]] = defaultdict(list)
    listening = {
        (live.number, step.name)
        for live in frame.versions
        for step in live.journey
        if isinstance(step.action, WaitFor) or (isinstance(step.action, Wait) and step.action.reset_by)
    }
    for member, version, step in running:
        if (version, step) in listening:
            answered[version, step].append(member)
    frame.answered = dict(answered)
