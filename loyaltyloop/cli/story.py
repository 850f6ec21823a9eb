"""The history of one customer as a story that a marketer reads; times are the customer's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from loyaltyloop.cli.local_times import in_zone, when
from loyaltyloop.cli.others import not_come_up
from loyaltyloop.journey.model import Step, WaitFor
from loyaltyloop.journey.numbers import plain

if TYPE_CHECKING:
    from loyaltyloop.store.people.noted import Noted
    from loyaltyloop.store.predictions.predicted import Said
    from loyaltyloop.store.telling.history import History, NotEntered, Seen, Sent, Way, Who

_ZONES = {"own": "the customer's own", "country": "of the country", "shop": "of the shop"}
_BECAME = {
    "reserved": "not shown yet",
    "committed": "shown",
    "expired": "run out",
    "released": "taken back unseen",
}
_WIDTH = 21  # of the times at the left


def story(history: History) -> Iterator[str]:
    """The lines of the story."""
    who = history.who
    known = ", ".join(part for part in (who.key if who.name else "", who.email or "") if part)
    yield f"{who.name or who.key}{f' ({known})' if known else ''}"
    yield f"Times: {who.zone} ({_ZONES.get(who.zone_from, who.zone_from)})"
    if loyal := _loyal(who):
        yield loyal
    if history.predicted:
        yield f"Predicted: {', '.join(map(_predicted, history.predicted))}"
    if who.erased_at:
        yield f"This customer was erased on {when(who.erased_at, who.zone)}."
    told = {one for way in history.ways for one in _during(way, history.noted)}
    if apart := [one for one in history.noted if one not in told]:
        yield ""
        yield "Beside the journeys:"
        for one in apart:
            yield _line(one.at, who.zone, _noted(one))
    for way in history.ways:
        yield ""
        yield from _way(way, _during(way, history.noted), who.zone)
    if history.not_entered:
        yield ""
        yield "Did not enter:"
        for missed in history.not_entered:
            yield _not_entered(missed, who.zone)
    if history.others:
        yield ""
        yield "Has not come up for:"
        for other in history.others:
            yield from not_come_up(other, who.zone)


def _predicted(said: Said) -> str:
    gone = ", taken back: gone or anew in the next turn" if said.taken_back else ""
    return f"{said.model} {plain(said.value)} (version {said.version}{gone})"


def _loyal(who: Who) -> str:
    """What the customer has now; empty where that is nothing."""
    words = [f"{who.points:,} points"] if who.points else []
    words += [f"tier {who.tier}"] if who.tier else []
    words += [f"code for friends {who.referral_code}"] if who.referral_code else []
    return f"Has: {', '.join(words)}" if words else ""


def _line(instant: datetime | None, zone: str, text: str) -> str:
    """A line; below it those that a customer broke. What people wrote moves no terminal's cursor."""
    shown = ["".join(sign if sign.isprintable() else " " for sign in one) for one in text.splitlines()]
    told = f"\n{'':<{_WIDTH + 4}}".join(shown)
    return f"  {when(instant, zone) if instant else '':<{_WIDTH}}  {told}"


def _during(way: Way, noted: Sequence[Noted]) -> list[Noted]:
    """What was said while this customer was inside."""
    return [
        one for one in noted if way.entered_at <= one.at and (way.ended_at is None or one.at <= way.ended_at)
    ]


def _noted(one: Noted) -> str:
    words = f": “{one.wording}”" if one.wording else ""
    if one.kind == "same":
        return f"is known as {one.about}, too ({one.how})"
    if one.kind == "loyalty":
        return one.about
    if one.kind == "choice":
        return f"chose {one.about}: {'yes' if one.given else 'no'} ({one.how}){words}"
    if one.how == "Unsubscribed":
        return f"unsubscribed: no more {one.about}{words}"
    said = "agreed to" if one.given else "wants no more"
    return f"{said} {one.about} ({one.how}){words}"


def _way(way: Way, noted: Sequence[Noted], zone: str) -> Iterator[str]:
    by = f" by {way.cause}" if way.cause else ""
    yield f"{way.journey}, version {way.version}: entered {when(way.entered_at, zone)}{by}"
    besides = [(one.at, _noted(one)) for one in noted]
    for instant, text in sorted([*_happened(way), *besides], key=lambda one: one[0]):
        yield _line(instant, zone, in_zone(text, zone))
    if way.step is not None:
        message = next((one for one in way.messages if one.step == way.step), None)
        yield _line(None, zone, f"now at {way.step}: {_next(way, message, zone)}")


def _happened(way: Way) -> Iterator[tuple[datetime, str]]:
    """All that has a time; what is of the same instant stays in this order."""
    if way.held_out:
        yield way.enrolled_at, "held out on purpose, to compare with those who got messages"
    sent = {message.step: message for message in way.messages}
    for seen in way.visits:
        yield seen.left_at, f"{seen.step}: {_seen(seen, sent.get(seen.step), way)}"
    for answer in way.answers:
        words = f": “{answer.comment}”" if answer.comment else ""
        yield answer.at, f"answered {answer.step}: {answer.text}{words}"
    if way.ended_at and not way.held_out and not _left_there(way):
        yield way.ended_at, _ended(way)
    passed = {seen.step for seen in way.visits} | {way.step}
    for message in way.messages:
        if message.step not in passed:  # of `at_end`
            yield message.decided_at, f"{message.step}: {_told(message)}"
    if way.goal_at:
        yield way.goal_at, "reached the goal"


def _left_there(way: Way) -> bool:
    """Is the last step told with the reason for leaving?"""
    last = way.visits[-1].why if way.visits else ""
    return last in (f"left: {way.reason}", f"left at the hand-over: {way.reason}")


def _seen(seen: Seen, message: Sent | None, way: Way) -> str:
    words = [f"took '{seen.path}'" if seen.path else "", seen.why if message is None else _told(message)]
    if message is not None and seen.why and seen.why not in _told(message) and seen.why != "handed over":
        words.append(seen.why)
    if seen.step in way.kept:
        words.append(_kept(way.kept[seen.step], way.names))
    return "; ".join(word for word in words if word) or "passed"


def _told(message: Sent) -> str:
    subject = f": “{message.subject}”" if message.subject else ""
    what, done = ("call", "made") if message.channel == "hook" else (f"message{_by(message)}", "sent")
    match message.state:
        case "handed_over":
            return f"{what} handed over to {message.to}{subject}{_held(message)}"
        case "delivered" | "bounced" | "complained":
            return f"{what} to {message.to} {message.state}{subject}"
        case "refused":
            return f"{what} not {done}: {message.reason}"
        case "unknown":
            return f"{what} handed over, its outcome is not known: {message.reason}"
        case state:
            return f"{what} {state}{f': {message.reason}' if message.reason else ''}"


def _by(message: Sent) -> str:
    """By which channel, where it is not by e-mail as ever: why, and why not by those before it."""
    if not message.routes:
        return "" if message.channel == "email" else f" by {message.channel}"
    passed = [one for one in message.routes if "refused" in one and one["channel"] != message.channel]
    why = next((one["why"] for one in message.routes if one["channel"] == message.channel), "")
    words = [why, *(f"not by {one['channel']}: {one['refused']}" for one in passed)]
    return f" by {message.channel} ({'; '.join(filter(None, words))})"


def _held(message: Sent) -> str:
    """How long it was held, if that is worth telling."""
    if message.handed_over_at is None:
        return ""
    minutes = int((message.handed_over_at - message.decided_at).total_seconds() // 60)
    if minutes < 60:
        return ""
    hours = f"{minutes // 60} hours" if minutes >= 120 else "an hour"
    return f" (held {hours}{f': {message.reason}' if message.reason else ''})"


def _kept(value: Any, names: dict[str, str]) -> str:
    """What a step decided: products by name with the reason of each, a number as it is."""
    if isinstance(value, dict) and "hour" in value:
        return f"chose the good hour: {value['why']}"
    if isinstance(value, dict):
        return _gift(value["gift"]) if "gift" in value else ""  # why nothing was given is told by the step
    if not (isinstance(value, list) and all(isinstance(item, dict) for item in value)):
        return f"kept {value}"
    told = []
    for item in value:
        reason = f" ({item['reason']})" if item.get("reason") else ""
        tried = ", tried out" if item.get("explores") else ""
        told.append(f"{names.get(item['product_id'], item['product_id'])}{reason}{tried}")
    return f"chose {', '.join(told)}" if told else "found no product"


def _gift(gift: dict[str, Any]) -> str:
    """What was given, and what became of it."""
    named = ("kind", "what", "code") if gift["kind"] != "points" or "value" not in gift else ()
    words = [" ".join(str(gift[name]) for name in named if name in gift)] if named else []
    if value := gift.get("value"):  # of points how many, of a badge what it is for
        words.append(f"worth {value}" if gift["kind"] == "voucher" else str(value))
    if "order_id" in gift:
        words.append(f"redeemed with order {gift['order_id']}")
    elif gift["state"] == "committed" and "expires_at" in gift:
        words.append(f"valid until {gift['expires_at']:%Y-%m-%d %H:%M:%S} UTC")
    elif gift["state"] != "given":
        words.append(_BECAME.get(gift["state"], gift["state"]))
    return ", ".join(words)


def _ended(way: Way) -> str:
    if way.reason in ("completed", "erased"):
        return f"ended: {way.reason}"
    return f"left: {way.reason}"


def _next(way: Way, message: Sent | None, zone: str) -> str:
    """Where the customer stands, until when, and what comes then."""
    step = way.file.step(way.step) if way.step else None
    if step is None:
        return ""
    hour = way.kept.get(step.name)
    chosen = [_kept(hour, way.names)] if isinstance(hour, dict) and "hour" in hour else []
    words = [_stands(way, step, message, zone), *chosen, _then(step)]
    if way.paused:
        words.append("the journey is paused")
    return "; ".join(word for word in words if word)


def _stands(way: Way, step: Step, message: Sent | None, zone: str) -> str:
    if way.state == "waiting":
        until = way.until_at or way.due_at
        answers = [path.name for path in step.paths[:-1]] if isinstance(step.action, WaitFor) else []
        waits = f"waits for {' or '.join(answers)}" if answers else "waits"
        return f"{waits} until {when(until, zone)}" if until else waits
    if way.state == "sending" and message is not None:
        if message.channel == "hook":
            return f"{_told(message)}; tried again from {when(message.due_at, zone)}"
        if message.reason.startswith("hold_while: "):
            return f"{_told(message)}; looked at again by {when(message.due_at, zone)}, or as things happen"
        return f"{_told(message)}; not before {when(message.due_at, zone)}"
    return f"arrived {when(way.arrived_at, zone)}, goes on in the next turn"


def _then(step: Step) -> str:
    if not step.paths:
        return f"then {step.after or 'the end'}"
    last = step.paths[-1].name
    return f"then '{last}': {step.target(last) or 'the end'}" if isinstance(step.action, WaitFor) else ""


def _not_entered(one: NotEntered, zone: str) -> str:
    said = "waits to enter" if one.state == "queued" else "refused"
    reason = f": {one.reason}" if one.reason else ""
    return _line(one.at, zone, f"{one.journey}, by {one.cause}: {said}{reason}")
