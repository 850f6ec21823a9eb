"""`FREQ=WEEKLY;BYDAY=MO` to a recurrence. Every refusal is a ValueError that says what is wrong."""

from __future__ import annotations

import re
from datetime import datetime
from typing import get_args

from loyaltyloop.journey.clock.recurrence import Days, Every, Recurrence

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WEEKDAY = re.compile(rf"([+-]?\d{{1,2}})?({'|'.join(_WEEKDAYS)})")
# Words that take numbers: from, to, and whether `-1` means the last.
_NUMBERS = {
    "INTERVAL": (1, 9_999, False),
    "COUNT": (1, 99_999, False),
    "BYMONTH": (1, 12, False),
    "BYMONTHDAY": (1, 31, True),
    "BYYEARDAY": (1, 366, True),
    "BYWEEKNO": (1, 53, True),
    "BYHOUR": (0, 23, False),
    "BYMINUTE": (0, 59, False),
    "BYSECOND": (0, 59, False),
    "BYSETPOS": (1, 366, True),
}
_WORDS = ("FREQ", "UNTIL", "BYDAY", "WKST", *_NUMBERS)


def read_recurrence(text: str, start: datetime) -> Recurrence:
    """The rule in `text`, counted from `start`, from which it also takes what it does not say itself."""
    said = _words(text)
    every = _every(said.get("FREQ", ""))
    numbers = {word: _numbers(word, said[word]) for word in _NUMBERS if word in said}
    if "COUNT" in said and "UNTIL" in said:
        raise ValueError("it ends by COUNT or by UNTIL, not by both")
    hours = numbers.get("BYHOUR", () if every == "HOURLY" else (start.hour,))
    return Recurrence(
        every,
        start,
        _days(every, start, said, numbers),
        hours,
        numbers.get("BYMINUTE", (start.minute,)),
        numbers.get("BYSECOND", (start.second,)),
        numbers.get("BYSETPOS", ()),
        _one("INTERVAL", numbers) or 1,
        _one("COUNT", numbers),
        read_local(said["UNTIL"]) if "UNTIL" in said else None,
    )


def read_local(text: str) -> datetime:
    """`20260105T090000`: a local time, as all times of a schedule are."""
    if text.endswith("Z"):
        raise ValueError(f"it is told in the shop's local time: leave out the 'Z' of '{text}'")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"'{text}' is no time: write for example 20260105T090000") from None
    if moment.tzinfo is not None or not 2000 <= moment.year < 2200:
        raise ValueError(f"'{text}' is no local time of the years 2000 to 2199")
    return moment.replace(microsecond=0)


def _words(text: str) -> dict[str, str]:
    said: dict[str, str] = {}
    for part in text.split(";"):
        word, sign, value = part.partition("=")
        if not sign or not value or word not in _WORDS or word in said:
            raise ValueError(f"'{part}' does not belong in an RRULE, or stands there twice")
        said[word] = value
    return said


def _every(text: str) -> Every:
    if text in ("MINUTELY", "SECONDLY"):
        raise ValueError("nothing is sent to everybody more often than hourly")
    known: tuple[Every, ...] = get_args(Every)
    for every in known:
        if text == every:
            return every
    raise ValueError(f"FREQ is one of {', '.join(known)}, not '{text}'")


def _numbers(word: str, text: str) -> tuple[int, ...]:
    low, high, from_end = _NUMBERS[word]
    found = set()
    for part in text.split(","):
        number = int(part) if re.fullmatch(r"[+-]?\d{1,6}", part) else None
        if number is None or not (low <= number <= high or (from_end and low <= -number <= high)):
            raise ValueError(f"{word} is a whole number from {low} to {high:,}, not '{part}'")
        found.add(number)
    return tuple(sorted(found))


def _one(word: str, numbers: dict[str, tuple[int, ...]]) -> int | None:
    found = numbers.get(word, (None,))
    if len(found) > 1:
        raise ValueError(f"{word} is one number")
    return found[0]


def _days(every: Every, start: datetime, said: dict[str, str], numbers: dict[str, tuple[int, ...]]) -> Days:
    months, of_month = numbers.get("BYMONTH", ()), numbers.get("BYMONTHDAY", ())
    weekdays = _weekdays(every, said.get("BYDAY", ""))
    if not (of_month or weekdays or "BYYEARDAY" in said or "BYWEEKNO" in said):
        if every == "YEARLY":
            months = months or (start.month,)
        if every in ("YEARLY", "MONTHLY"):
            of_month = (start.day,)
        elif every == "WEEKLY":
            weekdays = {(0, start.weekday())}
    if (week := said.get("WKST", "MO")) not in _WEEKDAYS:
        raise ValueError(f"WKST is one of {', '.join(_WEEKDAYS)}, not '{week}'")
    return Days(
        frozenset(months),
        frozenset(of_month),
        frozenset(numbers.get("BYYEARDAY", ())),
        frozenset(numbers.get("BYWEEKNO", ())),
        frozenset(weekdays),
        every == "YEARLY" and not months,
        _WEEKDAYS.index(week),
    )


def _weekdays(every: Every, text: str) -> set[tuple[int, int]]:
    found = set()
    for part in text.split(",") if text else ():
        day = _WEEKDAY.fullmatch(part)
        if day is None:
            raise ValueError(f"BYDAY is made of {', '.join(_WEEKDAYS)}, as in MO,FR or 1MO, not '{part}'")
        if day[1] and (every not in ("YEARLY", "MONTHLY") or not 1 <= abs(int(day[1])) <= 53):
            raise ValueError(f"'{part}': which one is said with MONTHLY (to 5) and YEARLY (to 53)")
        found.add((int(day[1] or 0), _WEEKDAYS.index(day[2])))
    return found
