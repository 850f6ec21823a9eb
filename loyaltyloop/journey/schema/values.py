"""Single values of the language: names, numbers, shares, rates. Each refusal says what to write."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, PlainValidator
from pydantic_core import PydanticCustomError

from loyaltyloop.journey.conditions.condition import Scalar


class Words(BaseModel):
    """A mapping of known words; any other is refused."""

    # Built when a file is read: all of it at once, and not for who reads none.
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False, defer_build=True)


def wrong(message: str, remedy: str, key: str = "") -> PydanticCustomError:
    """The error for a value: what is wrong, what to write; `key`: the word below at which to point."""
    context = {"message": message, "remedy": remedy, "key": key}
    return PydanticCustomError("wrong", "{message}", context)


def shown(value: object) -> str:
    """A value as one would write it, short."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return f"'{written(value)[:60]}'" if value is not None else "nothing"


def written(value: object) -> str:
    """A scalar as it stands in a file. By identity: to Python 1 is equal to True."""
    if value is True or value is False:
        return "true" if value else "false"
    return str(value)


class JsonSchema:
    """The JSON Schema of a value that a function of ours reads; hashable, so that it may stand in a union."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.schema = schema

    def __get_pydantic_json_schema__(self, _core: Any, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """What pydantic puts into the schema."""
        return dict(self.schema)


def read_by(read: Callable[[Any], Any], schema: dict[str, Any]) -> tuple[PlainValidator, JsonSchema]:
    """What to annotate a type with that `read` reads, and that `schema` describes to editors."""
    return PlainValidator(read), JsonSchema(schema)


# ── text ────────────────────────────────────────────────────────────────────

NAME = r"^[a-z][a-z0-9_]{0,59}$"


def read_text(value: object) -> str:
    """Text that says something."""
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, bool | int | Decimal):
        raise wrong(f"text is wanted, not {shown(value)}", f'Put it in quotes: "{written(value)}".')
    raise wrong(f"text is wanted, not {shown(value) if value != '' else 'nothing'}", "Write some words.")


def read_name(value: object) -> str:
    """A name: small letters, digits and `_`."""
    text = read_text(value)
    if re.fullmatch(NAME, text):
        return text
    better = near_name(text)
    hint = f" For example '{better}'." if better else ""
    raise wrong(f"{shown(text)} is no name", f"Use small letters, digits and _, with a letter first.{hint}")


def near_name(text: str) -> str | None:
    """The name that is most like the text; None where none is."""
    better = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:60]
    return better if re.fullmatch(NAME, better) else None


def _template(value: object) -> str:
    text = read_text(value)
    if re.fullmatch(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*", text):
        return text
    raise wrong(
        f"{shown(text)} is no template",
        "Write folder/name, without an ending: 'welcome/hello' is templates/welcome/hello.html.",
    )


Text = Annotated[str, *read_by(read_text, {"type": "string", "minLength": 1})]
Name = Annotated[str, *read_by(read_name, {"type": "string", "pattern": NAME})]
TemplateName = Annotated[
    str, *read_by(_template, {"type": "string", "pattern": r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$"})
]


def read_texts(value: object) -> tuple[str, ...]:
    """One text, or a list of them."""
    if isinstance(value, list):
        if not value:
            raise wrong("an empty list", "Name at least one, or leave the word out.")
        return tuple(read_text(item) for item in value)
    return (read_text(value),)


Texts = Annotated[
    tuple[str, ...],
    *read_by(
        read_texts,
        {
            "anyOf": [
                {"type": "string", "minLength": 1},
                {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1},
            ]
        },
    ),
]


def _scalar(value: object) -> Scalar:
    if isinstance(value, str | bool | int | Decimal):
        return value
    if value is None:
        raise wrong("a value is missing", "Write a value, or {known: false} for: there is none.")
    raise wrong(f"one value is wanted, not {shown(value)}", "Write text, a number, true or false.")


Value = Annotated[Scalar, *read_by(_scalar, {"type": ["string", "number", "boolean"]})]

# ── numbers ─────────────────────────────────────────────────────────────────


def _whole(low: int, high: int) -> Callable[[Any], int]:
    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong(f"a whole number is wanted, not {shown(value)}", f"Write one from {low} to {high:,}.")
        if low <= value <= high:
            return value
        what = f"{value:,} is too {'small' if value < low else 'large'}"
        raise wrong(what, f"Write a whole number from {low} to {high:,}.")

    return read


def whole(low: int, high: int) -> Any:
    """The validators and schema of a whole number in [low, high]."""
    return read_by(_whole(low, high), {"type": "integer", "minimum": low, "maximum": high})


Count = Annotated[int, *whole(1, 1_000_000_000)]
Priority = Annotated[int, *whole(0, 100)]
Products = Annotated[int, *whole(1, 24)]


def _number(value: object) -> Decimal:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value)
    raise wrong(f"a number is wanted, not {shown(value)}", "Write digits, such as 5 or 1.17.")


Number = Annotated[Decimal, *read_by(_number, {"type": "number"})]

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,4})?) ?%")


def _share(value: object) -> Decimal:
    found = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    if found and Decimal(found[1]) <= 100:
        return Decimal(found[1]) / 100
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and value == 0:
        return Decimal(0)
    raise wrong(f"{shown(value)} is no share", "Write per cent, from 0% to 100%: for example 10%.")


Share = Annotated[
    Decimal,
    *read_by(
        _share,
        {"anyOf": [{"type": "string", "pattern": r"^\d{1,3}(\.\d{1,4})? ?%$"}, {"const": 0}]},
    ),
]


@dataclass(frozen=True)
class Rate:
    """So many, in each hour, day, week or month; `per` None: in all."""

    count: int
    per: str | None


_RATE = re.compile(r"(\d{1,9}) an? (hour|day|week|month)")


def _rate(value: object, units: tuple[str, ...], bare: bool) -> Rate:
    if bare and isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return Rate(value, None)
    found = _RATE.fullmatch(value) if isinstance(value, str) else None
    if found and found[2] in units and int(found[1]):
        return Rate(int(found[1]), found[2])
    known = " or ".join(f"'500 {'an' if unit == 'hour' else 'a'} {unit}'" for unit in units)
    raise wrong(f"{shown(value)} is no such number", f"Write {'500 or ' if bare else ''}{known}.")


_AT_MOST = ("hour", "day", "week")
AtMost = Annotated[
    Rate,
    *read_by(
        lambda v: _rate(v, _AT_MOST, False), {"type": "string", "pattern": r"^\d+ an? (hour|day|week)$"}
    ),
]
Budget = Annotated[
    Rate,
    *read_by(
        lambda v: _rate(v, ("day", "week", "month"), True),
        {
            "anyOf": [
                {"type": "integer", "minimum": 1},
                {"type": "string", "pattern": r"^\d+ an? (day|week|month)$"},
            ]
        },
    ),
]

MessageChannel = Literal["email", "sms", "push"]
