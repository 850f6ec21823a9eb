"""Values of the language as people write them, and what changed between two records of it."""

from __future__ import annotations

from dataclasses import fields
from datetime import time
from decimal import Decimal
from typing import Any

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.conditions.condition import Condition
from loyaltyloop.journey.model import Again, At, ByDate, ByEvent, BySchedule, ByState, Until
from loyaltyloop.journey.showing.phrases import phrase

LONGEST = 100  # characters of two values that are still worth showing

_NESTED = (ByEvent, ByDate, ByState, BySchedule, Until)
_WORDS = {"condition": "if", "sources": "from", "duration": "", "events": "event", "rule": "schedule"}


def changed_words(old: object, new: object, without: frozenset[str] = frozenset()) -> list[str]:
    """The words of the file whose values differ, each with both values where they are short."""
    told: list[str] = []
    for field in fields(old):  # type: ignore[arg-type]  # both are records of the model
        before, after = getattr(old, field.name), getattr(new, field.name)
        if field.name in without or before == after:
            continue
        if type(before) is type(after) and isinstance(before, _NESTED):
            told += changed_words(before, after)
        else:
            word = _WORDS.get(field.name, field.name)
            told.append(worded(word, before, after))
    return told


def changed_keys(old: Any, new: Any, path: str = "") -> list[str]:
    """What differs between two files as they are written: `turns.every 15 minutes → 1 hour`, key by key."""
    if old == new:
        return []
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return [_change(path, old, new)]
    told: list[str] = []
    for key in {**old, **new}:
        told += changed_keys(old.get(key), new.get(key), f"{path}.{key}" if path else str(key))
    return told


def _change(path: str, old: Any, new: Any) -> str:
    before, after = _written(old), _written(new)
    if before is not None and after is not None and len(before) + len(after) <= LONGEST:
        return f"{path} {before or 'none'} → {after or 'none'}"
    return f"{path} added" if old is None else f"{path} removed" if new is None else path


def _written(value: Any) -> str | None:
    """A plain value of a file as it stands there; None if that takes more than a line."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list() if value and all(isinstance(one, str | int | Decimal) for one in value):
            return ", ".join(map(str, value))
        case str() | int() | Decimal():
            return str(value)
        case _:
            return None


def worded(word: str, old: object, new: object) -> str:
    """`up_to 2 days → 3 days`; the word alone where the values take too many."""
    return " ".join(part for part in (word, arrow(old, new)) if part)


def arrow(old: object, new: object) -> str:
    """`2 days → 3 days`; empty where either takes more than a word."""
    before, after = _plainly(old), _plainly(new)
    if before is None or after is None:
        return ""
    told = f"{before or 'none'} → {after or 'none'}"
    return told if len(told) <= LONGEST else ""


def _plainly(value: object) -> str | None:
    """The value as it is written in a file; None if that takes more than a word."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value * 100:f}".rstrip("0").rstrip(".") + "%" if value else "0%"
        case str() | int() | Duration():
            return str(value)
        case time():
            return f"{value:%H:%M}"
        case At():
            return _at(value)
        case Again():
            return f"after {value.after}" if value.after else value.kind
        case tuple() if all(isinstance(part, str) for part in value):
            return ", ".join(value)
        case _ if isinstance(value, Condition):
            return phrase(value)
        case _:
            return None


def _at(at: At) -> str:
    words = ["best"] if at.best else [f"{at.time:%H:%M}"] if at.time else []
    return " ".join([*words, *([f"on {', '.join(at.days)}"] if at.days else [])])
