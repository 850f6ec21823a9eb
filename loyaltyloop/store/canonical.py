"""JSON in the one form in which both databases give it back as it was put in."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any

import orjson

LARGEST = 1 << 63
_LARGEST_FLOAT = 1e308
DEEPEST = 32
LONGEST_ID = 255  # an index of PostgreSQL takes no more than about 2,700 bytes


class Refused(ValueError):
    """A value that cannot be taken; the text is the reason on record."""


def canonical(value: Any, depth: int = 0) -> Any:
    """The value with whole numbers as integers within 64 bits and others at 15 significant digits.

    Raises Refused for NUL characters, lone surrogates and nesting deeper than 32.
    """
    match value:  # what comes most often stands first: each event has dozens of values
        case str():
            return value if value.isascii() and "\0" not in value else plain_text(value)
        case None | bool() | int() if value is None or -LARGEST <= value < LARGEST:
            return value
        case int() | float():
            return number(value)
        case _ if depth >= DEEPEST:
            raise Refused(f"nested deeper than {DEEPEST} levels")
        case dict() | Mapping():
            deeper = depth + 1
            return {_name(name): canonical(item, deeper) for name, item in value.items()}
        case list() | tuple():
            return [canonical(item, depth + 1) for item in value]
        case _:
            raise Refused(f"{type(value).__name__} is no JSON value")


def plain_text(value: str) -> str:
    """The text itself. Raises Refused for what PostgreSQL cannot store."""
    if value.isascii():
        if "\0" in value:
            raise Refused("text with a NUL character")
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Refused("text with half a surrogate pair, which is no character") from None
    if "\0" in value:
        raise Refused("text with a NUL character")
    return value


def number(value: float) -> int | float:
    """An integer within 64 bits, else 15 significant digits: what JSON keeps in every database."""
    if isinstance(value, int) and -LARGEST <= value < LARGEST:
        return value
    if not -_LARGEST_FLOAT < value < _LARGEST_FLOAT:
        raise Refused("a number too large for any database, or none at all")
    rounded = float(f"{value:.15g}")
    if rounded.is_integer() and -LARGEST <= rounded < LARGEST:
        return int(rounded)
    return rounded


@lru_cache(maxsize=4096)
def _name(name: str) -> str:
    """Names come again and again: a few hundred are all that a shop has."""
    if len(name) > LONGEST_ID:
        raise Refused(f"a name longer than {LONGEST_ID} characters")
    return plain_text(name)


def to_json(value: Any) -> str:
    """Canonical values as text: keys sorted, no spaces."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def digest(value: Any) -> str:
    """The same for the same content, 64 hexadecimal digits."""
    return sha256(to_json(value).encode()).hexdigest()
