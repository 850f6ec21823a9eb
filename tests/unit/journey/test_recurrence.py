"""Recurrence rules: the same times as python-dateutil, and never a long search."""

from __future__ import annotations

import datetime as clock
from datetime import UTC, datetime, timedelta
from time import process_time
from unittest.mock import patch

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from loyaltyloop.journey.clock.rrule import read_recurrence

START = datetime(2020, 1, 6, tzinfo=UTC).replace(tzinfo=None)
NAMES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def some(low: int, high: int, from_end: bool = False) -> st.SearchStrategy[str]:
    numbers = st.integers(low, high)
    if from_end:
        numbers = numbers | numbers.map(lambda number: -number)
    return st.lists(numbers, min_size=1, max_size=3).map(lambda found: ",".join(map(str, found)))


def weekdays(every: str) -> st.SearchStrategy[str]:
    plain = st.sampled_from(NAMES)
    which = st.integers(1, 5 if every == "MONTHLY" else 50)
    told = st.tuples(which, st.sampled_from(("", "-")), plain).map(lambda one: f"{one[1]}{one[0]}{one[2]}")
    # Beside `1MO`, a bare `TU` means "and" to dateutil and "or" to the standard.
    kinds = [plain, told] if every in ("YEARLY", "MONTHLY") else [plain]
    return st.one_of(*(st.lists(kind, min_size=1, max_size=3, unique=True).map(",".join) for kind in kinds))


@st.composite
def rules(draw: st.DrawFn) -> str:
    every = draw(st.sampled_from(("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY")))
    words = {
        "INTERVAL": st.integers(1, 9).map(str),
        "BYMONTH": some(1, 12),
        "BYMONTHDAY": some(1, 31, from_end=True),
        "BYDAY": weekdays(every),
        "BYHOUR": some(0, 23),
        "BYMINUTE": some(0, 59),
        "WKST": st.sampled_from(NAMES),
    }
    if every == "YEARLY":
        words |= {"BYYEARDAY": some(1, 366, from_end=True), "BYWEEKNO": some(1, 53)}
    if every in ("YEARLY", "MONTHLY"):
        words["BYSETPOS"] = some(1, 5, from_end=True)
    words |= {"COUNT": st.integers(1, 30).map(str)} if draw(st.booleans()) else {}
    said = draw(st.lists(st.sampled_from(sorted(words)), max_size=4, unique=True))
    return ";".join([f"FREQ={every}", *(f"{word}={draw(words[word])}" for word in said)])


@settings(max_examples=200, deadline=None)
@given(rules(), st.integers(0, 6000), st.integers(0, 2000), st.integers(1, 500))
def test_the_times_are_those_of_dateutil(rule: str, begin: int, later: int, hours: int) -> None:
    start = START + timedelta(hours=begin, minutes=begin % 60)
    first = start + timedelta(days=later)
    last = first + timedelta(hours=hours)
    with patch.object(clock, "MAXYEAR", 2035):  # where dateutil gives up: 8,000 years later by itself
        try:
            wanted = rrulestr(f"RRULE:{rule}", dtstart=start).between(first, last, inc=True)
        except ValueError:  # an hour that the interval never comes to
            wanted = []
        except IndexError:  # a weekday that a December has not so often breaks it
            reject()
    assert list(read_recurrence(rule, start).between(first, last)) == wanted


def test_weeks_of_the_year_as_iso_counts_them() -> None:
    rule = read_recurrence("FREQ=DAILY;BYWEEKNO=53", START)
    found = list(rule.between(START, START + timedelta(days=4000)))
    assert found and all(moment.isocalendar().week == 53 for moment in found)
    assert len({moment.isocalendar().year for moment in found}) == 2  # 2020 and 2026
    last = read_recurrence("FREQ=YEARLY;BYWEEKNO=-1;BYDAY=MO", START)
    assert [f"{moment:%Y-%m-%d}" for moment in last.between(START, datetime(2026, 12, 31))] == [  # noqa: DTZ001
        "2020-12-28", "2021-12-27", "2022-12-26", "2023-12-25", "2024-12-23", "2025-12-22", "2026-12-28",
    ]  # fmt: skip


def test_a_bare_weekday_beside_a_counted_one_is_one_more() -> None:
    rule = read_recurrence("FREQ=MONTHLY;BYMONTH=3;BYDAY=1MO,SU", START)
    days = [moment.day for moment in rule.between(START, START + timedelta(days=200))]
    assert days == [1, 2, 8, 15, 22, 29]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=DAILY;BYSETPOS=9",
        "FREQ=YEARLY;BYDAY=53MO;BYMONTH=1",
    ],
)
def test_what_never_comes_is_not_looked_for_long(rule: str) -> None:
    begin = process_time()
    far = START + timedelta(days=365 * 150)
    assert list(read_recurrence(rule, START).between(far, far + timedelta(days=2))) == []
    assert process_time() - begin < 0.1
