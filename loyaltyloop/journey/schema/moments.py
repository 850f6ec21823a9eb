"""Values of time in the language: durations, shifts, times of day, weekdays."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time
from typing import Annotated, Any, Literal

from loyaltyloop.journey.clock.times import WEEKDAYS, Duration, read_time
from loyaltyloop.journey.model import Weekday
from loyaltyloop.journey.model.quiet import HOLIDAYS
from loyaltyloop.journey.schema.values import read_by, shown, wrong

_DURATION = {
    "type": "string",
    "pattern": r"^(P.+|\d+ ?(second|minute|hour|day|week|month|year)s?( .*)?)$",
    "examples": ["90 minutes", "2 days", "P2D"],
}


def read_duration(value: object) -> Duration:
    """A duration as `Duration.of` reads it."""
    if not isinstance(value, str):
        unit = f"'{value} days'" if isinstance(value, int) and value > 1 else "'2 days'"
        raise wrong(f"{shown(value)} is no duration", f"Say of what: for example {unit} or '90 minutes'.")
    try:
        return Duration.of(value)
    except ValueError as error:
        message, _, remedy = str(error).partition(": ")
        raise wrong(message, f"{remedy[:1].upper()}{remedy[1:]}." if remedy else _SHORTER) from None


_SHORTER = "Write a duration from '1 second' to '10 years'."
Span = Annotated[Duration, *read_by(read_duration, _DURATION)]


@dataclass(frozen=True)
class Offset:
    """A duration before (-1) or after (1)."""

    duration: Duration
    sign: Literal[-1, 1]


def _offset(value: object) -> Offset:
    if isinstance(value, str) and value.startswith(("-", "+")):
        return Offset(read_duration(value[1:].strip()), -1 if value[0] == "-" else 1)
    return Offset(read_duration(value), 1)


Shift = Annotated[
    Offset,
    *read_by(_offset, {"type": "string", "pattern": r"^[-+]? ?(P.+|\d.*)$", "examples": ["-3 days"]}),
]


def _clock(value: object, more: str = "") -> time:
    text = value if isinstance(value, str) else str(value)
    try:
        return read_time(text)
    except ValueError:
        hint = f'"0{text}"' if re.fullmatch(r"\d:[0-5]\d", text) else '"09:00"'
        remedy = f"Write hours and minutes, from 00:00 to 23:59: {hint}{more}."
        raise wrong(f"{shown(value)} is no time of day", remedy) from None


_CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"
Clock = Annotated[time, *read_by(_clock, {"type": "string", "pattern": _CLOCK})]


def _good_hour(value: object) -> time | Literal["best"]:
    return "best" if value == "best" else _clock(value, "; or 'best', their good hour")


ClockOrBest = Annotated[
    time | Literal["best"],
    *read_by(_good_hour, {"anyOf": [{"type": "string", "pattern": _CLOCK}, {"const": "best"}]}),
]


def _days(*known: str) -> Any:
    """One of these days, or some."""

    def read(value: object) -> tuple[Any, ...]:
        days = value if isinstance(value, list) else [value]
        for day in days:
            if day not in known:
                raise wrong(f"{shown(day)} is no day of the week", f"Write some of: {', '.join(known)}.")
        if not days:
            raise wrong("an empty list of days", "Name at least one day, or leave the word out.")
        return tuple(days)

    one = {"enum": list(known)}
    return read_by(read, {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]})


Days = Annotated[tuple[Weekday, ...], *_days(*WEEKDAYS)]
DaysAndHolidays = Annotated[tuple[str, ...], *_days(*WEEKDAYS, HOLIDAYS)]
