"""What every step may say."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import Field

from loyaltyloop.journey.schema.conditions import ConditionFile
from loyaltyloop.journey.schema.values import NAME, Name, Words, read_by, read_name, read_texts


def one_or_many(value: Any) -> Any:
    """One value as a list of it; a list as it is."""
    return value if isinstance(value, list) else [value]


def _names(value: object) -> tuple[str, ...]:
    return tuple(_old_name(text) for text in read_texts(value))


def _old_name(text: str) -> str:
    """A name, or one that the engine gave to a nameless step: `hello.wait`, `hello.wait.2`."""
    return text if re.fullmatch(rf"{NAME[1:-1]}(\.[a-z0-9_]+)+", text) else read_name(text)


Was = Annotated[
    tuple[str, ...],
    *read_by(
        _names, {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
    ),
]


class StepFile(Words):
    """What every step may say."""

    was: Was | None = None
    if_: ConditionFile | None = Field(None, alias="if")


class UnnamedFile(StepFile):
    """Steps whose verb's value is not their name; they may be given one."""

    name: Name | None = None
