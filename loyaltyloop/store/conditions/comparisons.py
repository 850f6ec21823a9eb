"""`journey/conditions/comparisons.py` as SQL: does a value pass a test? Never NULL."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, assert_never

from sqlalchemy import (
    ColumnElement,
    Float,
    Integer,
    Numeric,
    and_,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    true,
)

from loyaltyloop.journey.conditions.comparisons import exact
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
from loyaltyloop.store.conditions.documents import Value, sure

Bool = ColumnElement[bool]
# What an instant of a condition comes to, for the customer of the row.
ToInstant = Callable[[Instant], ColumnElement[Any]]


def passes(test: Test, value: Value, to_instant: ToInstant, postgres: bool) -> Bool:
    """Do all checks hold for this value?"""
    return and_(true(), *(_holds(check, value, to_instant, postgres) for check in test))


def _holds(check: Check, value: Value, to_instant: ToInstant, postgres: bool) -> Bool:
    match check:
        case Known(known):
            return value.known if known else not_(value.known)
        case Compare("is", wanted):
            return equals(value, wanted, postgres)
        case Compare("not", wanted):
            return and_(value.known, not_(equals(value, wanted, postgres)))
        case Compare("contains", wanted):
            return _contains(value, wanted, postgres)
        case Compare(op, wanted):
            return _ordered(op, value, wanted, postgres)
        case OneOf(values):
            return or_(false(), *(equals(value, wanted, postgres) for wanted in values))
        case Between(low, high):
            least, most = (
                _ordered("at_least", value, low, postgres),
                _ordered("at_most", value, high, postgres),
            )
            return and_(least, most)
        case Has(wanted):
            return _has(value, wanted, to_instant, postgres)
        case Timed(op, wanted):
            if value.instant is None:
                return false()
            bound = to_instant(wanted)
            return sure(value.instant < bound if op == "before" else value.instant > bound)
        case _:
            assert_never(check)


def equals(value: Value, wanted: Scalar, postgres: bool) -> Bool:
    """Of the same type, and the same."""
    match wanted:
        case bool():
            held = value.boolean
            return false() if held is None else sure(held.is_(true()) if wanted else held.is_(false()))
        case str():
            return false() if value.text is None else sure(value.text == literal(wanted))
        case _:
            return false() if value.number is None else sure(value.number == _number(wanted, value, postgres))


def same(one: Value, other: Value) -> Bool:
    """Are both known, of the same type, and equal?"""
    pairs = [(one.text, other.text), (one.number, other.number), (one.boolean, other.boolean)]
    return or_(false(), *(sure(a == b) for a, b in pairs if a is not None and b is not None))


def _ordered(op: str, value: Value, wanted: Scalar, postgres: bool) -> Bool:
    held: ColumnElement[Any] | None
    other: ColumnElement[Any]
    match wanted:
        case bool():
            return false()
        case str():
            held, other = value.text, literal(wanted)
            if held is not None and postgres:
                held = held.collate("C")  # by code point, whatever the database's own collation
        case _:
            held, other = value.number, _number(wanted, value, postgres)
    return false() if held is None else sure(_ORDER[op](held, other))


_ORDER: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "over": lambda held, other: held > other,
    "under": lambda held, other: held < other,
    "at_least": lambda held, other: held >= other,
    "at_most": lambda held, other: held <= other,
}


def _contains(value: Value, wanted: Scalar, postgres: bool) -> Bool:
    if value.text is None or not isinstance(wanted, str):
        return false()
    place = func.strpos if postgres else func.instr
    return sure(place(value.text, literal(wanted)) > 0)


def _has(value: Value, wanted: Scalar | Where, to_instant: ToInstant, postgres: bool) -> Bool:
    if value.elements is None:
        return false()
    element = value.elements()
    if isinstance(wanted, Where):
        tests = [passes(test, element.field(name), to_instant, postgres) for name, test in wanted.fields]
        found = and_(element.is_object, *tests)
    else:
        found = equals(element.value, wanted, postgres)
    return exists().select_from(element.rows).where(found).correlate_except(element.rows)


def _number(wanted: int | Decimal, value: Value, postgres: bool) -> ColumnElement[Any]:
    """The number in the unit of the value, as this database compares it exactly."""
    number = Decimal(exact(wanted)).scaleb(value.exponent)
    if postgres:
        return literal(number, Numeric())
    whole = exact(number)
    return literal(whole, Integer()) if isinstance(whole, int) else literal(float(number), Float())
