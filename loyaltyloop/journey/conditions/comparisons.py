"""Does a value pass a test? Two-valued: what is unknown or of another type does not pass.

Values are those of JSON, and instants. JSON's null is unknown, as is what is absent. Text compares by code
point; numbers as decimals; a boolean is no number. `not` holds for what is known and not equal, of
whatever type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from math import ceil, floor
from typing import Any, assert_never

from loyaltyloop.journey.clock.times import read_instant
from loyaltyloop.journey.conditions.condition import (
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

# What an instant of a condition comes to, for this customer.
ToInstant = Callable[[Instant], datetime]


def passes(test: Test, value: object, to_instant: ToInstant) -> bool:
    """Do all checks hold for this value (None: unknown)?"""
    return all(_holds(check, value, to_instant) for check in test)


def fields_pass(where: Where, values: Mapping[str, Any], to_instant: ToInstant) -> bool:
    """Does each named field of a JSON object pass its test?"""
    return all(passes(test, values.get(name), to_instant) for name, test in where.fields)


def passes_unknown(test: Test) -> bool:
    """Does an unknown value pass? Only where all that is asked is that it be unknown."""
    return all(check == Known(False) for check in test)


def _holds(check: Check, value: object, to_instant: ToInstant) -> bool:
    match check:
        case Known(known):
            return known == (value is not None)
        case Compare(op, wanted):
            return _compare(op, value, wanted)
        case OneOf(values):
            return any(equal(value, wanted) for wanted in values)
        case Between(low, high):
            return _compare("at_least", value, low) and _compare("at_most", value, high)
        case Has(wanted):
            return isinstance(value, list | tuple) and any(_is(item, wanted, to_instant) for item in value)
        case Timed(op, wanted):
            instant = value if isinstance(value, datetime) else read_instant(value)
            return instant is not None and _compare_instants(op, instant, to_instant(wanted))
        case _:
            assert_never(check)


def _is(item: object, wanted: Scalar | Where, to_instant: ToInstant) -> bool:
    if isinstance(wanted, Where):
        return isinstance(item, Mapping) and fields_pass(wanted, item, to_instant)
    return equal(item, wanted)


def _compare_instants(op: str, one: datetime, other: datetime) -> bool:
    return one < other if op == "before" else one > other


def equal(value: object, other: object) -> bool:
    """Are both text, both numbers or both booleans, and the same?"""
    kind, mine = _typed(value)
    return kind != "" and (kind, mine) == _typed(other)


def _compare(op: str, value: object, wanted: Scalar) -> bool:
    if op == "is":
        return equal(value, wanted)
    if op == "not":
        return value is not None and not equal(value, wanted)
    (kind, mine), (other_kind, other) = _typed(value), _typed(wanted)
    if kind != other_kind or kind not in ("text", "number"):
        return False
    if op == "contains":
        return kind == "text" and other in mine
    return _ORDER[op](mine, other)


_ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "over": lambda mine, other: mine > other,
    "under": lambda mine, other: mine < other,
    "at_least": lambda mine, other: mine >= other,
    "at_most": lambda mine, other: mine <= other,
}


def _typed(value: object) -> tuple[str, Any]:
    """The kind of a value and the value to compare; kind "" is no scalar."""
    match value:
        case bool():
            return "boolean", value
        case str():
            return "text", value
        case int() | float() | Decimal():
            return "number", exact(value)
        case _:
            return "", None


def exact(value: int | float | Decimal) -> int | Decimal:
    """The number as both databases hold it: an integer of 64 bits, else 15 significant digits."""
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if -(2**63) <= number < 2**63 and number == number.to_integral_value():
        return int(number)
    return Decimal(repr(float(f"{number:.15g}")))


def first_instant(day: date) -> datetime:
    """The first instant of a date, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def least_count(test: Test) -> int | None:
    """The least number of times (0, 1, 2, ...) that passes `times`; None: no number does."""
    numbers = [exact(value) for check in test for value in _numbers(check)]
    candidates = {0, 1} | {near for number in numbers for near in (ceil(number), floor(number) + 1)}
    return next((n for n in sorted(candidates) if n >= 0 and passes(test, n, _no_instant)), None)


def is_lower_bound(test: Test) -> bool:
    """Does every greater number pass where one passes?"""
    return all(isinstance(check, Compare) and check.op in ("at_least", "over") for check in test)


def _numbers(check: Check) -> tuple[Any, ...]:
    match check:
        case Compare(_, value):
            found: tuple[Any, ...] = (value,)
        case OneOf(values):
            found = values
        case Between(low, high):
            found = (low, high)
        case _:
            found = ()
    return tuple(value for value in found if _typed(value)[0] == "number")


def _no_instant(value: Instant) -> datetime:
    raise ValueError(f"a number of times is no instant: {value}")
