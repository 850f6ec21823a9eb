"""Who may enter: judged in order, one after another, from what is known of earlier entries. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from loyaltyloop.journey.dice import holdout_salt, throw
from loyaltyloop.journey.model import Enter


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
    """What is known of one customer's earlier entries with the same `one_per`; of a date's, of all years."""

    last_entered_at: datetime | None = None
    running: list[int] = field(default_factory=list)  # enrolment ids; a held-out one never runs
    occurrences: set[str] = field(default_factory=set)
    event_ids: set[int] = field(default_factory=set)
    one_pers: set[str] = field(default_factory=set)


SHORTEST_YEAR = timedelta(days=300)  # a changed date gives no second entry sooner
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


Key = tuple[int, str]


def admit(candidates: Iterable[Candidate], earlier: dict[Key, Earlier], rules: Rules) -> Iterator[Verdict]:
    """Judge candidates in the order given (event time, id), each after those before it.

    `earlier` is updated as candidates enter. Enrolments entered here run under the id -1.
    """
    room = rules.room
    for candidate in candidates:
        verdict = _judge(candidate, earlier, rules, room)
        if verdict.outcome in ("enter", "hold_out"):
            room = None if room is None else room - 1
            _remember(verdict, earlier)
        yield verdict


def _key(candidate: Candidate) -> Key:
    """A date's entries are looked at together, whatever the year: two must not be close."""
    return candidate.customer_id, "" if candidate.cause == "date" else candidate.one_per or ""


def _judge(candidate: Candidate, earlier: dict[Key, Earlier], rules: Rules, room: int | None) -> Verdict:
    if candidate.one_per is None:
        return Verdict(candidate, "refuse", f"the event has no {rules.enter.one_per}")
    before = earlier.get(_key(candidate), Earlier())
    if _same_entry(candidate, before):
        return Verdict(candidate, "repeat")
    if candidate.too_old:
        return Verdict(candidate, "refuse", "the event is too old")
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
    if candidate.cause == "date" and before.last_entered_at is not None:
        near = abs(candidate.at - before.last_entered_at) < SHORTEST_YEAR
        return near or candidate.one_per in before.one_pers
    return bool(candidate.occurrence) and candidate.occurrence in before.occurrences


def _stays_out(candidate: Candidate, before: Earlier, enter: Enter) -> str:
    last = before.last_entered_at
    # A year in which a date let enter already is a repetition: another year is another entry.
    if last is not None and enter.again.kind == "never" and candidate.cause != "date":
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


def _remember(verdict: Verdict, earlier: dict[Key, Earlier]) -> None:
    candidate = verdict.candidate
    known = earlier.setdefault(_key(candidate), Earlier())
    last = known.last_entered_at
    known.last_entered_at = candidate.at if last is None else max(last, candidate.at)
    known.occurrences.add(candidate.occurrence)
    known.one_pers.add(candidate.one_per or "")
    if candidate.event_id is not None:
        known.event_ids.add(candidate.event_id)
    if verdict.ends:
        known.running.clear()
    if verdict.outcome == "enter":
        known.running.append(-1)
