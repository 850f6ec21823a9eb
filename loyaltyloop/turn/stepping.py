"""The steps of a turn: each takes who is ready, due, sent or has answered, chunk by chunk."""

from __future__ import annotations

from sqlalchemy import ColumnElement, CompoundSelect, Connection, and_, bindparam, select, union

from loyaltyloop.journey.model import Give, Step
from loyaltyloop.steps.stand import Stand
from loyaltyloop.steps.verbs import VERBS
from loyaltyloop.store.among import among
from loyaltyloop.store.conditions.asking import leaves_by
from loyaltyloop.store.events.touched import batches
from loyaltyloop.store.inside.cohorts import (
    SKIP,
    cohort,
    ended_state,
    enrolment,
    mark,
    move,
    some,
    standing,
    take,
)
from loyaltyloop.store.live.versions import Live
from loyaltyloop.store.telling.reports import PASSED_OVER
from loyaltyloop.turn.counting import count_ahead
from loyaltyloop.turn.counts import Counts
from loyaltyloop.turn.delivering import deliver
from loyaltyloop.turn.frame import Busy, Frame
from loyaltyloop.turn.pauses import without_collector
from loyaltyloop.turn.stages import DELIVERING, Stage, stages

CHUNK = 5000
STATES = ("sent", "waiting", "ready")  # of whom a step looks at, each by its own stretch of the index


def walk_step(frame: Frame, stage: Stage) -> Counts:
    """Move on everybody at this step who can go on; what moved, by path."""
    live, name = frame.version(stage.version), stage.step
    assert name is not None
    states = [state for state in STATES if (live.number, name, state) in frame.busy]
    answered = frame.answered.pop((live.number, name), [])
    if not states and not answered:
        return Counts()
    step = live.journey.step(name)
    count_ahead(frame, step)
    here = and_(standing(frame.journey.name, live.number, name), frame.limits.who())
    parts = []
    for state in states:
        parts += _all_of(frame, live, step, and_(here, _looked_at(frame, state)))
    for ids in batches(sorted(answered), CHUNK):
        parts.append(_once(frame, live, step, here, ids)[1])
    return Counts.sum(parts)


def _looked_at(frame: Frame, state: str) -> ColumnElement[bool]:
    """In this state, and if that is waiting: due by now."""
    here = enrolment.c.state == state
    return and_(here, enrolment.c.due_at <= frame.now) if state == "waiting" else here


def _all_of(frame: Frame, live: Live, step: Step, who: ColumnElement[bool]) -> list[Counts]:
    parts = []
    while True:
        taken, counts = _once(frame, live, step, who)
        parts.append(counts)
        if taken < CHUNK or frame.limits.limit is not None:
            return parts


def _once(
    frame: Frame, live: Live, step: Step, who: ColumnElement[bool], ids: list[int] | None = None
) -> tuple[int, Counts]:
    """One chunk, one transaction: how many were looked at, and what moved."""
    begin = frame.transactions.write_shop if _tells(step) else frame.transactions.write
    with without_collector(), begin() as connection:
        chosen = who if ids is None else and_(who, among(connection, enrolment.c.id, ids))
        # Of many who are to be given something, those who entered first are in the first chunk.
        order = (enrolment.c.entered_at, enrolment.c.id) if step.verb == "give" else ()
        taken = take(connection, chosen, frame.limits.limit or CHUNK, order)
        if not taken:
            return 0, Counts()
        stand = Stand(
            *(connection, frame.now, frame.shop, live.journey, live.number, step),
            *(frame.world.secret, frame.templates.keys(), frame.uses_of),
        )
        return taken, Counts(_advance(frame, stand))


def _tells(step: Step) -> bool:
    """Does it apply events of its own? Whoever does must hold the shop's lock from the start."""
    return step.verb == "set" or (isinstance(step.action, Give) and step.action.kind != "voucher")


def _advance(frame: Frame, stand: Stand) -> dict[str, int]:
    step = stand.step
    _leave(stand)
    pass_by(stand)
    VERBS[step.verb](stand)
    targets = {"": step.after, SKIP: stand.journey.behind_next(step), **dict(step.edges)}
    moved = move(stand.connection, stand.now, targets, ended_state(frame.journey))
    reached = {targets.get(path) for path in moved} - {None}
    frame.busy.update((stand.version, target, "ready") for target in reached if target is not None)
    return moved


def pass_by(stand: Stand) -> None:
    """Whoever arrives at a step whose `if` does not hold goes on, and nothing is done."""
    if stand.step.condition is not None:
        passing = and_(cohort.c.state == "ready", ~stand.holds(stand.step.condition))
        mark(stand.connection, passing, path="", why=PASSED_OVER)


def _leave(stand: Stand) -> None:
    """`leave_when` for whoever moves.

    Who arrived in this very turn was looked at when it began, and only the journey's own `set` could
    have changed the answer since.
    """
    if not stand.journey.leave_when:
        return
    moving = ~_only_answering(stand)
    if "set" not in {step.verb for step in stand.journey.steps}:
        moving = and_(moving, (cohort.c.state != "ready") | (enrolment.c.arrived_at < stand.now))
    if not some(stand.connection, moving):
        return  # as for most: the one question costs less than each condition does
    for reason, condition in stand.journey.leave_when:
        leaving = leaves_by(stand.connection, stand.shop, stand.now, condition)
        mark(stand.connection, and_(moving, leaving), left=reason, why=f"left: {reason}")


def _only_answering(stand: Stand) -> ColumnElement[bool]:
    """Members that are not due yet were looked at as touched customers already."""
    return and_(enrolment.c.state == "waiting", enrolment.c.due_at > stand.now)


def find_busy(connection: Connection, frame: Frame) -> set[Busy]:
    """Where somebody is ready, sent or due."""
    found: set[Busy] = set()
    for live in frame.versions:
        here = {"journey": frame.journey.name, "version": live.number, "now": frame.now}
        found.update((live.number, step, state) for step, state in connection.execute(_BUSY, here))
    return found


def _busy() -> CompoundSelect[tuple[str, str]]:
    """Where somebody is to be looked at in a version. Made once, and asked several times in each turn."""
    here = and_(
        enrolment.c.journey == bindparam("journey"),
        enrolment.c.version == bindparam("version"),
        enrolment.c.ended_at.is_(None),
    )
    due = enrolment.c.due_at <= bindparam("now", type_=enrolment.c.due_at.type)
    by_state = {state: [enrolment.c.state == state] for state in STATES}
    by_state["waiting"].append(due)
    at = select(enrolment.c.step, enrolment.c.state)
    return union(*(at.where(here, *tests) for tests in by_state.values()))


_BUSY = _busy()


def settle(frame: Frame) -> Counts:
    """The steps again for those whose message was settled, and what follows, until nothing moves."""
    parts = []
    while True:
        moved = pass_on(frame)
        parts.append(moved)
        if not moved.total:
            return Counts.sum(parts)
        frame.pass_on(DELIVERING, deliver(frame))


def pass_on(frame: Frame) -> Counts:
    """One pass over the steps where somebody is to be looked at."""
    steps = [stage for stage in stages(frame.versions) if stage.kind == "step"]
    with frame.transactions.read() as connection:
        frame.busy = find_busy(connection, frame)
    parts = []
    for stage in steps:
        parts.append(walk_step(frame, stage))
        frame.pass_on(stage.name, parts[-1])
    return Counts.sum(parts)
