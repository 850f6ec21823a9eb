"""`wait`: stay for a while, or until a date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, case, select, update

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.model import At, Until, Wait
from loyaltyloop.steps.hours import hours_from, hours_to_wait
from loyaltyloop.steps.resets import reset
from loyaltyloop.steps.stand import Stand
from loyaltyloop.steps.targets import gift_of, score_of, target, value_of, waited_in
from loyaltyloop.store.inside.cohorts import (
    READY,
    SKIP,
    cohort,
    customer,
    decide_each,
    enrolment,
    mark,
    states,
    wait,
    wait_alike,
)
from loyaltyloop.store.inside.kept import kept_by
from loyaltyloop.store.vouchers.gifts import shown_until

NOT_LATE = timedelta()
_CUSTOMER = [column for column in customer.c if column.name not in ("id", "key")]


def look(stand: Stand) -> None:
    """Those whose time has come go on; those who have arrived wait."""
    action = stand.step.action
    assert isinstance(action, Wait)
    if action.reset_by and action.duration:
        reset(stand, action.reset_by, action.duration, action.at)
    here = states(stand.connection)
    if "waiting" in here:
        over = (cohort.c.state == "waiting") & (enrolment.c.due_at <= stand.now)
        mark(stand.connection, over, path="", why="waited")
    if "ready" in here:
        _let_wait(stand, action)


def _let_wait(stand: Stand, action: Wait) -> None:
    match action:
        case Wait(duration=Duration() as duration):
            wait_for_duration(stand, duration, action.at)
        case Wait(until=Until() as until):
            wait_for_date(stand, until, action.at)


def wait_for_duration(
    stand: Stand, duration: Duration, at: At | None, lateness: timedelta = NOT_LATE
) -> None:
    """Let arrivals wait, by the calendar of their zones; looked at later by the lateness."""
    if duration.elapsed and at is None:
        end = duration.after(stand.now, "UTC")
        wait_alike(stand.connection, end + lateness, end if lateness else None)
        return
    if at is not None and at.best:
        good = hours_to_wait(stand, duration, at)
        decide_each(stand.connection, [{"id": member, "due_at": end} for member, end in good.items()])
        wait(stand.connection)
    elif zones := stand.zones():
        home = stand.shop.timezone
        ends = waited_in({*zones, home}, stand.now, duration, at)
        own = {"due_at": _by_zone({zone: end + lateness for zone, end in ends.items()}, home)}
        if lateness:
            own["until_at"] = _by_zone(ends, home)
        stand.connection.execute(update(cohort).where(READY).values(own))
        wait(stand.connection)


def _by_zone(ends: Mapping[str, datetime], home: str) -> Any:
    """The instant for a member's zone; the shop's for one who has moved since the zones were read."""
    return (
        select(case(dict(ends), value=customer.c.zone, else_=ends[home]))
        .where(enrolment.c.id == cohort.c.id, customer.c.id == enrolment.c.customer_id)
        .scalar_subquery()
    )


def wait_for_date(stand: Stand, until: Until, at: At | None, lateness: timedelta = NOT_LATE) -> None:
    """Let arrivals wait until their own date; one that is past, or unknown, does as `if_past` says."""
    waiting, over = [], []
    ends_of_gift = shown_until(enrolment.c.id, gift_of(until)).label("gift_expires")
    number = kept_by(enrolment.c.id, score_of(until)).label("score")
    asked = (cohort.c.id, enrolment.c.entered_at, enrolment.c.trigger, ends_of_gift, number)
    people = stand.people(*asked, *_CUSTOMER)
    moments = {person.id: _target(until, person, at) for person in people}
    if at is not None and at.best:
        moments |= hours_from(stand, at, {member: one for member, one in moments.items() if one})
    for person in people:
        moment = moments[person.id]
        if moment is not None and moment > stand.now:
            ends = {"due_at": moment + lateness, "until_at": moment if lateness else None}
            waiting.append({"id": person.id, **ends})
        else:
            over.append(_past(stand, person.id, until.if_past, "past" if moment else "unknown"))
    decide_each(stand.connection, waiting)
    decide_each(stand.connection, over)
    wait(stand.connection)


def _target(until: Until, person: Row[Any], at: At | None) -> datetime | None:
    value = value_of(until, dict(person._mapping), person.attributes or {}, person.trigger or {})
    return target(until, value, person.entered_at, None if at and at.best else at, person.zone)


def _past(stand: Stand, member: int, if_past: str, what: str) -> dict[str, Any]:
    """What becomes of one whose date is past or unknown; `skip` passes over the next step too."""
    proceed = stand.step.paths[-1].name if stand.step.paths else ""
    match if_past:
        case "leave":
            return {"id": member, "path": None, "left": f"date {what}", "why": f"its date is {what}"}
        case "skip":
            return {
                "id": member,
                "path": SKIP,
                "left": None,
                "why": f"its date is {what}: next step passed over",
            }
        case _:
            return {"id": member, "path": proceed, "left": None, "why": f"its date is {what}"}
