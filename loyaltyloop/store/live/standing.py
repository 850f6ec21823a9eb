"""Who stands where in a journey, and moving them to the same place in another version."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    bindparam,
    case,
    distinct,
    func,
    literal,
    select,
    update,
)

from loyaltyloop.journey.clock.times import Duration, next_at
from loyaltyloop.journey.model import CALLS, Ask, At, Call, Journey, Send, Step
from loyaltyloop.store.inside.kept import chosen_hour, kept_by
from loyaltyloop.store.live.versions import load_versions
from loyaltyloop.store.models import Customer, Engagement, Enrolment, Gift, Kept, Message, Visit

enrolment: Table = Enrolment.__table__  # type: ignore[attr-defined]
customer: Table = Customer.__table__  # type: ignore[attr-defined]
visit: Table = Visit.__table__  # type: ignore[attr-defined]
kept: Table = Kept.__table__  # type: ignore[attr-defined]
gift: Table = Gift.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]
engagement: Table = Engagement.__table__  # type: ignore[attr-defined]

UNSENT = ("planned", "held")
UNSETTLED = (*UNSENT, "claimed")  # what was claimed may be held again


@dataclass(frozen=True)
class Standing:
    """So many people stand at this step of this version."""

    version: int
    step: str
    people: int


@dataclass(frozen=True)
class NewWait:
    """A wait of another length, from when they arrived. `lateness`: how much later a turn looks."""

    duration: Duration
    at: At | None = None
    lateness: timedelta | None = None

    def until(self, arrived_at: datetime, zone: str, hour: int) -> datetime:
        """The end of the wait, by the calendar of the customer's zone; `hour`: their good one."""
        end = self.duration.after(arrived_at, zone)
        if self.at is None:
            return end
        return next_at(end, zone, time(hour) if self.at.best else self.at.time, self.at.days)


@dataclass(frozen=True)
class Move:
    """Let all who stand at `step` (None: anywhere) of `version` go on at `target` of version `to`.

    `anew`: those who wait are looked at afresh, or wait as `wait` says; else they keep their due time.
    `names`: the steps that were renamed, old name → new: their past is told in the new words.
    """

    version: int
    to: int
    step: str | None = None
    target: str | None = None
    anew: bool = False
    names: tuple[tuple[str, str], ...] = ()
    wait: NewWait | None = None


def standing(connection: Connection, journey: str) -> list[Standing]:
    """Where the journey's running enrolments stand, in order of version and step."""
    columns = (enrolment.c.version, enrolment.c.step)
    rows = connection.execute(
        select(*columns, func.count()).where(running_in(journey)).group_by(*columns).order_by(*columns)
    )
    return [Standing(version, step or "", people) for version, step, people in rows]


def would_meet_again(connection: Connection, journey: str, place: Move, ahead: Collection[str]) -> list[str]:
    """Steps (in the old names) of `ahead` that somebody of this place has already been through."""
    rows = connection.execute(
        select(distinct(visit.c.step))
        .join(enrolment, enrolment.c.id == visit.c.enrolment_id)
        .where(_there(journey, place), visit.c.step.in_(list(ahead)))
        .order_by(visit.c.step)
    )
    return list(rows.scalars())


def unsent(connection: Connection) -> dict[str, int]:
    """Template → how many of its messages are planned or held."""
    rows = connection.execute(
        select(message.c.template, func.count().label("number"))
        .where(message.c.state.in_(UNSENT))
        .group_by(message.c.template)
    )
    return {row.template: row.number for row in rows}


def move(connection: Connection, journey: str, place: Move) -> None:
    """Move them; their earlier visits and messages take the steps' new names."""
    who = select(enrolment.c.id).where(_there(journey, place))
    _move_messages(connection, place, who.scalar_subquery())
    _rename_past(connection, dict(place.names), who.scalar_subquery())
    values: dict[str, object] = {"version": place.to}
    if place.target is not None:
        values["step"] = place.target
    if place.wait is not None:
        _wait_anew(connection, place.wait, _there(journey, place), place.target)
    elif place.anew:
        waits = enrolment.c.state == "waiting"
        values["state"] = case((waits, literal("ready")), else_=enrolment.c.state)
        for name in ("due_at", "until_at"):
            values[name] = case((waits, None), else_=enrolment.c[name])
    connection.execute(update(enrolment).where(_there(journey, place)).values(values))


def _wait_anew(connection: Connection, wait: NewWait, there: ColumnElement[bool], step: str | None) -> None:
    """`step`: what it is called now, as what was kept there already is."""
    theirs = kept_by(enrolment.c.id, step or enrolment.c.step).label("kept")
    columns = (enrolment.c.id, enrolment.c.arrived_at, customer.c.zone, theirs)
    source = enrolment.join(customer, customer.c.id == enrolment.c.customer_id)
    waiting = select(*columns).select_from(source).where(there, enrolment.c.state == "waiting")
    rows = connection.execute(waiting).all()
    whose = {row.id: (row.arrived_at, row.zone, chosen_hour(row.kept)) for row in rows}
    ends = {each: wait.until(*each) for each in set(whose.values())}
    late = wait.lateness or timedelta()
    values = [
        {"one": row.id, "due": end + late, "until": end if wait.lateness else None}
        for row in rows
        for end in (ends[whose[row.id]],)
    ]
    if values:
        statement = update(enrolment).where(enrolment.c.id == bindparam("one"))
        times = {name: bindparam(key, type_=enrolment.c[name].type) for name, key in _TIMES.items()}
        connection.execute(statement.values(times), values)


_TIMES = {"due_at": "due", "until_at": "until"}


def renew_messages(connection: Connection, journey: str) -> None:
    """Let the journey's messages that have not left say and be for what their steps now do.

    What was claimed keeps the words of its stored bytes; and where the step leaves the channel open, those
    keep theirs for whom it was found when their message was decided.
    """
    waiting = and_(message.c.journey == journey, message.c.state.in_(UNSENT))
    places = connection.execute(select(message.c.version, message.c.step).where(waiting).distinct()).all()
    live = {version.number: version.journey for version in load_versions(connection, journey)}
    for version, step in places:
        if version not in live:
            continue  # its people have ended, and the gate refuses it for that
        words, channel, is_open = _sent_by(_step(live[version], step))
        here = and_(waiting, message.c.version == version, message.c.step == step)
        connection.execute(update(message).where(here).values(priority=live[version].priority, **words))
        if channel != "best":
            fixed = and_(here, message.c.routes.is_(None)) if is_open else here
            connection.execute(update(message).where(fixed).values(channel=channel, routes=None))


def _step(journey: Journey, name: str) -> Step:
    return next(step for step in (*journey.steps, *journey.at_end) if step.name == name)


def _sent_by(step: Step) -> tuple[dict[str, str], str, bool]:
    """What a message has of the step that sends it, its channel, and whether it may take another one."""
    match step.action:
        case Send() as send:
            return _of_send(send)
        case Ask(send=send):
            return _of_send(send)
        case Call() as call:
            return {"template": call.body or "", "purpose": call.purpose}, CALLS, False
        case _:
            raise LookupError(f"{step.name!r} sends nothing, and a message of it waits")


def _of_send(send: Send) -> tuple[dict[str, str], str, bool]:
    is_open = send.channel == "best" or send.if_blocked == "other_channel"
    return {"template": send.template, "purpose": send.purpose}, send.channel, is_open


def _move_messages(connection: Connection, place: Move, who: ColumnElement[object]) -> None:
    """A message goes on with its person: the gate asks what the step of that version asks."""
    theirs = and_(message.c.enrolment_id.in_(who), message.c.state.in_(UNSETTLED))
    connection.execute(update(message).where(theirs).values(version=place.to))


def _rename_past(connection: Connection, names: Mapping[str, str], who: ColumnElement[object]) -> None:
    if not names:
        return
    for table in (visit, kept, gift, message):
        _rename(connection, table, table.c.enrolment_id.in_(who), names)
    keys = select(message.c.key).where(message.c.enrolment_id.in_(who)).scalar_subquery()
    _rename(connection, engagement, engagement.c.message_key.in_(keys), names)


def _rename(
    connection: Connection, table: Table, theirs: ColumnElement[bool], names: Mapping[str, str]
) -> None:
    where = and_(theirs, table.c.step.in_(list(names)))
    connection.execute(update(table).where(where).values(step=case(dict(names), value=table.c.step)))


def _there(journey: str, place: Move) -> ColumnElement[bool]:
    there = and_(running_in(journey), enrolment.c.version == place.version)
    return there if place.step is None else and_(there, enrolment.c.step == place.step)


def running_in(journey: str) -> ColumnElement[bool]:
    """Enrolments of the journey that have not ended."""
    return and_(enrolment.c.journey == journey, enrolment.c.ended_at.is_(None))
