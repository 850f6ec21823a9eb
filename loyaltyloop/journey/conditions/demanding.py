"""What is surely known of whoever a condition holds for."""

from __future__ import annotations

from loyaltyloop.journey.conditions.condition import (
    About,
    AllOf,
    AnyOf,
    Condition,
    Known,
    Segment,
    Subject,
    Test,
)


def demands(condition: Condition, subject: Subject, field: str) -> bool:
    """Does it hold for nobody of whom this is unknown? Where that is hard to tell: no."""
    match condition:
        case About(asked, where) if asked == subject:
            return any(name == field and _known(test) for name, test in where.fields)
        case AllOf(parts):
            return any(demands(part, subject, field) for part in parts)
        case AnyOf(parts):
            return all(demands(part, subject, field) for part in parts)
        case Segment(_, part):
            return demands(part, subject, field)
        case _:
            return False


def _known(test: Test) -> bool:
    """Every comparison, also `not`, holds of what is known alone."""
    return any(not (isinstance(check, Known) and not check.known) for check in test)
