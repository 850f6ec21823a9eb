"""Caps of shop.yaml that never hold anything back."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.model import Cap
from loyaltyloop.journey.rules.rule import Context, Found, Rule, found

# In which other units' bounds every unit of the calendar ends: a month may begin in the middle of a week.
_INSIDE = {"hour": {"hour", "day", "week", "month"}, "day": {"day", "week", "month"}}


def _transactional(context: Context) -> Iterator[Found]:
    if (shop := context.shop) is None:
        return
    for at, cap in enumerate(shop.file.caps or []):
        if "transactional" in cap.purposes:
            path = ("caps", at, "purposes")
            remedy = "Name marketing, service, or both."
            yield found(shop.source, path, "no cap counts transactional messages", remedy)


def _swallowed(context: Context) -> Iterator[Found]:
    """Of two that hold back the same the later one is named."""
    if (shop := context.shop) is None:
        return
    caps = [Cap.of(one.at_most, tuple(one.channels), tuple(one.purposes)) for one in shop.file.caps or []]
    for at, cap in enumerate(caps):
        for other_at, other in enumerate(caps):
            both = other_at > at and _swallows(cap, other)
            if other_at != at and _swallows(other, cap) and not both:
                message = f"the cap of {cap} never holds anything back: that of {other} is stricter"
                if cap == other:
                    message = f"the cap of {cap} stands here twice"
                yield found(shop.source, ("caps", at), message, "Delete it, or let it allow less.")
                break


def _swallows(other: Cap, cap: Cap) -> bool:
    """Is this cap never reached, while the other holds?"""
    whole = set(cap.channels) <= set(other.channels) and set(cap.purposes) <= set(other.purposes)
    return whole and _most(other, cap) <= cap.number


def _most(other: Cap, cap: Cap) -> int:
    """How many the other lets leave, at most, in one span of the cap."""
    if cap.span == other.span and other.unit in (None, cap.unit):
        return other.number
    # Where one counts days and the other hours: clocks are set forward and back.
    shift = 0 if cap.span.elapsed == other.span.elapsed else 1 / 24
    times = ceil((cap.span.at_most_days() + shift) / _at_least_days(other.span) - 1e-9)
    if other.unit is not None and cap.unit not in _INSIDE.get(other.unit, ()):
        times += 1  # the span may begin and end within one of the other's
    return other.number * times


def _at_least_days(span: Duration) -> float:
    """A lower bound in days: the shortest months, and days as long as they are named."""
    return span.months * 28 + span.days + span.seconds / 86400


RULES = (
    Rule(
        "cap-transactional", "error", "A cap on transactional messages, which no cap counts.", _transactional
    ),
    Rule("cap-swallowed", "warning", "A cap that another one makes idle, or that stands twice.", _swallowed),
)
