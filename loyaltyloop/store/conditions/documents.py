"""Values of JSON documents and of columns, as SQL, alike on SQLite and PostgreSQL.

A value is read by type, and each reading is NULL where the value is of another type. No reading raises:
PostgreSQL casts only inside a CASE that has looked at the type.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    Numeric,
    String,
    case,
    cast,
    column,
    false,
    func,
    literal,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import UTCDateTime

from loyaltyloop.journey.conditions.facts import Kind

Expression = ColumnElement[Any]
# SQLite's paths do not know escapes; names with any of these are looked for one by one.
_HOSTILE = re.compile(r'["\\\x00-\x1f]')
_TEXTS = String()


@dataclass(frozen=True, eq=False)
class Element:
    """The elements of a list: where they come from, one of them, and that one's fields."""

    rows: FromClause
    value: Value
    is_object: ColumnElement[bool]
    field: Callable[[str], Value]


@dataclass(frozen=True, eq=False)
class Value:
    """Something that a row may say. `exponent`: numbers are money in minor units of so many decimals."""

    known: ColumnElement[bool]
    text: Expression | None = None
    number: Expression | None = None
    boolean: Expression | None = None
    instant: Expression | None = None
    elements: Callable[[], Element] | None = None
    exponent: int = 0


UNKNOWN = Value(false())


def sure(condition: ColumnElement[Any]) -> ColumnElement[bool]:
    """The same, false instead of NULL."""
    return func.coalesce(condition, false(), type_=Boolean())


def count_value(number: Expression) -> Value:
    """A number that is always known."""
    return Value(number.is_not(None), number=number)


def fact(held: Expression, kind: Kind, exponent: int, postgres: bool) -> Value:
    """A column of this kind."""
    known = held.is_not(None)
    match kind:
        case "text":
            return Value(known, text=held, instant=_read_instant(held))
        case "number":
            return Value(known, number=held)
        case "money":
            return Value(known, number=held, exponent=exponent)
        case "bool":
            return Value(known, boolean=held)
        case "instant":
            return Value(known, instant=held)
        case "date":
            # SQLite would read a text compared with a DATE column as a number where it can: hence the cast.
            text = func.to_char(held, "YYYY-MM-DD", type_=_TEXTS) if postgres else cast(held, _TEXTS)
            return Value(known, text=text, instant=_read_instant(text))
        case "list":
            return whole(held, postgres)


def field(document: Expression, name: str, postgres: bool) -> Value:
    """What a JSON object says under this name; nothing where the document is no object."""
    return (
        _postgres_value(_json(document.op("->")(literal(name))))
        if postgres
        else _sqlite_field(document, name)
    )


def whole(document: Expression, postgres: bool) -> Value:
    """A JSON document as one value."""
    if postgres:
        return _postgres_value(_json(document))
    root = "$"
    return _sqlite_value(func.json_type(document, root, type_=_TEXTS), func.json_extract(document, root))


def _read_instant(text: Expression) -> Expression:
    return func.loop_instant(text, type_=UTCDateTime())


# ── PostgreSQL ──────────────────────────────────────────────────────────────


def _json(expression: Expression) -> Expression:
    return type_coerce(expression, JSONB())


def _postgres_value(node: Expression) -> Value:
    kind = func.jsonb_typeof(node, type_=_TEXTS)
    plain = node.op("#>>")(literal_column("'{}'::text[]"))
    text = case((kind == "string", type_coerce(plain, _TEXTS)))
    return Value(
        known=sure(kind != "null"),
        text=text,
        number=case((kind == "number", cast(node, Numeric()))),
        boolean=case((kind == "boolean", cast(node, Boolean()))),
        instant=_read_instant(text),
        elements=lambda: _postgres_elements(
            case((kind == "array", node), else_=literal_column("'[]'::jsonb"))
        ),
    )


def _postgres_elements(array: Expression) -> Element:
    rows = func.jsonb_array_elements(array).table_valued(column("value", JSONB()))
    item = rows.c.value
    is_object = func.jsonb_typeof(item, type_=_TEXTS) == "object"
    return Element(rows, _postgres_value(item), is_object, lambda name: field(item, name, postgres=True))


# ── SQLite ──────────────────────────────────────────────────────────────────


def _sqlite_field(document: Expression, name: str) -> Value:
    if _HOSTILE.search(name):
        return _sqlite_value(*_search(document, name))
    path = f'$."{name}"'
    return _sqlite_value(func.json_type(document, path, type_=_TEXTS), func.json_extract(document, path))


def _search(document: Expression, name: str) -> tuple[Expression, Expression]:
    """Type and value, found by going through the object."""
    rows = func.json_each(document).table_valued("key", "value", "type")
    named = select(rows).where(rows.c.key == name).correlate_except(rows)
    kind = named.with_only_columns(type_coerce(rows.c.type, _TEXTS)).scalar_subquery()
    return kind, named.with_only_columns(rows.c.value).scalar_subquery()


def _sqlite_value(kind: Expression, plain: Expression) -> Value:
    text = case((kind == "text", type_coerce(plain, _TEXTS)))
    return Value(
        known=sure(kind != "null"),
        text=text,
        number=case((kind.in_(["integer", "real"]), plain)),
        boolean=case((kind == "true", literal_column("1")), (kind == "false", literal_column("0"))),
        instant=_read_instant(text),
        elements=lambda: _sqlite_elements(case((kind == "array", plain), else_=literal_column("'[]'"))),
    )


def _sqlite_elements(array: Expression) -> Element:
    rows = func.json_each(array).table_valued("value", "type")
    # Fields are read of objects alone: json_type would raise for what is no JSON text.
    is_object = rows.c.type == "object"
    item = case((is_object, rows.c.value))
    value = _sqlite_value(rows.c.type, rows.c.value)
    return Element(rows, value, is_object, lambda name: field(item, name, postgres=False))
