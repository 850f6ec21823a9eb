"""Instants as local seconds, for many at once: the same as one at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from loyaltyloop.journey.clock.times import to_local
from loyaltyloop.scores.hours.clock import local_seconds

# With quarters of an hour, half an hour of summer, a skipped day, and changes at midnight.
ZONES = ("Europe/London", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "America/Havana", "UTC")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC).replace(tzinfo=None)
INSTANTS = st.integers(1_230_000_000, 1_760_000_000).map(lambda one: datetime.fromtimestamp(one, UTC))


@settings(max_examples=60)
@given(st.sampled_from(ZONES), st.lists(INSTANTS, max_size=5))
def test_it_is_as_late_there_as_the_zone_says(zone: str, instants: list[datetime]) -> None:
    found = local_seconds(np.array([int(one.timestamp()) for one in instants], np.int64), zone)
    said = [to_local(one, zone) for one in instants]
    assert [EPOCH + timedelta(seconds=one) for one in found.tolist()] == said


def test_clocks_change_at_the_second_at_which_they_change() -> None:
    change = datetime(2024, 3, 31, 1, tzinfo=UTC)
    around = np.array([int(change.timestamp()) + one for one in (-1, 0, 1)], np.int64)
    assert (local_seconds(around, "Europe/London") - around).tolist() == [0, 3600, 3600]
