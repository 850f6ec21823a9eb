"""Caps: read, refused, and until when what has left takes room."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyloop.journey.clock.times import to_local
from loyaltyloop.journey.model import Cap
from loyaltyloop.journey.reading.reader import read_shop
from loyaltyloop.journey.rules.caps import _swallows
from tests.unit.journey.projects import check_files, good

TEXTS = (
    "1 an hour",
    "2 a day",
    "3 a week",
    "9 a month",
    "3 in 36 hours",
    "3 in 7 days",
    "4 in 2 weeks",
    "5 in 1 month",
)
ZONES = (
    "UTC",
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
    "Asia/Kolkata",
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("cap", "zone", "left", "free"),
    [
        ("3 in 7 days", "UTC", "2026-03-02 10:00", "2026-03-09 10:00"),
        # A day is a day of the calendar, as in a wait: clocks were set forward in between.
        ("3 in 7 days", "Europe/London", "2026-03-25 10:00", "2026-04-01 09:00"),
        ("1 in 36 hours", "Europe/London", "2026-03-28 22:00", "2026-03-30 10:00"),
        ("1 in 1 month", "UTC", "2026-01-31 10:00", "2026-02-28 10:00"),
        ("1 an hour", "Asia/Kolkata", "2026-03-02 10:00", "2026-03-02 10:30"),
        ("1 a day", "America/New_York", "2026-03-03 04:59", "2026-03-03 05:00"),
        ("1 a day", "America/New_York", "2026-03-03 05:00", "2026-03-04 05:00"),
        ("3 a week", "Pacific/Auckland", "2026-03-08 10:59", "2026-03-08 11:00"),  # Sunday 23:59 there
        ("3 a week", "Pacific/Auckland", "2026-03-08 11:00", "2026-03-15 11:00"),
        ("3 a month", "Europe/London", "2026-03-15 12:00", "2026-03-31 23:00"),
        ("3 a month", "UTC", "2026-12-31 23:59", "2027-01-01 00:00"),
        # The hour that comes twice is one.
        ("1 an hour", "Europe/London", "2026-10-25 00:10", "2026-10-25 02:00"),
        ("1 an hour", "Europe/London", "2026-10-25 01:10", "2026-10-25 02:00"),
        # Midnight comes twice there: on both the day begins.
        ("1 a day", "America/Havana", "2024-11-03 04:30", "2024-11-04 05:00"),
        ("1 a day", "America/Havana", "2024-11-03 03:30", "2024-11-03 04:00"),
    ],
)  # fmt: skip
def test_until_when_it_takes_room(cap: str, zone: str, left: str, free: str) -> None:
    assert Cap.of(cap).free_at(utc(left), zone) == utc(free)


INSTANTS = st.integers(0, 3 * 366 * 24 * 60).map(
    lambda minutes: utc("2024-01-01 00:00") + timedelta(minutes=minutes)
)


@given(st.sampled_from(TEXTS), st.sampled_from(ZONES), INSTANTS)
def test_it_is_free_soon_and_never_before_it_left(text: str, zone: str, left: datetime) -> None:
    cap = Cap.of(text)
    free = cap.free_at(left, zone)
    assert left < free
    assert cap.looks_back_to(free) < left, "what takes room is looked at"
    if cap.unit in ("day", "week", "month"):
        start = to_local(free, zone)
        assert (start.hour, start.minute) == (0, 0)
        assert cap.unit != "week" or start.weekday() == 0
        assert cap.unit != "month" or start.day == 1


@given(st.sampled_from(TEXTS), st.sampled_from(TEXTS), st.sampled_from(ZONES), INSTANTS, st.data())
def test_what_is_said_to_be_swallowed_is(
    one: str, two: str, zone: str, now: datetime, data: st.DataObject
) -> None:
    """Whatever leaves under the other cap, the swallowed one never objects."""
    strict, loose = Cap.of(one), Cap.of(two)
    if not _swallows(strict, loose):
        return
    left: list[datetime] = []
    for _ in range(30):
        now += timedelta(minutes=data.draw(st.sampled_from((1, 59, 61, 600, 1439, 2880))))
        if _room(strict, left, now, zone):
            assert _room(loose, left, now, zone)
            left.append(now)


def _room(cap: Cap, left: list[datetime], now: datetime, zone: str) -> bool:
    return sum(cap.free_at(at, zone) > now for at in left) < cap.number


@pytest.mark.parametrize("text", TEXTS)
def test_written_as_it_was_read(text: str) -> None:
    assert str(Cap.of(text)) == text.replace("2 weeks", "14 days")


def test_of_which_messages() -> None:
    cap = read_shop(_shop("{at_most: 3 a week}")).caps[0]
    assert cap.counts("sms", "marketing") and not cap.counts("email", "service")
    cap = read_shop(_shop("[{at_most: 1 a day, channels: sms, purposes: [marketing, service]}]")).caps[0]
    assert cap.counts("sms", "service") and not cap.counts("email", "service")
    assert not Cap.of("1 a day", purposes=("transactional",)).counts("email", "transactional")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0 a week", "'0 a week' lets nothing leave"),
        ("0 in 7 days", "'0 in 7 days' lets nothing leave"),
        ("3 in 0 days", "'0 days' is no time at all"),
        ("3 in 13 months", "'3 in 13 months' looks back longer than a year"),
        ("3 in 999 months", "'999 months' is longer than ten years"),
        ("3 per week", "'3 per week' is no cap"),
        ("-1 a week", "'-1 a week' is no cap"),
        ("three a week", "'three a week' is no cap"),
        ("3", "'3' is no cap"),
        ("3 a year", "'3 a year' is no cap"),
        ("99999 a week", "'99999 a week' is no cap"),
        ("3 a week\n", "is no cap"),
        ("٣ a week", "is no cap"),
    ],
)
def test_no_cap(text: str, message: str) -> None:
    files = good() | {"journeys/shop.yaml": _shop("{at_most: " + repr(text) + "}")}
    [problem] = check_files(files)
    assert message in problem.message
    assert problem.rule == "wrong-value" and problem.remedy


def _shop(caps: str) -> str:
    return good()["journeys/shop.yaml"].decode() + f"caps: {caps}\n"
