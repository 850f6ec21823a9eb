"""Times in five zones around their clock changes, durations, 29 February, windows over midnight."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from loyaltyloop.journey.clock.times import (
    WEEKDAYS,
    Duration,
    load_zone,
    next_at,
    read_instant,
    read_time,
    to_instant,
    to_local,
    yearly_day,
)
from loyaltyloop.journey.model import QuietHours


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text)


# Clock changes of 2026, by tzdata: the local time asked for → the instant that it means.
# In a gap: the first instant after it. In an overlap: the first occurrence.
INSTANTS = [
    # London: 29 March 01:00 → 02:00; 25 October 02:00 → 01:00.
    ("Europe/London", "2026-03-29T00:59", "2026-03-29T00:59"),
    ("Europe/London", "2026-03-29T01:00", "2026-03-29T01:00"),
    ("Europe/London", "2026-03-29T01:30", "2026-03-29T01:00"),
    ("Europe/London", "2026-03-29T02:00", "2026-03-29T01:00"),
    ("Europe/London", "2026-10-25T00:59", "2026-10-24T23:59"),
    ("Europe/London", "2026-10-25T01:00", "2026-10-25T00:00"),
    ("Europe/London", "2026-10-25T01:30", "2026-10-25T00:30"),
    ("Europe/London", "2026-10-25T02:00", "2026-10-25T02:00"),
    # New York: 8 March 02:00 → 03:00; 1 November 02:00 → 01:00.
    ("America/New_York", "2026-03-08T01:59", "2026-03-08T06:59"),
    ("America/New_York", "2026-03-08T02:30", "2026-03-08T07:00"),
    ("America/New_York", "2026-03-08T03:00", "2026-03-08T07:00"),
    ("America/New_York", "2026-11-01T01:30", "2026-11-01T05:30"),
    ("America/New_York", "2026-11-01T02:00", "2026-11-01T07:00"),
    # Lord Howe changes by half an hour: 5 April 02:00 → 01:30; 4 October 02:00 → 02:30.
    ("Australia/Lord_Howe", "2026-04-05T01:29", "2026-04-04T14:29"),
    ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45"),
    ("Australia/Lord_Howe", "2026-04-05T02:00", "2026-04-04T15:30"),
    ("Australia/Lord_Howe", "2026-10-04T02:10", "2026-10-03T15:30"),
    ("Australia/Lord_Howe", "2026-10-04T02:30", "2026-10-03T15:30"),
    # Auckland: 5 April 03:00 → 02:00; 27 September 02:00 → 03:00.
    ("Pacific/Auckland", "2026-04-05T02:30", "2026-04-04T13:30"),
    ("Pacific/Auckland", "2026-04-05T03:00", "2026-04-04T15:00"),
    ("Pacific/Auckland", "2026-09-27T02:30", "2026-09-26T14:00"),
    ("Pacific/Auckland", "2026-09-27T03:00", "2026-09-26T14:00"),
    # Casablanca goes back for Ramadan: 15 February 03:00 → 02:00; 22 March 02:00 → 03:00.
    ("Africa/Casablanca", "2026-02-15T02:30", "2026-02-15T01:30"),
    ("Africa/Casablanca", "2026-02-15T03:00", "2026-02-15T03:00"),
    ("Africa/Casablanca", "2026-03-22T02:30", "2026-03-22T02:00"),
    ("Africa/Casablanca", "2026-03-22T03:00", "2026-03-22T02:00"),
]


@pytest.mark.parametrize(("zone", "said", "meant"), INSTANTS)
def test_local_times_around_clock_changes(zone: str, said: str, meant: str) -> None:
    assert to_instant(local(said), zone) == utc(meant)


@pytest.mark.parametrize(("zone", "said", "meant"), INSTANTS)
def test_back_again(zone: str, said: str, meant: str) -> None:
    """The instant's local time is what was asked for, or the end of the gap that it lay in."""
    assert to_local(utc(meant), zone) >= local(said)


AFTER = [
    # Calendar days keep the hour; elapsed time keeps the clock running.
    ("Europe/London", "2026-03-28T09:00", "1 day", "2026-03-29T08:00"),
    ("Europe/London", "2026-03-28T09:00", "24 hours", "2026-03-29T09:00"),
    ("Europe/London", "2026-03-28T01:30", "1 day", "2026-03-29T01:00"),
    ("Europe/London", "2026-10-24T00:30", "1 day", "2026-10-25T00:30"),
    ("Europe/London", "2026-10-24T08:00", "1 day", "2026-10-25T09:00"),
    ("Europe/London", "2026-10-24T08:00", "1 day 90 minutes", "2026-10-25T10:30"),
    ("America/New_York", "2026-03-07T07:30", "1 day", "2026-03-08T07:00"),
    ("America/New_York", "2026-10-31T13:00", "1 day", "2026-11-01T14:00"),
    ("Australia/Lord_Howe", "2026-04-04T01:00", "1 day", "2026-04-05T01:30"),
    ("Pacific/Auckland", "2026-04-04T20:00", "1 day", "2026-04-05T20:00"),
    ("Pacific/Auckland", "2026-04-03T20:00", "1 day", "2026-04-04T21:00"),
    ("Africa/Casablanca", "2026-02-14T08:00", "1 day", "2026-02-15T09:00"),
    ("Europe/London", "2026-01-31T12:00", "1 month", "2026-02-28T12:00"),
    ("Europe/London", "2028-01-31T12:00", "1 month", "2028-02-29T12:00"),
    ("Europe/London", "2024-02-29T12:00", "1 year", "2025-02-28T12:00"),
    ("Europe/London", "2026-08-31T11:00", "P1M", "2026-09-30T11:00"),
    ("Europe/London", "2026-01-01T12:00", "2 weeks", "2026-01-15T12:00"),
]


@pytest.mark.parametrize(("zone", "start", "duration", "end"), AFTER)
def test_durations_by_the_calendar_of_a_zone(zone: str, start: str, duration: str, end: str) -> None:
    assert Duration.of(duration).after(utc(start), zone) == utc(end)


@pytest.mark.parametrize(
    ("zone", "start", "duration", "end"),
    [
        ("Europe/London", "2026-03-29T08:00", "1 day", "2026-03-28T09:00"),
        ("Europe/London", "2026-03-29T08:00", "24 hours", "2026-03-28T08:00"),
        ("Europe/London", "2026-03-31T11:00", "1 month", "2026-02-28T12:00"),
    ],
)
def test_durations_backwards(zone: str, start: str, duration: str, end: str) -> None:
    assert Duration.of(duration).before(utc(start), zone) == utc(end)


NEXT = [
    # zone, from, at, days, the next such time
    ("Europe/London", "2026-01-05T08:59", "09:00", (), "2026-01-05T09:00"),
    ("Europe/London", "2026-01-05T09:00", "09:00", (), "2026-01-05T09:00"),
    ("Europe/London", "2026-01-05T09:30", "09:00", (), "2026-01-06T09:00"),
    ("Europe/London", "2026-03-28T09:30", "09:00", (), "2026-03-29T08:00"),
    ("Europe/London", "2026-03-28T12:00", "01:30", (), "2026-03-29T01:00"),
    ("Europe/London", "2026-10-25T00:45", "01:30", (), "2026-10-26T01:30"),
    ("America/New_York", "2026-03-08T06:00", "02:30", (), "2026-03-08T07:00"),
    ("Australia/Lord_Howe", "2026-10-03T12:00", "02:15", (), "2026-10-03T15:30"),
    ("Pacific/Auckland", "2026-09-26T10:00", "09:00", (), "2026-09-26T20:00"),
    ("Africa/Casablanca", "2026-02-15T00:00", "09:00", (), "2026-02-15T09:00"),
    # 5 January 2026 is a Monday.
    ("Europe/London", "2026-01-05T09:30", "09:00", ("mon",), "2026-01-12T09:00"),
    ("Europe/London", "2026-01-05T09:30", "09:00", ("mon", "thu"), "2026-01-08T09:00"),
    ("Europe/London", "2026-01-05T09:30", None, ("mon",), "2026-01-05T09:30"),
    ("Europe/London", "2026-01-05T09:30", None, ("wed",), "2026-01-07T00:00"),
    ("Pacific/Auckland", "2026-01-05T12:00", None, ("tue",), "2026-01-05T12:00"),
]


@pytest.mark.parametrize(("zone", "start", "at", "days", "meant"), NEXT)
def test_the_next_such_time(zone: str, start: str, at: str | None, days: tuple[str, ...], meant: str) -> None:
    assert next_at(utc(start), zone, read_time(at) if at else None, days) == utc(meant)


def test_weekdays_begin_on_monday() -> None:
    assert WEEKDAYS[date(2026, 1, 5).weekday()] == "mon"


@pytest.mark.parametrize(
    ("year", "feb29", "meant"),
    [
        (2024, "feb28", date(2024, 2, 29)),
        (2024, "mar1", date(2024, 2, 29)),
        (2024, "leap_only", date(2024, 2, 29)),
        (2025, "feb28", date(2025, 2, 28)),
        (2025, "mar1", date(2025, 3, 1)),
        (2025, "leap_only", None),
        (2000, "leap_only", date(2000, 2, 29)),
        (2100, "leap_only", None),
        (2100, "mar1", date(2100, 3, 1)),
    ],
)
def test_the_twenty_ninth_of_february(year: int, feb29: str, meant: date | None) -> None:
    assert yearly_day(2, 29, year, feb29) == meant


def test_other_days_are_yearly_whatever_is_said_of_the_twenty_ninth() -> None:
    assert yearly_day(2, 28, 2025, "leap_only") == date(2025, 2, 28)
    assert yearly_day(12, 31, 2025, "mar1") == date(2025, 12, 31)


@pytest.mark.parametrize(
    ("start", "end", "moment", "inside"),
    [
        ("21:00", "08:00", "20:59", False),
        ("21:00", "08:00", "21:00", True),
        ("21:00", "08:00", "23:59", True),
        ("21:00", "08:00", "00:00", True),
        ("21:00", "08:00", "07:59", True),
        ("21:00", "08:00", "08:00", False),
        ("12:00", "14:00", "11:59", False),
        ("12:00", "14:00", "12:00", True),
        ("12:00", "14:00", "14:00", False),
        ("00:00", "06:00", "00:00", True),
        ("22:00", "00:00", "23:00", True),
        ("22:00", "00:00", "00:00", False),
    ],
)
def test_windows_and_windows_over_midnight(start: str, end: str, moment: str, inside: bool) -> None:
    local = datetime.combine(date(2026, 6, 1), read_time(moment))
    assert QuietHours(read_time(start), read_time(end)).covers(local, lambda _: False) is inside


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("90 minutes", Duration(seconds=5400)),
        ("48 hours", Duration(seconds=172800)),
        ("2 days", Duration(days=2)),
        ("3 weeks", Duration(days=21)),
        ("1 month", Duration(months=1)),
        ("1 year", Duration(months=12)),
        ("1 month 3 days", Duration(months=1, days=3)),
        ("P2D", Duration(days=2)),
        ("PT48H", Duration(seconds=172800)),
        ("P1Y2M3DT4H5M6S", Duration(14, 3, 14706)),
    ],
)
def test_durations(text: str, meant: Duration) -> None:
    assert Duration.of(text) == meant
    assert Duration.of(str(meant)) == meant, "as a person writes it"


@pytest.mark.parametrize(
    "text", ["", "2", "two days", "-1 day", "0 days", "P", "PT", "2 dayz", "11 years", "1.5 days"]
)
def test_bad_durations_are_refused_never_clamped(text: str) -> None:
    with pytest.raises(ValueError, match=r"duration|no time at all|longer than ten years"):
        Duration.of(text)


@pytest.mark.parametrize("text", ["24:00", "9:30", "09:60", "0900", "09:00:00", ""])
def test_bad_times_of_day(text: str) -> None:
    with pytest.raises(ValueError, match="no time of day"):
        read_time(text)


@pytest.mark.parametrize("zone", ["Europe/Londn", "GMT+1", "", "../etc/passwd", "europe/london"])
def test_unknown_zones(zone: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        load_zone(zone)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2026-01-31", utc("2026-01-31T00:00")),
        ("2026-01-31T10:00:00Z", utc("2026-01-31T10:00")),
        ("2026-01-31T10:00+02:00", utc("2026-01-31T08:00")),
        ("2026-01-31 10:00:00.5Z", utc("2026-01-31T10:00:00.500")),
        ("2026-01-31T10:00:00", None),
        ("2026-02-30", None),
        ("yesterday", None),
        (20260131, None),
    ],
)
def test_instants(text: object, meant: datetime | None) -> None:
    assert read_instant(text) == meant


def test_midnight_is_a_time() -> None:
    assert read_time("00:00") == time(0)
