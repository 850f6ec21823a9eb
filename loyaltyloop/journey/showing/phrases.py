"""Conditions, steps and ways of entering in a few words, for maps and reports."""

from __future__ import annotations

from datetime import date
from typing import assert_never
from urllib.parse import urlsplit

from loyaltyloop.journey import model
from loyaltyloop.journey.conditions.condition import (
    About,
    Ago,
    AllOf,
    Answered,
    AnyOf,
    Between,
    Check,
    Compare,
    Condition,
    Consents,
    Did,
    Engaged,
    Has,
    Inside,
    Known,
    Not,
    OneOf,
    Reachable,
    Redeemed,
    Scalar,
    Segment,
    Test,
    Timed,
    Where,
)

_SIGNS = {
    "is": "=",
    "not": "≠",
    "over": ">",
    "under": "<",
    "at_least": "≥",
    "at_most": "≤",
    "contains": "contains",
}
ONCE = Did(()).times


def phrase(condition: Condition) -> str:
    """A condition as a person would say it."""
    match condition:
        case AllOf(parts):
            return " and ".join(_inner(part) for part in parts)
        case AnyOf(parts):
            return " or ".join(_inner(part) for part in parts) or "never"
        case Not(part):
            return f"not {_inner(part)}"
        case Did():
            return _did(condition)
        case Engaged():
            of = condition.step if condition.journey is None else _of_journey(condition)
            return f"{condition.kind} {of}{f' within {condition.within}' if condition.within else ''}"
        case About(subject, where):
            return " and ".join(f"{subject} {field}" for field in _fields(where))
        case _:
            return _short(condition)


def _inner(condition: Condition) -> str:
    said = phrase(condition)
    return f"({said})" if isinstance(condition, AllOf | AnyOf) and len(condition.parts) > 1 else said


def _short(condition: Redeemed | Answered | Consents | Reachable | Inside | Segment) -> str:
    match condition:
        case Redeemed(step):
            return f"redeemed {step}"
        case Answered(step, test):
            return f"answered {step} {_test(test)}"
        case Consents(channel, given):
            return f"consents to {channel}" if given else f"does not consent to {channel}"
        case Reachable(channel):
            return f"reachable by {channel}"
        case Inside(journey):
            return f"inside {journey}"
        case Segment(name):
            return f"in segment {name}"
        case other:
            assert_never(other)


def _of_journey(engaged: Engaged) -> str:
    return f"{engaged.journey}.{engaged.step}" if engaged.step else f"{engaged.journey}"


def _did(did: Did) -> str:
    words = [" or ".join(did.events)]
    if did.times != ONCE:
        words.append(f"{_test(did.times)} times")
    if did.where.fields:
        words.append(f"with {' and '.join(_fields(did.where))}")
    if did.same:
        words.append(f"for the same {did.same}")
    if did.within:
        words.append(f"within {did.within}")
    if did.since:
        words.append(f"since {did.since}")
    return f"did {' '.join(words)}"


def _fields(where: Where) -> list[str]:
    return [f"{name} {_test(test)}" for name, test in where.fields]


def _test(test: Test) -> str:
    return " and ".join(_check(check) for check in test)


def _check(check: Check) -> str:
    match check:
        case Compare(op, value):
            return f"{_SIGNS[op]} {_scalar(value)}"
        case OneOf(values):
            return f"one of {', '.join(_scalar(value) for value in values)}"
        case Between(low, high):
            return f"from {_scalar(low)} to {_scalar(high)}"
        case Has(value):
            return f"has {' and '.join(_fields(value)) if isinstance(value, Where) else _scalar(value)}"
        case Timed(op, value):
            return f"{op} {_moment(value)}"
        case Known(known):
            return "known" if known else "unknown"
        case other:
            assert_never(other)


def _scalar(value: Scalar) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _moment(value: date | Ago) -> str:
    if isinstance(value, Ago):
        return f"{value.duration} ago" if value.sign < 0 else f"in {value.duration}"
    return value.isoformat()


# ── steps and entering ──────────────────────────────────────────────────────


def entrance(enter: model.Enter) -> str:
    """How customers enter, in a few words."""
    match enter.by:
        case model.ByEvent(events):
            return " or ".join(events)
        case model.ByDate(attribute, offset, sign, at):
            moved = f"{offset} {'before' if sign < 0 else 'after'} " if offset else ""
            return f"{moved}{attribute} at {at:%H:%M}"
        case model.ByState(condition, check):
            return f"{phrase(condition)} (looked at {check})"
        case model.BySchedule(rule, to):
            return f"{rule}: {phrase(to)}"
        case model.ByHand():
            return "by hand"
        case other:
            assert_never(other)


def step_words(step: model.Step) -> list[str]:
    """A step in one to three short lines: its verb and name, then what it says."""
    match step.action:
        case model.Send() as send:
            return [f"send {step.name}", _message(send)]
        case model.Ask(send, question):
            return [f"ask {step.name}", question, _message(send)]
        case model.Wait(duration, until, at):
            return [f"wait {duration or _until(until)}", *_at(at)]
        case model.WaitFor(up_to, until):
            return [f"wait_for {step.name}", f"up to {up_to or _until(until)}"]
        case _:
            return _other_words(step)


def _other_words(step: model.Step) -> list[str]:
    match step.action:
        case model.Recommend(products, _, sources):
            return [f"recommend {step.name}", f"{products} products: {', '.join(sources)}"]
        case model.Score(asked):
            return [f"score {step.name}", asked]
        case model.Set() as change:
            return ["set", ", ".join(_changes(change))]
        case model.Start(journey):
            return [f"start {journey}"]
        case model.Call(hook, url):
            return [f"call {step.name}", hook or urlsplit(url or "").netloc]
        case model.Leave(reason):
            return [f"leave: {reason}"]
        case model.Give() as gift:
            what = f"{gift.points} points" if gift.points else gift.voucher or gift.badge or ""
            return [f"give {step.name}", what]
        case _:
            return [f"{step.verb} {step.name}"]


def _message(send: model.Send) -> str:
    channel = "" if send.channel == "email" else f"{send.channel}: "
    return " ".join([f"{channel}{send.template}", *_at(send.at)])


def _at(at: model.At | None) -> list[str]:
    if at is None:
        return []
    hour = ["at the customer's good hour"] if at.best else [f"at {at.time:%H:%M}"] if at.time else []
    return [" ".join([*hour, *([f"on {', '.join(at.days)}"] if at.days else [])])]


def _until(until: model.Until | None) -> str:
    if until is None:
        return ""
    way = "before" if until.offset_sign < 0 else "after"
    return f"until {until.offset} {way} {until.source}" if until.offset else f"until {until.source}"


def _changes(change: model.Set) -> list[str]:
    said = [f"{name} = {'unknown' if value is None else _scalar(value)}" for name, value in change.attributes]
    said += [f"tag {tag}" for tag in change.tags_add] + [f"no tag {tag}" for tag in change.tags_remove]
    said += [f"withdraw {channel}" for channel in change.withdraw]
    if change.often:
        said.append(f"often: {change.often}{f' {change.pause}' if change.pause else ''}")
    return said
