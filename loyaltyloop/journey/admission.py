"""Who may enter: judged in order, one after another, from what is known of earlier entries. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from loyaltyloop.journey.dice import holdout_salt, throw
from loyaltyloop.journey.model import ByDate, Enter


@dataclass(frozen=True)
class Candidate:
    """Somebody who might enter.

    `at`: the event's time, the scheduled instant, the local instant of the date, or the turn's now.
    `one_per` None: the event lacks the property. `holds`: the journey's `if`.
    """

    customer_id: int
    customer_key: str
    zone: str
    at: datetime
    one_per: str | None
    occurrence: str
    trigger: dict[str, Any] = field(default_factory=dict)
    event_id: int | None = None
    order_id: str | None = None
    holds: bool = True
    too_old: bool = False
    cause: str = "event"
    queue_id: int | None = None


@dataclass
class Earlier:
    """What is known of one customer's earlier entries with the same `one_per`."""

    last_entered_at: datetime | None = None
    running: list[int] = field(default_factory=list)  # enrolment ids; a held-out one never runs
    occurrences: set[str] = field(default_factory=set)
    event_ids: set[int] = field(default_factory=set)
    queued: bool = False  # waits for room


SHORTEST_YEAR = timedelta(days=300)  # a changed date gives no second entry sooner
FOUND = ("date", "state", "schedule")  # whom the engine itself finds, and at each check again
Outcome = Literal["enter", "hold_out", "refuse", "queue", "repeat"]


@dataclass(frozen=True)
class Verdict:
    """`repeat`: the very same entry again, which leaves no record. `ends`: enrolments that it restarts."""

    candidate: Candidate
    outcome: Outcome
    reason: str = ""
    ends: tuple[int, ...] = ()


@dataclass(frozen=True)
class Rules:
    """What admission goes by: the journey's `enter`, its name, holdouts and the room that is left."""

    journey: str
    enter: Enter
    holdout: Decimal = Decimal(0)
    shop_holdout: Decimal = Decimal(0)
    room: int | None = None


# The customer and `one_per`; None: whatever it was.
Key = tuple[int, str | None]


def admit(candidates: Iterable[Candidate], earlier: dict[Key, Earlier], rules: Rules) -> Iterator[Verdict]:
    """Judge candidates in the order given (event time, id), each after those before it.

    `earlier` is updated as candidates enter. Enrolments entered here run under the id -1. Of journeys that
    a date lets enter it knows each customer's entries of all years, too, under None.
    """
    room = rules.room
    for candidate in candidates:
        verdict = _judge(candidate, earlier, rules, room)
        if verdict.outcome in ("enter", "hold_out"):
            room = None if room is None else room - 1
            _remember(verdict, earlier, (candidate.customer_id, candidate.one_per))
            if isinstance(rules.enter.by, ByDate):
                _remember(verdict, earlier, (candidate.customer_id, None))
        elif verdict.outcome == "queue":
            earlier.setdefault((candidate.customer_id, candidate.one_per), Earlier()).queued = True
        yield verdict


def lacks(trigger: Mapping[str, Any], one_per: str) -> str:
    """Why nobody can enter by this property of the event; the reason on record."""
    if trigger.get(one_per) is None:
        return f"the event has no {one_per}"
    return f"its {one_per} is too long, or no single value"


def _judge(candidate: Candidate, earlier: dict[Key, Earlier], rules: Rules, room: int | None) -> Verdict:
    if candidate.one_per is None:
        return Verdict(candidate, "refuse", lacks(candidate.trigger, rules.enter.one_per))
    before = earlier.get((candidate.customer_id, candidate.one_per), Earlier())
    close = _too_close(candidate, earlier)
    if _same_entry(candidate, before) or (close and candidate.cause == "date"):
        return Verdict(candidate, "repeat")
    if candidate.too_old:
        return Verdict(candidate, "refuse", "the event is too old")
    if close:
        return Verdict(candidate, "refuse", "entered this year already")
    if reason := _stays_out(candidate, before, rules.enter):
        return Verdict(candidate, "refuse", reason)
    if not candidate.holds:
        return Verdict(candidate, "refuse", "its `if` does not hold")
    if room is not None and room <= 0:
        return Verdict(candidate, "queue", "waits for room")
    ends = tuple(before.running) if rules.enter.while_inside == "restart" else ()
    if _held_out(candidate, rules):
        return Verdict(candidate, "hold_out", ends=ends)
    return Verdict(candidate, "enter", ends=ends)


def _same_entry(candidate: Candidate, before: Earlier) -> bool:
    if candidate.event_id is not None and candidate.event_id in before.event_ids:
        return True
    if candidate.cause in FOUND and candidate.queue_id is None and before.queued:
        return True
    if candidate.cause == "date" and before.last_entered_at is not None:
        return True
    return bool(candidate.occurrence) and candidate.occurrence in before.occurrences


def _too_close(candidate: Candidate, earlier: dict[Key, Earlier]) -> bool:
    """Did this customer enter a yearly journey lately: by a date that has changed since, or started there?"""
    last = earlier.get((candidate.customer_id, None), Earlier()).last_entered_at
    return last is not None and abs(candidate.at - last) < SHORTEST_YEAR


def _stays_out(candidate: Candidate, before: Earlier, enter: Enter) -> str:
    last = before.last_entered_at
    if last is not None and enter.again.kind == "never":
        return "entered before"
    if last is not None and enter.again.after is not None:
        again_at = enter.again.after.after(last, candidate.zone)
        if candidate.at < again_at:
            return "entered before, and not long enough ago"
    if before.running and enter.while_inside == "ignore":
        return "is inside already"
    return ""


def _held_out(candidate: Candidate, rules: Rules) -> bool:
    shop = rules.shop_holdout and throw("holdout", candidate.customer_key) < rules.shop_holdout
    own = rules.holdout and throw(holdout_salt(rules.journey), candidate.customer_key) < rules.holdout
    return bool(shop or own)


def _remember(verdict: Verdict, earlier: dict[Key, Earlier], key: Key) -> None:
    candidate = verdict.candidate
    known = earlier.setdefault(key, Earlier())
    last = known.last_entered_at
    known.last_entered_at = candidate.at if last is None else max(last, candidate.at)
    known.occurrences.add(candidate.occurrence)
    if candidate.event_id is not None:
        known.event_ids.add(candidate.event_id)
    if verdict.ends:
        known.running.clear()
    if verdict.outcome == "enter":
        known.running.append(-1)
