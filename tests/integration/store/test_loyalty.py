"""Tiers and badges follow what arrives, and are told as events, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from loyaltyloop.store.database import write
from loyaltyloop.store.loyalty.look import is_due
from loyaltyloop.store.models import BadgeEarned, LoyaltyStanding
from tests.integration.store.loyal import BADGED, TIERED, customers, news, order, settle
from tests.integration.store.shop import NOW, SHOP, alias, at, identify, rows, track

DAY = timedelta(days=1)


# ── tiers ───────────────────────────────────────────────────────────────────


def test_who_rises_and_falls_is_told_once(engine: Engine) -> None:
    def go(now: datetime, *raws: dict[str, Any]) -> str | None:
        settle(engine, *raws, shop=TIERED, now=now)
        tier: str | None = customers(engine)["ada"].tier
        return tier

    settle(engine, shop=TIERED)
    assert go(NOW, order("ada", at(9, 10), 60, "o1")) == "silver"
    assert go(NOW, order("ada", at(9, 20), 60, "o2")) == "gold"
    falls_out = datetime.fromisoformat("2026-06-09T09:00:00Z")  # o1 is thirty days old
    assert go(falls_out - timedelta(minutes=1)) == "gold"
    assert go(falls_out) == "gold"
    assert go(falls_out + 9 * DAY) == "gold"
    assert go(falls_out + 10 * DAY) == "silver"
    assert (
        go(falls_out + 20 * DAY, track("ada", "Order Cancelled", "2026-06-20T09:00:00Z", order_id="o1"))
        == "silver"
    )
    assert (
        go(falls_out + 20 * DAY, track("ada", "Order Cancelled", "2026-06-20T10:00:00Z", order_id="o2"))
        is None
    )
    assert [told for _, told in news(engine, ["Tier Changed"])] == [
        {"tier": "silver", "direction": "up"},
        {"tier": "gold", "previous": "silver", "direction": "up"},
        {"tier": "silver", "previous": "gold", "direction": "down"},
        {"previous": "silver", "direction": "down"},
    ]


def test_what_somebody_has_when_a_shop_begins_with_it_is_on_record_and_told_to_nobody(engine: Engine) -> None:
    settle(engine, order("ada", at(9, 10), 60, "o1"))
    settle(engine, shop=TIERED)
    assert customers(engine)["ada"].tier == "silver"
    assert news(engine, ["Tier Changed"]) == []
    settle(engine, order("ada", at(9, 20), 60, "o2"), shop=TIERED)
    assert [told["tier"] for _, told in news(engine, ["Tier Changed"])] == ["gold"]


def test_nobody_is_looked_at_to_whom_nothing_happened(engine: Engine) -> None:
    settle(engine, order("ada", at(9, 10), 60, "o1"), shop=TIERED)
    with write(engine) as connection:
        assert not is_due(connection, NOW + DAY, TIERED)
        assert is_due(connection, NOW + DAY, replace(TIERED, tiers=TIERED.tiers[:1]))  # other rules
        assert not is_due(connection, NOW + DAY, SHOP)


def test_who_turns_out_to_be_one_has_the_tier_of_both_together(engine: Engine) -> None:
    settle(engine, order("ada", at(9, 30), 60, "o1"), order("~phone", at(9, 30), 45, "o2"), shop=TIERED)
    assert {one.key: one.tier for one in customers(engine).values()} == {"ada": "silver", "phone": None}
    settle(engine, identify("ada", at(10, 30), device="phone"), shop=TIERED)
    assert {one.key: one.tier for one in customers(engine).values()} == {"ada": "gold"}
    assert len(rows(engine, LoyaltyStanding)) == 1


@pytest.mark.parametrize("survivor", ["ada", "ben"])
def test_who_turns_out_to_be_one_keeps_the_higher_of_two_tiers(engine: Engine, survivor: str) -> None:
    """Ada has been gold, and has too little for it since the fourth of June; Ben is silver."""
    settle(engine, order("ada", at(9, 5), 60, "o1"), order("ada", at(9, 25), 45, "o2"), shop=TIERED)
    settle(engine, order("ben", "2026-04-01T09:00:00Z", 50, "o3"), shop=TIERED)
    late = NOW + 5 * DAY
    settle(engine, shop=TIERED, now=late)
    assert {one.key: one.tier for one in customers(engine).values()} == {"ada": "gold", "ben": "silver"}
    [gone] = {"ada", "ben"} - {survivor}
    settle(engine, alias(survivor, gone, "2026-06-05T09:00:00Z"), shop=TIERED, now=late)
    assert [one.tier for one in customers(engine).values()] == ["gold"]


# ── badges ──────────────────────────────────────────────────────────────────


def test_a_challenge_is_met_once_and_the_badge_is_kept(engine: Engine) -> None:
    settle(engine, *(order("ada", at(9, day), 5) for day in (1, 2)), shop=BADGED)
    assert customers(engine)["ada"].badges is None
    settle(engine, order("ada", at(9, 3), 5), order("ben", at(9, 3), 5), shop=BADGED)
    settle(engine, order("ada", at(9, 4), 5), shop=BADGED, now=NOW + 300 * DAY)
    assert customers(engine)["ada"].badges == ["regular"]
    assert news(engine, ["Badge Earned"]) == [
        ("Badge Earned", {"badge": "regular", "about": "Three orders in sixty days"})
    ]


def test_who_turns_out_to_be_one_has_each_badge_once(engine: Engine) -> None:
    raws = [order(who, at(9, day), 5) for who in ("ada", "ben") for day in (1, 2, 3)]
    settle(engine, *raws, order("~phone", at(9, 4), 5), shop=BADGED)
    settle(engine, alias("ada", "ben", at(9, 5)), identify("ada", at(9, 6), device="phone"), shop=BADGED)
    (row,) = rows(engine, BadgeEarned)
    assert (row.badge, row.cause) == ("regular", "rule")
    assert [one.badges for one in customers(engine).values()] == [["regular"]]
