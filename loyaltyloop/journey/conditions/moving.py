"""Conditions that passing time alone may change: who waits for one must look again by itself."""

from __future__ import annotations

from loyaltyloop.journey.conditions.condition import (
    About,
    Ago,
    AllOf,
    AnyOf,
    Condition,
    Consents,
    Did,
    Not,
    Reachable,
    Segment,
    Test,
    Timed,
)


def moves(condition: Condition) -> bool:
    """May it come to hold, or cease to, though nothing happens to the customer?

    What is said of customers changes by events alone, as does what they did, unless it is within a time. Of
    all else (messages, baskets, other journeys) it is taken that it may.
    """
    match condition:
        case AllOf(parts) | AnyOf(parts):
            return any(moves(part) for part in parts)
        case Not(part) | Segment(_, part):
            return moves(part)
        case Did():
            return condition.within is not None or any(_ago(test) for _, test in condition.where.fields)
        case About(subject="customer"):
            return any(_ago(test) for _, test in condition.where.fields)
        case Consents() | Reachable():
            return False
        case _:
            return True


def _ago(test: Test) -> bool:
    return any(isinstance(check, Timed) and isinstance(check.value, Ago) for check in test)
