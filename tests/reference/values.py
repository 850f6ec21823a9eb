"""One value compared: two-valued, so what is unknown or of another type simply does not hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, assert_never

from loyaltyloop.journey.clock.times import read_instant
from loyaltyloop.journey.conditions.condition import (
    Ago,
    Between,
    Check,
    Compare,
    Has,
    Instant,
    Known,
    OneOf,
    Scalar,
    Test,
    Timed,
    Where,
)

Moment = Callable[[Ago], datetime]


def holds(test: Test, value: Any, moment: Moment) -> bool:
    """Do all checks hold for this value (None: unknown)?"""
    return all(_check(check, value, moment) for check in test)


def fields_hold(where: Where, values: Mapping[str, Any], moment: Moment) -> bool:
    """Do all fields of a mapping hold?"""
    return all(holds(test, values.get(name), moment) for name, test in where.fields)


def _check(check: Check, value: Any, moment: Moment) -> bool:
    if isinstance(check, Known):
        return check.known == (value is not None)
    if value is None:
        return False
    match check:
        case Compare(op, other):
            return _compare(op, value, other)
        case OneOf(values):
            return any(_equal(value, other) for other in values)
        case Between(low, high):
            return _compare("at_least", value, low) and _compare("at_most", value, high)
        case Has(wanted):
            return isinstance(value, Sequence | set) and any(_is(item, wanted, moment) for item in value)
        case Timed(op, instant):
            return _timed(op, value, _instant(instant, moment))
    assert_never(check)


def _is(item: Any, wanted: Scalar | Where, moment: Moment) -> bool:
    if isinstance(wanted, Where):
        return isinstance(item, Mapping) and fields_hold(wanted, item, moment)
    return _equal(item, wanted)


def _comparable(value: Any) -> Any:
    """Numbers as decimals, text as text; None for what has no order or equality here."""
    if isinstance(value, str | bool):
        return value
    return Decimal(repr(value)) if isinstance(value, float) else value if _number(value) else None


def _number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _alike(one: Any, other: Any) -> bool:
    """Are they of one kind: both text, both truth, both numbers?"""
    return type(one) is type(other) or (_number(one) and _number(other))


def _equal(value: Any, other: Scalar) -> bool:
    mine = _comparable(value)
    return mine is not None and _alike(mine, other) and bool(mine == other)


def _compare(op: str, value: Any, other: Scalar) -> bool:
    mine = _comparable(value)
    if op == "not":
        return not _equal(value, other)
    if mine is None or not _alike(mine, other):
        return False
    if op == "contains":
        return isinstance(mine, str) and str(other) in mine
    if op != "is" and isinstance(mine, bool):
        return False
    orders: dict[str, Callable[[], bool]] = {
        "is": lambda: mine == other,
        "over": lambda: mine > other,
        "under": lambda: mine < other,
        "at_least": lambda: mine >= other,
        "at_most": lambda: mine <= other,
    }
    return orders[op]()


def _timed(op: str, value: Any, other: datetime) -> bool:
    mine = value if isinstance(value, datetime) else read_instant(value)
    return mine is not None and (mine < other if op == "before" else mine > other)


def _instant(value: Instant, moment: Moment) -> datetime:
    match value:
        case Ago():
            return moment(value)
        case datetime():
            return value
        case date():
            return datetime.combine(value, datetime.min.time(), UTC)
