"""What one step does with one customer who stands there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol, assert_never

from loyaltyloop.journey.clock.times import Duration, next_at, read_instant, to_instant
from loyaltyloop.journey.conditions.condition import Did
from loyaltyloop.journey.model import (
    Ask,
    At,
    Branch,
    Call,
    Give,
    Journey,
    Leave,
    Recommend,
    Score,
    Send,
    Set,
    Shop,
    Split,
    Start,
    Step,
    Until,
    Wait,
    WaitFor,
)
from tests.reference.answers import decided_path
from tests.reference.channels import channels
from tests.reference.conditions import Asked, asks, deeds
from tests.reference.hashing import drawn_path, message_key
from tests.reference.models import DUE, NUMBERS
from tests.reference.state import Enrolment, Message


@dataclass(frozen=True)
class Go:
    """Take this path."""

    path: str = ""


@dataclass(frozen=True)
class Stay:
    """Stand here, at the latest until this instant."""

    due_at: datetime | None = None


@dataclass(frozen=True)
class Quit:
    """Leave the journey."""

    reason: str


@dataclass(frozen=True)
class Skip:
    """Go on behind the next step of the same list."""


@dataclass(frozen=True)
class Enter:
    """Go on, and enter another journey at its next turn."""

    journey: str


class GoodHour(Protocol):
    """When the customer's good hour comes next after an instant; `channel`: by which a message goes."""

    def __call__(self, start: datetime, at: At, channel: str | None = None) -> datetime: ...


Move = Go | Stay | Quit | Skip | Enter


def act(shop: Shop, step: Step, enrolment: Enrolment, asked: Asked, good: GoodHour) -> Move:
    """Let the customer's present step decide."""
    match step.action:
        case Send():
            return _plan(step, step.action, enrolment, asked, good)
        case Ask(send=send):
            move = _plan(step, send, enrolment, asked, good)
            enrolment.messages[step.name].offers = _offered(step.action)
            return move
        case Call():
            return call(step, step.action, enrolment, asked)
        case Wait():
            return _wait(step.action, enrolment, asked, good)
        case WaitFor():
            return _wait_for(shop, step.action, enrolment, asked, good)
        case Branch():
            return Go(next(p.name for p in step.action.paths if p.when is None or asks(p.when, asked)))
        case Split():
            paths = step.action.paths
            return Go(
                drawn_path(enrolment.journey, step.first_name or step.name, paths, enrolment.customer_key)
            )
        case Set():
            assign(step.action, asked)
            return Go()
        case Leave():
            return Quit(step.action.reason)
        case Start():
            return Enter(step.action.journey)
        case Recommend() | Give() | Score():
            _score(step, enrolment, asked)
            return Go()
        case _:
            raise AssertionError(f"{step.verb} is not part of the reference yet")


def behind_next(journey: Journey, step: Step) -> str | None:
    """Behind the step that follows in the same list, if one does, else behind this one."""
    beside = [each for each in journey if each.within_paths == step.within_paths]
    following = beside[beside.index(step) + 1 :]
    return following[0].after if following else step.after


def assign(action: Set, asked: Asked) -> None:
    """Change the customer."""
    for name, value in action.attributes:
        asked.person.assign(name, value, asked.now)
    if action.tags_add or action.tags_remove:
        tags = set(asked.person.attribute("tags") or ()) | set(action.tags_add)
        asked.person.assign("tags", tags - set(action.tags_remove), asked.now)
    for channel in action.withdraw:
        asked.person.answer(channel, "marketing", False, asked.now)
    if action.often:
        until = action.pause.after(asked.now, asked.zone).isoformat() if action.pause else None
        asked.person.assign("often", action.often, asked.now)
        asked.person.assign("paused_until", until, asked.now)


def _plan(step: Step, send: Send, enrolment: Enrolment, asked: Asked, good: GoodHour) -> Move:
    message = enrolment.messages.get(step.name)
    if message is None:
        first = step.first_name or step.name
        key = message_key(
            enrolment.journey, enrolment.customer_key, enrolment.one_per, enrolment.occurrence, first
        )
        expires = send.expires_after.after(asked.now, asked.zone) if send.expires_after else None
        first_channel, *others = channels(send, asked)
        due = _next(asked.now, send.at, asked.zone, partial(good, channel=first_channel))
        message = Message(key, step.name, send.purpose, asked.now, due, expires)
        message.channel, message.others = first_channel, tuple(others)
        enrolment.messages[step.name] = message
    elif message.state == "handed_over":
        return Go()
    elif message.state == "refused":
        return Quit("blocked") if send.if_blocked == "leave" else Go()
    return Stay()


def _score(step: Step, enrolment: Enrolment, asked: Asked) -> None:
    """What the model says of everybody, from when it is live on; unknown before."""
    if not isinstance(step.action, Score):
        return
    model = step.action.model
    number = NUMBERS[model] if asked.models_from is not None and asked.now >= asked.models_from else None
    enrolment.scores[step.name] = number
    if model == DUE and number is not None:
        enrolment.dues[step.name] = asked.now + timedelta(days=number)


def _offered(ask: Ask) -> tuple[str | int, ...]:
    """The names of a question's answers, or the numbers of its scale."""
    if ask.scale is None:
        return tuple(name for name, _ in ask.answers)
    low, high = ask.scale
    return tuple(range(low, high + 1))


def call(step: Step, action: Call, enrolment: Enrolment, asked: Asked, at_end: bool = False) -> Move:
    """The same for a call, which is due at once; whatever became of it, one goes on."""
    message = enrolment.messages.get(step.name)
    if message is not None:
        return Go() if message.state in ("handed_over", "refused") else Stay()
    first = step.first_name or step.name
    ways = (enrolment.journey, enrolment.customer_key, enrolment.one_per, enrolment.occurrence)
    expires = action.expires_after.after(asked.now, asked.zone)
    key = message_key(*ways, first)
    enrolment.messages[step.name] = Message(
        key, step.name, action.purpose, asked.now, asked.now, expires, call=True, at_end=at_end
    )
    return Stay()


def _next(instant: datetime, at: At | None, zone: str, good: GoodHour) -> datetime:
    if at is None:
        return instant
    return good(instant, at) if at.best else next_at(instant, zone, at.time, at.days)


def _wait(wait: Wait, enrolment: Enrolment, asked: Asked, good: GoodHour) -> Move:
    if wait.until is not None:
        if enrolment.state == "ready":
            return _until(wait.until, wait.at, enrolment, asked, good)
        due = enrolment.due_at
    else:
        due = _time_out(wait, wait.duration, enrolment, asked, good)
    return Go() if due is None or due <= asked.now else Stay(due)


def _until(until: Until, at: At | None, enrolment: Enrolment, asked: Asked, good: GoodHour) -> Move:
    try:
        target = _target(until, enrolment, asked)
        due = None if target is None else _next(target, at, asked.zone, good)
    except (OverflowError, ValueError):
        due = None
    if due is not None and not 1900 <= due.year < 2900:
        due = None
    if due is not None and due > asked.now:
        return Stay(due)
    reason = "unknown" if due is None else "past"
    match until.if_past:
        case "leave":
            return Quit(f"date {reason}")
        case "skip":
            return Skip()
        case "proceed":
            return Go()


def _target(until: Until, enrolment: Enrolment, asked: Asked) -> datetime | None:
    """The instant meant; a date is the beginning of that day where the customer lives."""
    prefix, _, name = until.source.rpartition(".")
    if name == "expires":
        gift = enrolment.gifts.get(prefix)
        ends = gift.expires_at if gift else None
        return ends and until.offset.after(ends, asked.zone, until.offset_sign) if until.offset else ends
    if name == "due":
        due = enrolment.dues.get(prefix)
        return due and until.offset.after(due, asked.zone, until.offset_sign) if until.offset else due
    value = enrolment.trigger.get(name) if prefix == "trigger" else asked.person.attribute(until.source)
    instant = read_instant(value)
    if instant is None:
        return None
    if len(str(value)) == len("2024-01-31"):
        instant = to_instant(instant.astimezone(UTC).replace(tzinfo=None), asked.zone)
    return until.offset.after(instant, asked.zone, until.offset_sign) if until.offset else instant


def _time_out(
    wait: Wait | WaitFor,
    duration: Duration | None,
    enrolment: Enrolment,
    asked: Asked,
    good: GoodHour,
    lateness: timedelta | None = None,
) -> datetime:
    """When the wait is over; each event of `reset_by` before that starts it anew, from its own time."""
    assert duration is not None
    due = enrolment.due_at or _after(duration, wait, enrolment.arrived_at, asked.zone, good)
    if wait.reset_by is None:
        return due
    assert isinstance(wait.reset_by, Did)
    for event in deeds(wait.reset_by, replace(asked, since=enrolment.arrived_at)):
        if event.at < due and (lateness is None or event.arrived_at <= due + lateness):
            due = max(due, _after(duration, wait, event.at, asked.zone, good))
    return due


def _after(duration: Duration, wait: Wait | WaitFor, start: datetime, zone: str, good: GoodHour) -> datetime:
    return _next(duration.after(start, zone), wait.at if isinstance(wait, Wait) else None, zone, good)


def _wait_for(shop: Shop, wait: WaitFor, enrolment: Enrolment, asked: Asked, good: GoodHour) -> Move:
    lateness = timedelta(seconds=shop.lateness.seconds)
    due = _time_out(wait, wait.up_to, enrolment, asked, good, lateness)
    looking = replace(asked, since=_since(wait.since, enrolment))
    path = decided_path(wait, looking, due, lateness)
    return Stay(due) if path is None else Go(path)


def _since(written: str | None, enrolment: Enrolment) -> datetime:
    match written:
        case None | "step":
            return enrolment.arrived_at
        case "entered":
            return enrolment.entered_at
        case "ever":
            return datetime.min.replace(tzinfo=UTC)
        case str():
            return enrolment.arrival(written) or enrolment.arrived_at
    assert_never(written)
