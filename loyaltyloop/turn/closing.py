"""The two ends of a turn: events are applied first; at the end its place is noted and told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update

from loyaltyloop.channels.claiming.outbox import CLAIMED, WAITING, message
from loyaltyloop.journey.model import Give, Step
from loyaltyloop.steps.stand import Stand
from loyaltyloop.steps.verbs import VERBS
from loyaltyloop.store.events.apply import apply_events, apply_on, arrived
from loyaltyloop.store.events.touched import newest_seq
from loyaltyloop.store.inside.cohorts import cohort, enrolment, release_at_last, take
from loyaltyloop.store.loyalty.look import is_due, look
from loyaltyloop.store.models import TurnLog
from loyaltyloop.store.vouchers.gifts import expire
from loyaltyloop.store.vouchers.left import alerts
from loyaltyloop.turn.counts import Counts, Row, TurnReport
from loyaltyloop.turn.delivering import deliver
from loyaltyloop.turn.frame import Frame, journey_table
from loyaltyloop.turn.next_look import next_look
from loyaltyloop.turn.predicting import predict
from loyaltyloop.turn.stages import DELIVERING, Stage
from loyaltyloop.turn.stepping import CHUNK, pass_by

SOON = timedelta(minutes=1)


def apply(frame: Frame) -> Counts:
    """Apply what has arrived, and fix up to where this turn looks."""
    applied, aside = 0, list[str]()
    if frame.transactions.dry is not None:
        applied = apply_on(frame.transactions.dry, frame.now, frame.shop, tell=aside.append)
    elif _arrived(frame):
        applied = apply_events(frame.world.engine, frame.now, frame.shop, tell=aside.append)
    if _to_look_at(frame):
        look(frame.transactions.write_shop, frame.now, frame.shop, frame.world.secret)
    predict(frame)
    with frame.transactions.write() as connection:
        frame.upto = newest_seq(connection)
        _note(connection, frame, last_now=frame.now)
    told = Counter(f"set aside: {kind}" for kind in aside)
    return Counts(({"": applied} if applied else {}) | told)


def _arrived(frame: Frame) -> bool:
    with frame.transactions.read() as connection:
        return arrived(connection, frame.now)


def _to_look_at(frame: Frame) -> bool:
    with frame.transactions.read() as connection:
        return is_due(connection, frame.now, frame.shop)


def close(frame: Frame) -> Counts:
    """Run the `at_end` steps of whoever has ended, and note that all up to here were looked at."""
    ended = _at_end(frame) if _some_are_ending(frame) else 0
    if ended and any(step.verb == "call" for step in frame.journey.at_end):
        frame.pass_on(DELIVERING, deliver(frame))
    with frame.transactions.write() as connection:
        _note(connection, frame, seen_seq=frame.upto)
        expire(connection, frame.journey.name, frame.now)
    return Counts({"at_end": ended} if ended else {})


def _note(connection: Connection, frame: Frame, **values: object) -> None:
    """A restricted turn moves no cursor."""
    if frame.limits.all:
        mine = journey_table.c.name == frame.journey.name
        connection.execute(update(journey_table).where(mine).values(values))


def _ending(frame: Frame) -> ColumnElement[bool]:
    mine = enrolment.c.journey == frame.journey.name
    return and_(mine, enrolment.c.state == "ending", frame.limits.who())


def _some_are_ending(frame: Frame) -> bool:
    """Also where an edit has taken `at_end` away since they ended: nobody is left so."""
    with frame.transactions.read() as connection:
        return bool(connection.execute(select(enrolment.c.id).where(_ending(frame)).limit(1)).first())


def _at_end(frame: Frame) -> int:
    ending, total = _ending(frame), 0
    while True:
        with frame.transactions.write_shop() as connection:
            taken = take(connection, ending, frame.limits.limit or CHUNK)
            for step in frame.journey.at_end if taken else ():
                _look(connection, frame, step)
            members = select(cohort.c.id)
            connection.execute(update(enrolment).where(enrolment.c.id.in_(members)).values(state="ended"))
            release_at_last(connection)
        total += taken
        if taken < CHUNK:
            return total


def _look(connection: Connection, frame: Frame, step: Step) -> None:
    """One `at_end` step, for all in the cohort: they have arrived there, and go nowhere."""
    connection.execute(update(cohort).values(state="ready", path=None))
    stand = Stand(connection, frame.now, frame.shop, frame.journey, frame.versions[-1].number, step)
    pass_by(stand)
    VERBS[step.verb](stand)


def tell(frame: Frame, stages: Sequence[Stage], counts: Mapping[str, Counts]) -> TurnReport:
    """What the turn did, stage by stage; it is kept in the log if it did anything."""
    rows = tuple(_rows(frame, stages, counts))
    with frame.transactions.read() as connection:
        due, look = _next_due(connection, frame), next_look(connection, frame)
        low = tuple(alerts(connection, frame.shop, frame.now, _pools(frame)))
    report = TurnReport(frame.journey.name, frame.now, rows, due, frame.messages_wait, look, low)
    if not report.idle and frame.limits.all:
        with frame.transactions.write() as connection:
            told: dict[str, dict[str, int]] = {}
            for row in rows:
                told.setdefault(row.stage, {})[row.path] = row.people
            values = {"journey": report.journey, "now": frame.now, "counts": told}
            connection.execute(insert(TurnLog).values(values))
    return report


def _pools(frame: Frame) -> set[str]:
    """The pools that the journey takes codes of."""
    given = (step.action for live in frame.versions for step in live.journey)
    return {action.voucher for action in given if isinstance(action, Give) and action.voucher}


def _rows(frame: Frame, stages: Sequence[Stage], counts: Mapping[str, Counts]) -> Iterator[Row]:
    """By stage and path. What moved behind the delivery is told with the step that it moved from.

    Events are applied for the whole shop, and no news of this turn; but those that could not be are.
    """
    for stage in stages:
        if stage.kind in ("settle", "report"):
            continue
        parts = [known[stage.name] for known in (counts, frame.passed) if stage.name in known]
        for path, number in Counts.sum(parts).numbers.items():
            if stage.kind != "apply" or path:
                yield Row(stage.name, path, number)


def _next_due(connection: Connection, frame: Frame) -> datetime | None:
    """When somebody who is inside, or a message, is due next, as far as is known now; UTC."""
    held = and_(message.c.journey == frame.journey.name, WAITING)
    times: list[datetime | None] = []
    if frame.left_over:
        others = message.c.channel.not_in(frame.left_over)
        held = and_(held, or_(message.c.due_at > frame.now, others))
        times += [one.again for one in frame.left_over.values()]
    times.append(_first(connection, message.c.due_at, held))
    if frame.transactions.dry is None:  # what another delivery is handing over lets its customers go on
        under_way = and_(CLAIMED, message.c.journey == frame.journey.name)
        if connection.execute(select(message.c.id).where(under_way).limit(1)).first():
            times.append(frame.now + SOON)
    for live in frame.versions:  # one by one: each has its own end of the index
        waiting = and_(
            enrolment.c.journey == frame.journey.name,
            enrolment.c.version == live.number,
            enrolment.c.ended_at.is_(None),
            enrolment.c.state == "waiting",
        )
        times.append(_first(connection, enrolment.c.due_at, waiting))
    return min((time for time in times if time is not None), default=None)


def _first(
    connection: Connection, column: ColumnElement[datetime], where: ColumnElement[bool]
) -> datetime | None:
    return connection.execute(select(func.min(column, type_=column.type)).where(where)).scalar()
