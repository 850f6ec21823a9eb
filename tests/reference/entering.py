"""Who might enter a journey in this turn, and who of them does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from loyaltyloop.journey.clock.times import Duration, to_instant, to_local, yearly_day
from loyaltyloop.journey.model import Again, ByDate, ByEvent, ByState, Journey, Step
from tests.reference.conditions import Asked, asks, moment_of
from tests.reference.hashing import message_key
from tests.reference.state import Enrolment, Happening, Person
from tests.reference.values import fields_hold

YEAR_AT_LEAST = Duration(days=300)
PLACEHOLDERS = (date(1900, 1, 1), date(1970, 1, 1))


@dataclass(frozen=True)
class Candidate:
    """Somebody who might enter; `occurrence` as it is under `again: never`."""

    person: Person
    at: datetime
    one_per: str
    occurrence: str = ""
    trigger: dict[str, Any] = field(default_factory=dict)
    event: Happening | None = None

    @property
    def order(self) -> tuple[datetime, int]:
        return (self.at, self.event.number if self.event else self.person.number)


def by_event(
    journey: Journey, applied: list[tuple[Happening, Person]], asked: Callable[[Person], Asked]
) -> Iterator[Candidate]:
    """Those whose events were applied in this turn."""
    for event, person in applied:
        if _calls(journey, event, asked(person)) and (candidate := _candidate(journey, event, person)):
            yield candidate


def _calls(journey: Journey, event: Happening, asked: Asked) -> bool:
    """Is this an event to enter by?"""
    by = journey.enter.by
    return (
        isinstance(by, ByEvent)
        and event.type == "track"
        and event.name in by.events
        and event.at >= by.max_age.before(asked.now, asked.zone)
        and fields_hold(by.where, event.properties, moment_of(asked))
    )


def _candidate(journey: Journey, event: Happening, person: Person) -> Candidate | None:
    """None: the event lacks what there is one enrolment for."""
    one_per = _one_per(journey, event.properties)
    if one_per is None:
        return None
    occurrence = "" if journey.enter.again.kind == "never" else event.identity
    return Candidate(person, event.at, one_per, occurrence, dict(event.properties), event)


def _one_per(journey: Journey, trigger: Mapping[str, Any]) -> str | None:
    per = journey.enter.one_per
    value = "" if per == "customer" else trigger.get(per)
    usable = isinstance(value, str | int | float) and len(str(value)) <= 255
    return str(value) if usable else None


def by_date(by: ByDate, person: Person, now: datetime, zone: str) -> Iterator[Candidate]:
    """The yearly days that have come and are not older than `catch_up`."""
    day = _read_date(person.attribute(by.attribute), now)
    if day is None:
        return
    for year in range(now.year - 1, now.year + 2):
        yearly = yearly_day(day.month, day.day, year, by.feb29)
        if yearly is None:
            continue
        at = to_instant(datetime.combine(_moved(yearly, by), by.at), zone)
        if by.catch_up.before(now, zone) < at <= now:
            yield Candidate(person, at, str(year))


def period(check: str, now: datetime, shop_zone: str) -> str:
    """The hour, or the day of the shop's own, in which there is one check of a condition."""
    return f"{now:%Y-%m-%dT%H}" if check == "hourly" else to_local(now, shop_zone).date().isoformat()


def by_state(
    journey: Journey, asked: list[Asked], held_before: set[str], occurrence: str
) -> Iterator[Candidate]:
    """Those for whom `when` (and `if`) has begun to hold; under `again: after` all for whom it holds."""
    for each in asked:
        begun = each.person.key not in held_before
        if state_holds(journey, each) and (begun or journey.enter.again.kind == "after"):
            yield Candidate(
                each.person, each.now, "", "" if journey.enter.again.kind == "never" else occurrence
            )


def state_holds(journey: Journey, asked: Asked) -> bool:
    """Does what one enters by hold now?"""
    by, also = journey.enter.by, journey.enter.condition
    assert isinstance(by, ByState)
    return asks(by.condition, asked) and (also is None or asks(also, asked))


def started(step: Step, enrolment: Enrolment, journey: Journey, now: datetime) -> Candidate | None:
    """Whom a `start` lets enter another journey, with what was entered this one by; None: lacks `one_per`."""
    ident = message_key(
        enrolment.journey,
        enrolment.customer_key,
        enrolment.one_per,
        enrolment.occurrence,
        step.first_name or step.name,
    )
    occurrence = "" if journey.enter.again.kind == "never" else ident
    one_per = _one_per(journey, enrolment.trigger)
    if one_per is None:
        return None
    return Candidate(enrolment.person, now, one_per, occurrence, dict(enrolment.trigger))


def _moved(day: date, by: ByDate) -> date:
    if by.offset is None:
        return day
    moved = by.offset.after(datetime.combine(day, datetime.min.time(), UTC), "UTC", by.offset_sign)
    return moved.date()


def _read_date(value: Any, now: datetime) -> date | None:
    """A date that could be somebody's, else None."""
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    refused = day in PLACEHOLDERS or day > now.date() or now.year - day.year > 120
    return None if refused else day


def enrolled(journey: Journey, candidate: Candidate, now: datetime, number: int) -> Enrolment:
    """What this candidate's enrolment is from the beginning."""
    return Enrolment(
        journey=journey.name,
        person=candidate.person,
        customer_key=candidate.person.key,
        one_per=candidate.one_per,
        occurrence=candidate.occurrence,
        entered_at=candidate.at,
        trigger=candidate.trigger,
        trigger_event=candidate.event,
        arrived_at=now,
        step=journey.first,
        number=number,
    )


def admitted(candidate: Candidate, journey: Journey, earlier: list[Enrolment], asked: Asked) -> bool:
    """Does this candidate enter? `earlier`: every enrolment of the person in this journey."""
    enter = journey.enter
    same = [each for each in earlier if each.one_per == candidate.one_per]
    if not _again(candidate, enter.again, same, asked.zone):
        return False
    if isinstance(enter.by, ByDate) and any(_too_soon(candidate, each, asked.zone) for each in earlier):
        return False
    if enter.while_inside == "ignore" and any(each.running for each in same):
        return False
    return enter.condition is None or asks(enter.condition, asked)


def _again(candidate: Candidate, again: Again, same: list[Enrolment], zone: str) -> bool:
    if not same:
        return True
    match again.kind:
        case "never":
            return False
        case "always":
            return True
        case "after":
            assert again.after is not None
            return candidate.at >= again.after.after(max(each.entered_at for each in same), zone)


def _too_soon(candidate: Candidate, earlier: Enrolment, zone: str) -> bool:
    """A changed date gives no second gift."""
    return candidate.at < YEAR_AT_LEAST.after(earlier.entered_at, zone)
