"""What a condition means for one customer. `store/conditions/sql.py` means the same in SQL.

`holds` says whether a condition holds as of now. `moment` says when it was satisfied, for a `wait_for` and
a `goal`, by this rule:

- An event or an engagement satisfies a condition at its own time; with `times`, the one with which the
  least sufficient number was reached, if the number of all of them passes too. Of several answers to one
  question the latest is the answer: it satisfies at its own time, the earlier ones no more.
- Only what happened from `since` to `until` (both included) and arrived by `deadline` counts; inside `not`
  as well. `since` written in a `did` stands instead of the window's. A response to a message of this
  enrolment counts from the message's hand-over, unless the step says since when.
- All else (the customer, the trigger, consents, `not`, a segment, `times` that no event satisfies, a
  question without an answer) holds as of now and has no time of its own.
- `any` is satisfied at the least of its parts' times, `all` at the greatest; parts without a time decide
  nothing about it. What is satisfied without any time is satisfied `now`.

A segment means the same wherever it is named: its events count since ever, and from no window.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, assert_never

from loyaltyloop.journey.conditions.asked import Asked, Window, value_of
from loyaltyloop.journey.conditions.comparisons import equal, fields_pass, least_count, passes, passes_unknown
from loyaltyloop.journey.conditions.condition import (
    About,
    AllOf,
    Answered,
    AnyOf,
    Condition,
    Consents,
    Did,
    Engaged,
    Inside,
    Not,
    Reachable,
    Redeemed,
    Segment,
)
from loyaltyloop.journey.conditions.view import Engagement, Enrolled, Event, Message, View

HANDED_OVER = ("handed_over", "delivered")


def holds(condition: Condition, view: View, since: datetime | None = None) -> bool:
    """Does it hold as of `view.now`? `since`: from when a `did` counts that does not say it (None: ever)."""
    return _holds(condition, Asked(view, since))


def moment(
    condition: Condition,
    view: View,
    since: datetime | None,
    until: datetime | None,
    deadline: datetime | None,
    since_given: bool = False,
) -> datetime | None:
    """When the condition was satisfied (by the rule above); None: it is not."""
    window = Window(since, until, deadline, since_given)
    satisfied, at = _moment(condition, Asked(view, since, window))
    return (at or view.now) if satisfied else None


def _moment(condition: Condition, asked: Asked) -> tuple[bool, datetime | None]:
    """Whether, and the time of an event if there is one."""
    match condition:
        case AllOf(parts):
            found = [_moment(part, asked) for part in parts]
            satisfied = all(each for each, _ in found)
            return satisfied, max((at for _, at in found if at and satisfied), default=None)
        case AnyOf(parts):
            found = [_moment(part, asked) for part in parts]
            return any(each for each, _ in found), min((at for _, at in found if at), default=None)
        case Did():
            return _deed(condition, asked)
        case Engaged():
            first = min(_responses(condition, asked), default=None)
            return first is not None, first
        case Answered():
            return _answered(condition, asked)
        case _:
            return _holds(condition, asked), None


def _holds(condition: Condition, asked: Asked) -> bool:
    match condition:
        case AllOf(parts):
            return all(_holds(part, asked) for part in parts)
        case AnyOf(parts):
            return any(_holds(part, asked) for part in parts)
        case Not(part):
            return not _holds(part, asked)
        case Segment(_, part):
            return _holds(part, replace(asked, since=None, window=None))
        case Did():
            return _deed(condition, asked)[0]
        case Engaged():
            return any(True for _ in _responses(condition, asked))
        case Answered():
            return _answered(condition, asked)[0]
        case _:
            return _state_holds(condition, asked)


def _state_holds(condition: About | Consents | Inside | Reachable | Redeemed, asked: Asked) -> bool:
    view = asked.view
    match condition:
        case About():
            fields = condition.where.fields
            return all(passes(test, value_of(condition, name, asked), asked.instant) for name, test in fields)
        case Consents(channel, given):
            return view.consents.get(channel, False) == given
        case Reachable(channel):
            return channel in view.reachable
        case Inside(journey):
            return journey in view.inside
        case Redeemed(step):
            return step in asked.enrolment.redeemed
        case _:
            assert_never(condition)


# ── events ──────────────────────────────────────────────────────────────────


def _deed(did: Did, asked: Asked) -> tuple[bool, datetime | None]:
    found = sorted((event.at, event.id) for event in asked.view.events if _counts(did, event, asked))
    least = least_count(did.times)
    if least is None or not passes(did.times, len(found), asked.instant):
        return False, None
    return True, found[least - 1][0] if least else None


def _counts(did: Did, event: Event, asked: Asked) -> bool:
    return (
        event.name in did.events
        and event.id != asked.enrolment.trigger_event_id
        and _since(did.since, event.at, asked)
        and asked.recent(event.at, did.within)
        and asked.shows(event.at, event.arrived_at)
        and fields_pass(did.where, event.properties, asked.instant)
        and (did.same is None or _same(did.same, event, asked.enrolment))
    )


def _since(written: str | None, at: datetime, asked: Asked) -> bool:
    """Did it happen since then? Where the customer has never come to that step, nothing did."""
    match written:
        case None:
            return asked.since is None or at >= asked.since
        case "ever":
            return True
        case "entered":
            bound = asked.enrolment.entered_at
        case "step":
            bound = asked.enrolment.arrived_at
        case step:
            bound = asked.enrolment.arrivals.get(step)
    return bound is not None and at >= bound


def _same(name: str, event: Event, enrolment: Enrolled) -> bool:
    mine, theirs = (list(_named(name, values)) for values in (event.properties, enrolment.trigger))
    return any(equal(one, other) for one in mine for other in theirs)


def _named(name: str, values: Any) -> Iterator[object]:
    """The property, and for `product_id` that of each product."""
    yield values.get(name)
    products = values.get("products")
    if name == "product_id" and isinstance(products, list):
        yield from (product.get(name) for product in products if isinstance(product, dict))


# ── engagement ──────────────────────────────────────────────────────────────


def _responses(engaged: Engaged, asked: Asked) -> Iterator[datetime]:
    """The times of a person's responses to these messages; for `received` of the hand-overs, too."""
    messages = [message for message in asked.view.messages if _is_of(engaged, message, asked)]
    left = {(message.enrolment_id, message.step): message.left_at for message in messages}
    for found in asked.view.engagements:
        if found.kind == engaged.kind and not found.machine and _is_of(engaged, found, asked):
            left_at = left.get((found.enrolment_id, found.step))
            if _visible(engaged, found.at, found.arrived_at, left_at, asked):
                yield found.at
    if engaged.kind == "received":
        handed = (each.handed_over_at for each in messages if each.state in HANDED_OVER)
        yield from (at for at in handed if at and _visible(engaged, at, at, at, asked))


def _is_of(engaged: Engaged, found: Engagement | Message, asked: Asked) -> bool:
    if engaged.journey is None:
        return _is_own(engaged.step, found, asked)
    return found.journey == engaged.journey and engaged.step in (None, found.step)


def _is_own(step: str | None, found: Engagement | Message, asked: Asked) -> bool:
    return found.enrolment_id == asked.enrolment.id and found.step == step


def _answered(answered: Answered, asked: Asked) -> tuple[bool, datetime | None]:
    """Does the latest answer pass, and its time; where there is none, does the unknown?"""
    step = answered.step
    left_at = next((one.left_at for one in asked.view.messages if _is_own(step, one, asked)), None)
    found = [
        (each.at, each.id, each.answer)
        for each in asked.view.engagements
        if each.kind == "answered" and not each.machine and _is_own(step, each, asked)
        if asked.shows(each.at, each.arrived_at) and _since_left(each.at, left_at, asked)
    ]
    if not found:
        return passes_unknown(answered.test), None
    at, _, value = max(found, key=lambda each: each[:2])
    satisfied = passes(answered.test, value, asked.instant)
    return satisfied, at if satisfied else None


def _visible(
    engaged: Engaged, at: datetime, arrived_at: datetime, left_at: datetime | None, asked: Asked
) -> bool:
    if not (asked.recent(at, engaged.within) and asked.shows(at, arrived_at)):
        return False
    if engaged.journey is None:
        return _since_left(at, left_at, asked)
    return asked.window is None or _since_given(at, asked.window)


def _since_left(at: datetime, left_at: datetime | None, asked: Asked) -> bool:
    """In a window, what answers a message of this enrolment counts from when it left, or as the step says."""
    if asked.window is None:
        return True
    if asked.window.since_given:
        return _since_given(at, asked.window)
    return left_at is not None and at >= left_at


def _since_given(at: datetime, window: Window) -> bool:
    return window.since is None or at >= window.since
