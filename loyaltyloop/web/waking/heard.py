"""What was committed, reduced to what journeys listen for: little, however much it was."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal, NamedTuple

from loyaltyloop.journey.conditions.listening import Listening
from loyaltyloop.store.people.customers import NAMES
from loyaltyloop.store.segment import Call
from loyaltyloop.web.waking.agenda import slot

MERGE = "customers who turned out to be one"
MOST_PAIRS = 20_000  # of ids that were seen together; then anew


class Trace(NamedTuple):
    """An event's name, an attribute, or (without a name) two ids of one customer."""

    kind: Literal["track", "trait", "merge"]
    name: str = ""


class Pairs:
    """Ids that were seen together: only the first time can it make one customer of two.

    Sites send both with every call. Only hashes are kept: where two fall together, the next turn is in time.
    """

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def new(self, one: str, other: str) -> bool:
        """Were they never seen together, as far as is remembered?"""
        pair = hash((one, other))
        if pair in self._seen:
            return False
        if len(self._seen) >= MOST_PAIRS:
            self._seen.clear()
        self._seen.add(pair)
        return True


# What was heard, and when it counts if that is later (responses are held a while).
Heard = tuple[Trace, datetime | None]


def traces(calls: Iterable[Call], wanted: Listening, pairs: Pairs, now: datetime) -> set[Heard]:
    """The traces of calls that were committed by `now`.

    `wanted` says of attributes and merges which are worth it; names of events are kept all.
    """
    found: set[Heard] = set()
    for call in calls:
        later = slot(call.arrived_at, now) if call.arrived_at > now else None
        match call.type:
            case "track":
                found.add((Trace("track", call.name), later))
            case "identify" if wanted.traits:
                found.update((Trace("trait", name), later) for name in wanted.traits & call.properties.keys())
        if "device" in wanted.traits and _brings_device(call, pairs):
            found.add((Trace("trait", "device"), later))
        if wanted.merges and _merges(call, pairs):
            found.add((Trace("merge"), later))
    return found


def _brings_device(call: Call, pairs: Pairs) -> bool:
    """Apps tell their token with every call."""
    told: dict[str, object] = (call.context or {}).get("device") or {}
    return bool(told) and pairs.new(str(call.user_id or call.anonymous_id), str(told.get("token")))


def _merges(call: Call, pairs: Pairs) -> bool:
    if call.type != "identify" or call.user_id is None or call.anonymous_id is None:
        return call.type == "alias"
    return pairs.new(call.user_id, call.anonymous_id)


def answers(trace: Trace, wanted: Listening) -> bool:
    """Is it listened for?"""
    match trace.kind:
        case "track":
            return trace.name in wanted.events
        case "trait":
            return trace.name in wanted.traits
        case "merge":
            return wanted.merges


def reason(trace: Trace) -> str:
    """Why a journey was woken, for people."""
    match trace.kind:
        case "track":
            return trace.name
        case "trait":
            return f"a new {NAMES.get(trace.name, trace.name)}"
        case "merge":
            return MERGE
