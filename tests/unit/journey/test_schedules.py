"""Schedules: what is refused, and the local times of those that are not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from loyaltyloop.journey.schedules import local_instants, unreadable

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
        ("DTSTART:20260305T090000 FREQ=DAILY;UNTIL=20260401T000000Z", "UNTIL"),
    ],
)
def test_what_cannot_be_read(schedule: str, why: str) -> None:
    assert why in (unreadable(schedule) or "")


def test_an_interval_of_one_counts_from_nothing() -> None:
    assert unreadable("FREQ=DAILY;INTERVAL=1") is None
