"""Values of rows as each database's driver takes them: instants, dates, JSON."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson
from psycopg.types.json import Jsonb
from sqlalchemy import JSON, BigInteger, Boolean, Date, DateTime, Float, Integer, String
from sqlalchemy.types import TypeEngine
from sqlmodel import UTCDateTime

from loyaltyloop.store.canonical import number

Converter = Callable[[Any], Any]


def sqlite_converter(kind: TypeEngine[Any] | None) -> Converter | None:
    """What makes of a column's value what sqlite3 takes; None where they are the same."""
    match kind:
        case UTCDateTime() | DateTime():
            return lru_cache(maxsize=256)(_sqlite_instant)  # rows of one event share their instants
        case Date():
            return date.isoformat
        case JSON():
            return _json_text
        case _:
            return None


def _sqlite_instant(value: datetime) -> str:
    moved = value if value.tzinfo is UTC else value.astimezone(UTC)
    return moved.isoformat(" ", "microseconds")[:26]


def _json_text(value: Any) -> str:
    return json_bytes(value).decode()


def postgres_type(kind: TypeEngine[Any]) -> str:
    """PostgreSQL's name of a column's type."""
    match kind:
        case UTCDateTime() | DateTime():
            return "timestamptz"
        case Date():
            return "date"
        case JSON():
            return "jsonb"
        case Boolean():
            return "bool"
        case BigInteger():
            return "int8"
        case Integer():
            return "int4"
        case Float():
            return "float8"
        case String():
            return "text"
        case _:
            return _impl(kind)


def _impl(kind: TypeEngine[Any]) -> str:
    inner = getattr(kind, "impl_instance", None)
    if inner is None:
        raise TypeError(f"no way to copy a column of type {kind!r}")
    return postgres_type(inner)


def postgres_converter(kind: TypeEngine[Any]) -> Converter | None:
    """What makes of a column's value what psycopg takes; None where they are the same."""
    return _postgres_json if isinstance(kind, JSON) else None


def _postgres_json(value: Any) -> Jsonb:
    return Jsonb(value, dumps=json_bytes)


def json_bytes(value: Any) -> bytes:
    """JSON as the models store it: keys sorted."""
    return orjson.dumps(value, default=decimal_number, option=orjson.OPT_SORT_KEYS)


def decimal_number(value: Any) -> float:
    """Numbers of journey files, as JSON keeps them."""
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} is no JSON value")
    return number(float(value))
