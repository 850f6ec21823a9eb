"""A condition asked of one customer, by going through everything that is known of that customer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, assert_never

from loyaltyloop.journey.conditions.condition import (
    About,
    Ago,
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
from tests.reference.baskets import basket
from tests.reference.loyalty import loyalty
from tests.reference.state import Enrolment, Happening, Message, Person
from tests.reference.values import Moment, fields_hold, holds

ENGAGEMENTS = {
    "Email Link Clicked": "clicked",
    "Email Opened": "opened",
    "Email Replied": "replied",
    "Email Delivered": "received",
    "Email Bounced": "bounced",
}


@dataclass(frozen=True)
class Window:
    """From when events count, up to when, and the latest arrival: what a `wait_for` looks at."""

    since: datetime
    until: datetime
    arrived_by: datetime

    def shows(self, event: Happening) -> bool:
        return event.at <= self.until and event.arrived_at <= self.arrived_by


@dataclass(frozen=True)
class Asked:
    """Who is asked, when, and from where in a journey.

    `since` is what `since` means where it is not written (None: for ever); `enrolments` are all of theirs.
    """

    person: Person
    now: datetime
    zone: str
    enrolments: list[Enrolment]
    enrolment: Enrolment | None = None
    since: datetime | None = None
    window: Window | None = None
    models_from: datetime | None = None  # from when on models are live; None: never
    own_since: bool = False  # a `wait_for` that says itself from when engagement counts


def asks(condition: Condition, asked: Asked) -> bool:
    """Does the condition hold?"""
    match condition:
        case AllOf(parts):
            return all(asks(part, asked) for part in parts)
        case AnyOf(parts):
            return any(asks(part, asked) for part in parts)
        case Not(part):
            return not asks(part, asked)
        case Segment(_, part):
            return asks(part, replace(asked, since=None, window=None))  # the same wherever it is named
        case Did():
            return holds(condition.times, len(deeds(condition, asked)), moment_of(asked))
        case Engaged():
            return bool(responses(condition, asked))
        case About():
            return fields_hold(condition.where, _subject(condition, asked), moment_of(asked))
        case _:
            return _state(condition, asked)


def _state(condition: Answered | Consents | Reachable | Inside | Redeemed, asked: Asked) -> bool:
    match condition:
        case Consents(channel, given):
            return consents(asked.person, channel) == given
        case Reachable(channel):
            return address_of(asked.person, channel) is not None
        case Inside(journey):
            return any(each.running for each in asked.enrolments if each.journey == journey)
        case Answered(_, test):
            said = answer(condition, asked)
            return holds(test, said.properties["answer"] if said else None, moment_of(asked))
        case Redeemed(step):
            gift = asked.enrolment.gifts.get(step) if asked.enrolment else None
            return gift is not None and gift.redeemed
    assert_never(condition)


def consents(person: Person, channel: str) -> bool:
    """Is consent to marketing by this channel on record?"""
    return person.consents.get((channel, "marketing"), (None, False))[1]


def address_of(person: Person, channel: str) -> str | None:
    """Where they can be reached; None: nowhere. The histories know numbers as they are kept, or landlines."""
    address = person.attribute({"email": "email", "sms": "phone", "push": "device"}[channel])
    if channel == "sms" and not (isinstance(address, str) and address.startswith("+447")):
        return None
    return address if isinstance(address, str) else None


def valid_address(address: Any) -> bool:
    """Could this be written to? The histories only know addresses that are plainly right or wrong."""
    return isinstance(address, str) and "@" in address


def deeds(did: Did, asked: Asked) -> list[Happening]:
    """The events that count for a `did`, by their own time."""
    since = _since(did.since, asked)
    if isinstance(since, str):
        return []
    earliest = [since] if since else []
    if did.within:
        earliest.append(did.within.before(asked.now, asked.zone))
    found = [event for event in _visible(asked) if _is_deed(did, event, asked)]
    return sorted((e for e in found if all(e.at >= bound for bound in earliest)), key=lambda e: e.place)


def _visible(asked: Asked) -> Iterable[Happening]:
    window = asked.window
    return (event for event in asked.person.events if window is None or window.shows(event))


def _is_deed(did: Did, event: Happening, asked: Asked) -> bool:
    entered_by = asked.enrolment.trigger_event if asked.enrolment else None
    return (
        event.type == "track"
        and event.name in did.events
        and event is not entered_by
        and fields_hold(did.where, event.properties, moment_of(asked))
        and (did.same is None or _same(did.same, event, asked.enrolment))
    )


def _same(name: str, event: Happening, enrolment: Enrolment | None) -> bool:
    """The property equals that of what was entered by; unknown on either side does not hold."""
    mine = event.properties.get(name)
    return enrolment is not None and mine is not None and mine == enrolment.trigger.get(name)


def _since(written: str | None, asked: Asked) -> datetime | str | None:
    """From when on; None: ever; "never": a step where the customer has not been."""
    enrolment = asked.enrolment
    if written is None:
        return asked.since
    if written == "ever" or enrolment is None:
        return None
    if written == "entered":
        return enrolment.entered_at
    return enrolment.arrived_at if written == "step" else enrolment.arrival(written) or "never"


def responses(engaged: Engaged, asked: Asked) -> list[Happening | Message]:
    """What a person (never a machine) answered to our messages, or the hand-over itself for `received`."""
    found: list[Happening | Message] = []
    for enrolment, message in _messages(engaged, asked):
        found += [event for event in enrolment.person.events if _is_response(engaged, event, message, asked)]
        if (
            engaged.kind == "received"
            and message.handed_over_at
            and _recent(engaged, message.handed_over_at, asked)
        ):
            found.append(message)
    return found


def answer(answered: Answered, asked: Asked) -> Happening | None:
    """The latest answer to this enrolment's question, by its own time; what it does not offer is none."""
    message = asked.enrolment.messages.get(answered.step) if asked.enrolment else None
    given = [
        event
        for event in asked.person.events
        if event.name == "Survey Answered"
        and message is not None
        and event.properties.get("email_id") == message.key
        and event.properties.get("machine") is not True
        and (not message.offers or event.properties.get("answer") in message.offers)
        and (asked.window is None or _in_window(event, message, asked, asked.window))
    ]
    return max(given, key=lambda event: event.place, default=None)


def _messages(engaged: Engaged, asked: Asked) -> list[tuple[Enrolment, Message]]:
    own = [asked.enrolment] if asked.enrolment else []
    among = own if engaged.journey is None else [e for e in asked.enrolments if e.journey == engaged.journey]
    sent = [(e, m) for e in among for m in e.messages.values() if not m.call]
    return [(e, m) for e, m in sent if engaged.step in (None, m.step)]


def _is_response(engaged: Engaged, event: Happening, message: Message, asked: Asked) -> bool:
    return (
        ENGAGEMENTS.get(event.name) == engaged.kind
        and event.properties.get("email_id") == message.key
        and event.properties.get("machine") is not True
        and (asked.window is None or _in_window(event, message, asked, asked.window))
        and _recent(engaged, event.at, asked)
    )


def _in_window(event: Happening, message: Message, asked: Asked, window: Window) -> bool:
    """In a `wait_for` engagement counts from the hand-over, unless the step says since when."""
    since = window.since if asked.own_since else message.handed_over_at
    return since is not None and event.at >= since and window.shows(event)


def _recent(engaged: Engaged, at: datetime, asked: Asked) -> bool:
    return engaged.within is None or at >= engaged.within.before(asked.now, asked.zone)


def _subject(about: About, asked: Asked) -> dict[str, Any]:
    match about.subject:
        case "customer":
            person = asked.person
            known = {name: value for name, (_, value) in person.attributes.items()}
            return {"tags": (), **known, "orders": orders(person), **loyalty(person)}
        case "trigger":
            return dict(asked.enrolment.trigger) if asked.enrolment else {}
        case "cart":
            return basket(asked.person.events, asked.now) or {}
        case "predicted":
            return dict(asked.person.predicted)
        case "scored":
            return dict(asked.enrolment.scores) if asked.enrolment else {}
        case _:
            raise AssertionError("not part of the reference yet")


def orders(person: Person) -> int:
    """How many orders the customer made (the histories cancel none)."""
    made = (event for event in person.events if event.name == "Order Completed")
    return len({event.properties["order_id"] for event in made if "order_id" in event.properties})


def moment_of(asked: Asked) -> Moment:
    """How `30 days ago` is told here."""
    return lambda ago: _shifted(ago, asked)


def _shifted(ago: Ago, asked: Asked) -> datetime:
    return ago.duration.after(asked.now, asked.zone, ago.sign)
