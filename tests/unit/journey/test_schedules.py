"""Schedules: what is refused, and the local times of those that are not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from loyaltyloop.journey.clock.schedules import first_instants, local_instants, unreadable

MONDAY = datetime(2026, 3, 2, tzinfo=UTC).replace(tzinfo=None)
NINE = "BYHOUR=9;BYMINUTE=0;BYSECOND=0"


def days(schedule: str, number: int = 28) -> list[str]:
    """What is found from 2 March on, looking day by day."""
    found = []
    for day in range(number):
        start = MONDAY + timedelta(days=day)
        end = start + timedelta(days=1, microseconds=-1)
        found += [f"{local:%m-%d %H:%M}" for local in local_instants(schedule, start, end, ZoneInfo("UTC"))]
    return found


@pytest.mark.parametrize(
    ("schedule", "found"),
    [
        ("0 9 * * mon", ["03-02 09:00", "03-09 09:00", "03-16 09:00", "03-23 09:00"]),
        ("0 0 1-3 3 *", ["03-02 00:00", "03-03 00:00"]),
        (f"FREQ=WEEKLY;{NINE}", ["03-02 09:00", "03-09 09:00", "03-16 09:00", "03-23 09:00"]),
        (f"RRULE:FREQ=MONTHLY;BYMONTHDAY=5;{NINE}", ["03-05 09:00"]),
        ("DTSTART:20260305T090000", ["03-05 09:00"]),
        ("DTSTART:20260105T090000 RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", ["03-02 09:00", "03-16 09:00"]),
        ("DTSTART:20260303T090000\nFREQ=DAILY;COUNT=2", ["03-03 09:00", "03-04 09:00"]),
        ("DTSTART:20260303T090000 RDATE:20260307T100000", ["03-07 10:00"]),
        (
            "DTSTART:20260303T090000 FREQ=DAILY;COUNT=4 EXDATE:20260304T090000,20260306T090000",
            ["03-03 09:00", "03-05 09:00"],
        ),
        (
            "DTSTART:20260303T090000 FREQ=DAILY;COUNT=2 RDATE:20260304T090000 rrule:freq=daily;count=1",
            ["03-03 09:00", "03-04 09:00"],
        ),
    ],
)
def test_the_same_instants_however_often_one_looks(schedule: str, found: list[str]) -> None:
    assert unreadable(schedule) is None
    assert days(schedule) == found


@pytest.mark.parametrize(
    ("schedule", "why"),
    [
        ("0 25 * * mon", "Bad hour"),
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO",
            "'DTSTART:20260105T090000 RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO'",
        ),
        ("RRULE:FREQ=DAILY;COUNT=1", "'DTSTART:20260105T090000 RRULE:FREQ=DAILY;COUNT=1'"),
        ("DTSTART:20260305T090000Z", "local time"),
        ("DTSTART;TZID=Europe/London:20260305T090000", "local time"),
        ("FREQ=MINUTELY", "more often than hourly"),
        ("DTSTART:soon", "SOON"),
        ("FREQ=OFTEN", "OFTEN"),
        ("DTSTART:20260305T090000 FREQ=DAILY;UNTIL=20260401T000000Z", "local time"),
        ("RRULE:FREQ=DAILY;INTERVAL=0", "INTERVAL is a whole number from 1 to 9,999, not '0'"),
        ("DTSTART:20260305T090000 FREQ=DAILY;INTERVAL=-1", "INTERVAL is a whole number from 1"),
        ("DTSTART:20260305T090000 FREQ=DAILY;COUNT=0", "COUNT is a whole number from 1"),
        ("DTSTART:20260305T090000 FREQ=DAILY;COUNT=2;UNTIL=20260401", "not by both"),
        ("FREQ=YEARLY;BYDAY=400MO", "'400MO'"),
        ("FREQ=WEEKLY;BYDAY=2MO", "'2MO'"),
        ("FREQ=WEEKLY;BYDAY=MON", "'MON'"),
        ("FREQ=WEEKLY;WKST=1", "WKST"),
        ("FREQ=WEEKLY;BYHOUR=24", "BYHOUR is a whole number from 0 to 23, not '24'"),
        ("FREQ=WEEKLY;BYWEEK=3", "'BYWEEK=3' does not belong"),
        ("FREQ=WEEKLY;FREQ=DAILY", "stands there twice"),
        ("DTSTART:19000305T090000", "2000 to 2199"),
        ("DTSTART:20260305T090000 DTSTART:20260306T090000", "two DTSTART"),
        ("DTSTART:20260305T090000 EXRULE:FREQ=DAILY", "'EXRULE' means nothing here"),
    ],
)
def test_what_cannot_be_read(schedule: str, why: str) -> None:
    assert why in (unreadable(schedule) or "")


def test_an_interval_of_one_counts_from_nothing() -> None:
    assert unreadable("FREQ=DAILY;INTERVAL=1") is None


@pytest.mark.parametrize(
    ("schedule", "found"),
    [
        ("30 9 * * *", ["2020-01-06", "2020-01-07"]),
        ("0 9 29 2 *", ["2020-02-29", "2024-02-29"]),
        ("0 0 30 2 mon#5", []),
        ("DTSTART:20260305T090000", ["2026-03-05"]),
        ("FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24", ["2020-12-24", "2021-12-24"]),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31", []),
        ("DTSTART:20260305T090000 FREQ=DAILY;UNTIL=20260305", []),
    ],
)
def test_the_first_instants(schedule: str, found: list[str]) -> None:
    assert [f"{local:%Y-%m-%d}" for local in first_instants(schedule, 2)] == found
