"""Whose yearly day has come: nobody's is missed by the days that the database is asked for."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.model import ByDate
from loyaltyloop.turn.entrances.dates import _days, _instant, _since

# The farthest from UTC on both sides, one that once left out a day, and one whose clocks change.
ZONES = ["Pacific/Kiritimati", "Etc/GMT+12", "Pacific/Apia", "Europe/London"]
MONTH_DAYS = [
    day.month * 100 + day.day for day in (date(2024, 1, 1) + timedelta(days=number) for number in range(366))
]
OFFSETS = st.builds(Duration, st.integers(0, 14), st.integers(0, 40), st.integers(0, 200_000))
CATCH_UPS = [Duration.of(text) for text in ("2 days", "36 hours", "1 month", "2 months 3 days")]


@st.composite
def entrances(draw: st.DrawFn) -> ByDate:
    return ByDate(
        "birthday",
        offset=draw(st.none() | OFFSETS),
        offset_sign=draw(st.sampled_from([-1, 1])),
        at=draw(st.sampled_from([time(0, 0), time(9, 0), time(23, 59)])),
        feb29=draw(st.sampled_from(["feb28", "mar1", "leap_only"])),
        catch_up=draw(st.sampled_from(CATCH_UPS)),
    )


@settings(max_examples=60, deadline=None)
@given(
    by=entrances(),
    zone=st.sampled_from(ZONES),
    home=st.sampled_from(ZONES),
    year=st.integers(2011, 2029),
    late=st.timedeltas(timedelta(), timedelta(days=70)) | st.just(timedelta()),
    looked=st.none() | st.just(timedelta(seconds=1)) | st.timedeltas(timedelta(), timedelta(days=70)),
)
def test_every_birthday_is_found_in_every_zone(
    by: ByDate, zone: str, home: str, year: int, late: timedelta, looked: timedelta | None
) -> None:
    """Each birthday by a turn that is so late; the last turn before was so long before the day's instant."""
    for month_day in MONTH_DAYS:
        at = _instant(by, month_day, year, zone)
        if at is None:
            continue
        now, checked = at + late, None if looked is None else at - looked
        if _since(by, now, zone, checked) < at:
            assert year in _days(by, now, home, checked).get(month_day, [])


@pytest.mark.parametrize(
    ("offset", "sign", "month_day"),
    [("1 month", -1, 329), ("1 month", -1, 331), ("1 month", 1, 131), ("1 month 1 day", 1, 130)],
)
def test_the_last_days_of_a_month_are_all_a_month_from_its_neighbours_last(
    offset: str, sign: int, month_day: int
) -> None:
    by = ByDate("birthday", Duration.of(offset), offset_sign=-1 if sign < 0 else 1, at=time(9, 0))
    now = datetime(2026, 2, 28, 9, tzinfo=UTC) + timedelta(days="day" in offset)
    assert month_day in _days(by, now, "UTC", now - timedelta(hours=1))


def test_hourly_looks_ask_for_few_days() -> None:
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    plain = _days(ByDate("birthday", at=time(9, 0)), now, "Europe/London", now - timedelta(hours=1))
    assert len(plain) <= 6  # with 29 February
