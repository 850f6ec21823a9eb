"""Who holds which tier: entered at one threshold, kept at a lower one, and for a time below that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.model.loyalty import Tier
from loyaltyloop.store.loyalty.tiers import Holds, Measures, held

NOW = datetime(2026, 6, 1, tzinfo=UTC)
YEAR, GRACE = Duration.of("12 months"), Duration.of("60 days")
SILVER = Tier("silver", "points", Decimal(200), Decimal(150))
GOLD = Tier("gold", "points", Decimal(500), Decimal(400), None, GRACE)
TIERS = (SILVER, GOLD)


def points(many: int) -> Measures:
    return Measures(many, Decimal(0), (), "Europe/London")


def tier(had: str | None, many: int, below_since: datetime | None = None) -> Holds:
    return held(TIERS, had, below_since, points(many), NOW)


@pytest.mark.parametrize(
    ("had", "many", "found"),
    [
        (None, 199, None),
        (None, 200, "silver"),
        (None, 500, "gold"),
        ("silver", 500, "gold"),
        ("silver", 150, "silver"),  # less than to enter, enough to keep
        ("silver", 149, None),
        ("gold", 400, "gold"),
        ("bronze", 250, "silver"),  # a tier that there is no longer
    ],
)
def test_a_tier_is_entered_at_more_than_it_is_kept_at(had: str | None, many: int, found: str | None) -> None:
    assert tier(had, many).tier == found


def test_who_falls_below_keeps_the_tier_for_a_time() -> None:
    first = tier("gold", 160)
    assert (first.tier, first.below_since) == ("gold", NOW)
    assert first.look_at == GRACE.after(NOW, "Europe/London")
    assert tier("gold", 160, NOW - timedelta(days=59)).tier == "gold"
    assert tier("gold", 160, NOW - timedelta(days=60)) == Holds("silver")  # which 160 still keeps
    assert tier("gold", 10, NOW - timedelta(days=61)) == Holds(None)


def test_who_has_enough_again_begins_the_time_anew() -> None:
    assert tier("gold", 450, NOW - timedelta(days=59)) == Holds("gold")


def test_what_was_spent_falls_out_of_its_time() -> None:
    spent = Tier("gold", "spent", Decimal(100), Decimal(100), YEAR)
    bought = datetime(2025, 6, 2, 12, tzinfo=UTC)
    measures = Measures(0, Decimal(900), [(bought, Decimal("100.00"))], "Europe/London")
    found = held((spent,), None, None, measures, NOW)
    assert found == Holds("gold", None, datetime(2026, 6, 2, 12, tzinfo=UTC))
    assert held((spent,), "gold", None, measures, found.look_at or NOW) == Holds(None)
    lifetime = Tier("gold", "lifetime_value", Decimal(900), Decimal(900))
    assert held((lifetime,), None, None, measures, NOW).tier == "gold"


@given(st.lists(st.tuples(st.integers(0, 700), st.integers(0, 40)), min_size=1, max_size=12))
def test_nobody_loses_a_tier_before_its_time_nor_keeps_it_for_longer(told: list[tuple[int, int]]) -> None:
    """Whatever the balance does: at one instant nothing changes twice, and no tier is out of its due."""
    now, had, below = NOW, None, None
    for many, days in told:
        now += timedelta(days=days)
        found = held(TIERS, had, below, points(many), now)
        assert held(TIERS, found.tier, found.below_since, points(many), now) == found
        due = [one.name for one in TIERS if many >= one.at_least]
        ranks = [None, "silver", "gold"]
        assert ranks.index(found.tier) >= ranks.index(due[-1] if due else None)
        if found.tier == "gold" and many < GOLD.keep_at:
            assert had == "gold" and found.below_since is not None
            assert now < GRACE.after(found.below_since, "Europe/London")
        had, below = found.tier, found.below_since
