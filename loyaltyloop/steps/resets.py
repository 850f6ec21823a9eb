"""`reset_by`: a wait that starts anew at each such event, if it came before the wait's end."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select, union, update

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.conditions.condition import AnyOf, Condition, Did, Segment
from loyaltyloop.journey.model import At
from loyaltyloop.steps.hours import hour_again
from loyaltyloop.steps.stand import Stand
from loyaltyloop.steps.targets import reset_chain, waited
from loyaltyloop.store.among import among
from loyaltyloop.store.conditions.deeds import deeds
from loyaltyloop.store.inside.cohorts import PEOPLE, cohort, customer, enrolment
from loyaltyloop.store.inside.kept import chosen_hour, kept_by

_SET = (
    update(enrolment)
    .where(enrolment.c.id == bindparam("member"))
    .values(
        due_at=bindparam("new_due", type_=enrolment.c.due_at.type),
        until_at=bindparam("new_until", type_=enrolment.c.until_at.type),
    )
)


def reset(
    stand: Stand, by: Condition, duration: Duration, at: At | None, lateness: timedelta | None = None
) -> None:
    """Move the end of the waiting members by the events that have arrived.

    `lateness`: of a `wait_for`, which looks again that much after its time-out.
    """
    moved = []
    for member, so_far, person, events in _resets(stand, by):
        end = reset_chain(so_far, events, partial(_over, stand, duration, at, person), lateness)
        moved.append(
            {
                "member": member,
                "new_due": end + (lateness or timedelta()),
                "new_until": end if lateness else None,
            }
        )
    if moved:
        stand.connection.execute(_SET, moved)


def _over(stand: Stand, duration: Duration, at: At | None, person: Person, start: datetime) -> datetime:
    """When a wait from `start` on ends; a good hour stays the one that was chosen when they came here."""
    if at is None or not at.best:
        return waited(start, duration, at, person.zone)
    moment = duration.after(start, person.zone)
    return hour_again(stand, at, chosen_hour(person.kept), moment, person.zone, person.country)


class Person(NamedTuple):
    """Where a member lives, and what this step has kept for it."""

    zone: str
    country: str | None
    kept: Any


def _resets(
    stand: Stand, by: Condition
) -> Iterator[tuple[int, datetime, Person, list[tuple[datetime, datetime]]]]:
    """(enrolment, end so far, person, times and arrivals of resetting events) of members that have any."""
    scope = stand.scope(by)
    times = [deeds(did, scope) for did in _dids(by)]
    if not times:
        return
    # The stored end: it knows of earlier resets, and of a pause that has moved it.
    so_far = func.coalesce(enrolment.c.until_at, enrolment.c.due_at).label("so_far")
    waiting = (cohort.c.state == "waiting", enrolment.c.due_at.is_not(None))
    found = union(
        *(
            select(cohort.c.id, so_far, rows.at.label("at"), rows.source.c.arrived_at.label("come"))
            .select_from(PEOPLE, rows.source)
            .where(rows.where, *waiting, rows.at >= enrolment.c.arrived_at)
            for rows in times
        )
    )
    events: dict[int, tuple[datetime, list[tuple[datetime, datetime]]]] = {}
    for member, end, moment, come in stand.connection.execute(found):
        events.setdefault(member, (end, []))[1].append((moment, come))
    people = _people(stand, events)
    for member, (end, moments) in events.items():
        yield member, end, people[member], sorted(moments)


def _people(stand: Stand, members: Collection[int]) -> dict[int, Person]:
    theirs = kept_by(cohort.c.id, stand.step.name)
    rows = select(cohort.c.id, customer.c.zone, customer.c.country, theirs).select_from(PEOPLE)
    some = rows.where(among(stand.connection, cohort.c.id, list(members)))
    return {member: Person(*about) for member, *about in stand.connection.execute(some)}


def _dids(condition: Condition) -> list[Did]:
    """The events that `reset_by` names: one `did`, or any of several."""
    match condition:
        case Did():
            return [condition]
        case AnyOf(parts):
            return [did for part in parts for did in _dids(part)]
        case Segment(_, part):
            return _dids(part)
        case _:
            return []
