"""`give` of points and badges: at once, once each, told to other journeys, and nothing of it by a dry run."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, select

from loyaltyloop.store.database import read
from loyaltyloop.store.models import BadgeEarned, Customer, Event, PointsEntry
from loyaltyloop.turn.runner import run_turn
from tests.integration.turn.stage import DAYTIME, Stage, utc

SHOP = DAYTIME + (
    "points: {name: beans, earn: 1, for_each: 1, expire_after: 30 days}\n"
    "badges: {founder: {about: Here from the beginning}}\n"
)
THANKS = """
journey: thanks
about: Beans and a badge.
enter: {event: Signed Up, again: always}
steps:
  - {give: beans, points: 50, valid: 10 days}
  - {give: badge, badge: founder, if_empty: leave}
  - set: {tags: {add: [thanked]}}
"""
PROUD = """
journey: proud
about: Of who has a badge.
enter: {event: Badge Earned}
steps:
  - set: {tags: {add: [proud]}}
"""


def facts(engine: Engine, model: Any, *names: str) -> list[tuple[Any, ...]]:
    table = model.__table__
    with read(engine) as connection:
        return [tuple(row) for row in connection.execute(select(*(table.c[name] for name in names)))]


def test_points_and_a_badge_are_given_once_each(engine: Engine) -> None:
    stage = Stage(engine, THANKS, PROUD, shop=SHOP)
    stage.knows("ada")
    stage.turn("03-01 08:00")
    stage.did("ada", "Signed Up", "03-01 09:00")
    run_turn(stage.world, "thanks", utc("03-01 09:15"), dry_run=True)
    assert facts(engine, PointsEntry, "id") == facts(engine, BadgeEarned, "badge") == []
    stage.turn("03-01 09:15")
    stage.turn("03-01 09:30")
    assert facts(engine, Customer, "points", "badges") == [(50, ["founder"])]
    assert stage.tags() == {"ada": ["proud", "thanked"]}
    stage.did("ada", "Signed Up", "03-02 09:00")
    stage.turn("03-02 09:15")
    assert facts(engine, Customer, "points", "badges") == [(100, ["founder"])]
    assert sorted(stage.ends("thanks")) == [("ada", "completed"), ("ada", "left: nothing to give")]
    assert len([name for (name,) in facts(engine, Event, "name") if name == "Badge Earned"]) == 1
    stage.turn("03-11 10:00")
    assert facts(engine, Customer, "points") == [(50,)]
    stage.turn("03-13 10:00")
    assert facts(engine, PointsEntry, "kind", "points") == [
        ("give", 50),
        ("give", 50),
        ("expire", -50),
        ("expire", -50),
    ]


def test_who_owes_points_pays_with_what_is_given(engine: Engine) -> None:
    stage = Stage(engine, THANKS, PROUD, shop=SHOP)
    stage.knows("ada")
    stage.did("ada", "Points Redeemed", "03-01 08:00", points=30)
    stage.turn("03-01 08:15")
    assert facts(engine, Customer, "points") == [(-30,)]
    stage.did("ada", "Signed Up", "03-01 09:00")
    stage.turn("03-01 09:15")
    assert facts(engine, Customer, "points") == [(20,)]
    stage.turn("03-20 09:15")
    assert facts(engine, Customer, "points") == [(0,)]
