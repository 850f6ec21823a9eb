"""When quiet hours end: tables, and every minute asked one after the other."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, time, timedelta

import pytest
from holidays import list_supported_countries
from hypothesis import example, given, settings
from hypothesis import strategies as st

from loyaltyloop.journey.clock.quiet import LONGEST, is_holiday, quiet_until
from loyaltyloop.journey.clock.times import to_local
from loyaltyloop.journey.model import QuietHours
from loyaltyloop.journey.reading.reader import read_shop
from loyaltyloop.journey.rules.shop import countries
from tests.reference.gate import is_quiet
from tests.reference.reading import SHOP_TEXT

# As it is done in France with marketing by SMS.
FRENCH = """quiet_hours:
  - {countries: FR, channels: sms, purposes: marketing, from: "22:00", to: "08:00"}
  - {countries: FR, channels: sms, purposes: marketing, days: [sun, holidays]}
"""
SHOP = SHOP_TEXT.replace('quiet_hours: {from: "21:00", to: "08:00"}', FRENCH)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-06 20:00", None),  # a Friday
        ("2026-03-06 21:00", "2026-03-07 07:00"),
        ("2026-03-07 20:59", None),
        ("2026-03-07 21:00", "2026-03-09 07:00"),  # the night, Sunday, and the night behind it
        ("2026-03-08 12:00", "2026-03-09 07:00"),
        ("2026-03-28 21:30", "2026-03-30 06:00"),  # in that night clocks are set forward
        ("2026-04-05 12:00", "2026-04-07 06:00"),  # Easter Sunday, and Monday is a holiday
        ("2026-05-07 21:00", "2026-05-09 06:00"),  # 8 May
        ("2026-12-24 22:00", "2026-12-26 07:00"),
        ("2026-10-24 21:00", "2026-10-26 07:00"),  # and back
    ],
)
def test_marketing_by_sms_in_france(now: str, until: str | None) -> None:
    windows = read_shop(SHOP).quiet_hours
    found = quiet_until(windows, "sms", "marketing", "Europe/Paris", "FR", utc(now))
    assert found == (None if until is None else utc(until))
    for channel, purpose, country in (
        ("sms", "service", "FR"),
        ("email", "marketing", "FR"),
        ("sms", "marketing", "BE"),
        ("sms", "transactional", "FR"),
    ):
        assert quiet_until(windows, channel, purpose, "Europe/Paris", country, utc(now)) is None


@pytest.mark.parametrize(
    ("country", "day", "is_one"),
    [
        ("FR", "2026-07-14", True),
        ("FR", "2026-07-15", False),
        ("DE", "2026-10-03", True),
        ("GB", "2026-04-06", True),  # Easter Monday, in England
        ("GB", "2026-12-28", True),  # for Boxing Day, which is a Saturday
        ("US", "2026-07-03", True),  # for the fourth, which is a Saturday
        ("JP", "2026-05-05", True),
    ],
)
def test_public_holidays(country: str, day: str, is_one: bool) -> None:
    assert is_holiday(country, datetime.fromisoformat(day).date()) is is_one


def test_the_days_of_every_country_are_known() -> None:
    assert countries() <= set(list_supported_countries(include_aliases=False))


ZONES = ["Europe/London", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Tokyo"]
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun", "holidays"]
# In these nights clocks change in one of the zones, and Easter lies between.
NOWS = st.sampled_from(
    ["2026-03-28 12:00", "2026-10-24 12:00", "2026-04-03 20:00", "2026-10-31 20:00", "2026-02-14 12:00"]
)
HOURS = st.builds(time, st.sampled_from([0, 1, 2, 3, 8, 13, 21, 23]), st.sampled_from([0, 15, 30]))


@st.composite
def windows(draw: st.DrawFn) -> QuietHours:
    start, end = draw(HOURS), draw(HOURS)
    days = tuple(sorted(draw(st.sets(st.sampled_from(DAYS), max_size=3))))
    whole: bool = draw(st.booleans())
    if days and whole:
        return QuietHours(None, None, days=days)
    return QuietHours(start, end, days=days)


@settings(max_examples=120, deadline=None)
@given(
    st.lists(windows(), min_size=1, max_size=3),
    st.sampled_from(ZONES),
    st.sampled_from(["GB", "FR"]),
    NOWS,
    st.integers(0, 48 * 60),
    st.integers(0, 59),
)
@example([QuietHours(time(1, 30), time(2, 30))], "Europe/London", "GB", "2026-10-24 12:00", 755, 30)
def test_they_end_at_the_first_minute_that_is_none(
    quiet: list[QuietHours], zone: str, country: str, now: str, minutes: int, seconds: int
) -> None:
    moment = begun = utc(now) + timedelta(minutes=minutes, seconds=seconds)
    while moment - begun < timedelta(days=5) and any(
        is_quiet(one, to_local(moment, zone), country)
        for one in quiet
        if one.start != one.end or one.start is None
    ):
        moment = moment.replace(second=0) + timedelta(minutes=1)
    found = quiet_until(quiet, "email", "marketing", zone, country, begun)
    if moment - begun >= timedelta(days=5):
        assert found is not None and found >= moment
    else:
        assert found == (None if moment == begun else moment)


def test_what_never_ends_is_not_asked_for_ever() -> None:
    always = [QuietHours(time(0), time(12)), QuietHours(time(12), time(0))]
    now = utc("2026-01-01 00:00")
    found = quiet_until(always, "email", "marketing", "Europe/London", "GB", now)
    assert found is not None and found - now > LONGEST - timedelta(days=3)


def test_the_days_are_loaded_only_where_somebody_asks() -> None:
    code = (
        "import sys; from loyaltyloop.channels.claiming import gate; from loyaltyloop.journey import check;"
        "assert 'holidays' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
