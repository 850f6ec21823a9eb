"""Answers that were heard of too late to count: they rewrite nothing, and stand on record."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, and_, bindparam, select, update

from loyaltyloop.journey.conditions.condition import AnyOf
from loyaltyloop.journey.model import Step, WaitFor
from loyaltyloop.store.among import among
from loyaltyloop.store.conditions.asking import cohort_scope
from loyaltyloop.store.conditions.sql import moment
from loyaltyloop.store.events.touched import batches
from loyaltyloop.store.inside.cohorts import PEOPLE, cohort, enrolment, take, visit
from loyaltyloop.store.live.versions import Live
from loyaltyloop.turn.frame import Frame

CHUNK = 5000
_LATE = (
    update(visit)
    .where(visit.c.enrolment_id == bindparam("member"), visit.c.step == bindparam("where"))
    .values(late_at=bindparam("at", type_=visit.c.late_at.type))
)


def note_late(frame: Frame, touched: Iterable[int]) -> None:
    """Note on the visits of touched customers that ended in silence when they had answered after all."""
    listening = [
        (live, step) for live in frame.versions for step in live.journey if isinstance(step.action, WaitFor)
    ]
    if not listening:
        return
    with frame.transactions.read() as connection:
        silent = [member for ids in batches(touched, CHUNK) for member in _silent(connection, frame, ids)]
    for members in batches(silent, CHUNK):
        for live, step in listening:
            _note(frame, live, step, members)


def _silent(connection: Connection, frame: Frame, customers: list[int]) -> list[int]:
    """Enrolments of these customers with a time-out behind them that nobody answered so far."""
    found = (
        select(enrolment.c.id)
        .join(visit, visit.c.enrolment_id == enrolment.c.id)
        .where(
            enrolment.c.journey == frame.journey.name,
            among(connection, enrolment.c.customer_id, customers),
            and_(visit.c.until_at.is_not(None), visit.c.late_at.is_(None)),
        )
    )
    return sorted(set(connection.execute(found).scalars()))


def _note(frame: Frame, live: Live, step: Step, members: list[int]) -> None:
    """One step: what was answered in time, by the event's own time, but arrived too late."""
    answers = AnyOf(tuple(path.when for path in step.paths if path.when is not None))
    with frame.transactions.write() as connection:
        mine = and_(among(connection, enrolment.c.id, members), enrolment.c.version == live.number)
        if not take(connection, mine, None):
            return
        scope = cohort_scope(connection, frame.shop, frame.now, [answers])
        answered = moment(answers, scope, visit.c.arrived_at, visit.c.until_at, None)
        silence = [
            visit.c.enrolment_id == cohort.c.id,
            visit.c.step == step.name,
            visit.c.path == step.paths[-1].name,
            visit.c.late_at.is_(None),
        ]
        rows = connection.execute(
            select(cohort.c.id, visit.c.until_at, answered.label("at")).select_from(
                PEOPLE.join(visit, and_(*silence))
            )
        ).all()
        # What holds without any event holds now, behind the time-out: that is no answer.
        late = [
            {"member": row.id, "where": step.name, "at": row.at}
            for row in rows
            if row.at is not None and row.at <= row.until_at
        ]
        if late:
            connection.execute(_LATE, late)
