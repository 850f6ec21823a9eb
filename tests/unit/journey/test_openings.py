"""When an hour of the day next comes: on days, outside quiet hours, over changes of the clock, in time."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from loyaltyloop.journey.clock.openings import Openings
from loyaltyloop.journey.model import QuietHours

LONDON = "Europe/London"
NIGHT = QuietHours(time(21), time(8))
WEEKEND = QuietHours(None, None, days=("sat", "sun"))
ALWAYS = QuietHours(time(0), time(23, 59))


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2024-{text}").replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "hour", "days", "comes"),
    [
        ("01-05 09:00", 9, (), "01-05 09:00"),  # now
        ("01-05 09:01", 9, (), "01-06 09:00"),  # over for today
        ("01-05 09:00", 9, ("mon",), "01-08 09:00"),
        ("03-31 00:30", 1, (), "03-31 01:00"),  # jumped over: the first instant behind it, 02:00 there
        ("10-27 00:30", 1, (), "10-28 01:00"),  # it comes twice, and has been there once
        ("10-26 23:30", 1, (), "10-27 00:00"),
    ],
)
def test_it_comes_next(start: str, hour: int, days: tuple[str, ...], comes: str) -> None:
    assert Openings(at(start), days).next(hour, LONDON, "GB") == at(comes)


def test_quiet_hours_move_it_to_another_day_or_close_it() -> None:
    friday = Openings(at("01-05 12:00"), (), (NIGHT, WEEKEND), "email")
    assert friday.next(10, LONDON, "GB") == at("01-08 10:00")
    assert friday.next(22, LONDON, "GB") is None
    assert Openings(at("01-05 12:00"), (), (NIGHT,)).next(22, LONDON, "GB") == at("01-05 22:00")  # a wait


def test_hours_that_come_too_late_are_closed_while_another_is_in_time() -> None:
    soon = Openings(at("01-05 12:00"), (), (), "email", until=at("01-05 15:00"))
    assert [hour for hour, one in enumerate(soon.table(LONDON, "GB")) if one] == [12, 13, 14]
    none = Openings(at("01-05 12:00"), ("mon",), (), "email", until=at("01-05 15:00"))
    assert all(none.table(LONDON, "GB"))


def test_where_no_hour_is_open_all_are() -> None:
    closed = Openings(at("01-05 12:00"), (), (ALWAYS,), "email")
    assert all(closed.table(LONDON, "GB"))
    assert closed.first(iter([7, 8]), LONDON, "GB") == (7, at("01-06 07:00"))


def test_the_first_open_hour_of_a_ranking() -> None:
    nights = Openings(at("01-05 12:00"), (), (NIGHT,), "sms")
    assert nights.first(iter([22, 23, 20, 9]), LONDON, "GB") == (20, at("01-05 20:00"))
