"""`leave_when` and `goal`, edited while people are inside: the next turn asks everybody."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from sqlalchemy import Engine

from loyaltyloop.journey.reading.reader import read_project
from loyaltyloop.store.live.changes import apply
from loyaltyloop.store.models import Enrolment, Touch
from tests.integration.store.shop import rows
from tests.integration.turn.stage import DAYTIME, Stage, utc

SHOP = (
    DAYTIME
    + """
segments:
  home: {customer: {country: FR}}
"""
)
JOURNEY = """
journey: edited
about: Made up.
enter: {event: Signed Up}
leave_when: {%s}
%s
steps:
  - branch: short
    paths:
      quick: {when: {customer: {city: Leeds}}, steps: [{leave: at once}]}
      slow: {}
  - wait: 30 days
"""
BOUGHT = "bought: {did: Order Completed}"
HOME = "away: {segment: home}"


def edit(stage: Stage, leaving: str, goal: str = "", shop: str = SHOP) -> None:
    """Apply the journey anew, with people inside."""
    files: Mapping[str, str] = {"journeys/shop.yaml": shop, "journeys/edited.yaml": JOURNEY % (leaving, goal)}
    apply(stage.engine, read_project(dict(files)), utc("03-05 00:00"))


def stage_with(engine: Engine, leaving: str) -> Stage:
    """Ada of Great Britain and Ben of Germany are inside; Cid of Leeds was, for an instant."""
    stage = Stage(engine, shop=SHOP)
    edit(stage, leaving)
    stage.knows("ada", country="GB")
    stage.knows("ben", country="DE")
    stage.knows("cid", city="Leeds")
    for who in ("ada", "ben", "cid"):
        stage.did(who, "Signed Up", "03-05 09:00")
    stage.turn("03-05 10:00")
    stage.did("ada", "Page Read", "03-05 12:00")
    stage.did("cid", "Page Read", "03-05 12:00")
    stage.turn("03-05 13:00")
    assert len(stage.ends()) == 3
    return stage


def inside(stage: Stage) -> list[str]:
    return [who for who, end in stage.ends() if end.startswith("waiting")]


def test_a_new_reason_to_leave_is_asked_of_everybody_inside(engine: Engine) -> None:
    stage = stage_with(engine, BOUGHT)
    edit(stage, f"{BOUGHT}, home: {{customer: {{country: GB}}}}")
    stage.turn("03-06 09:00")
    assert ("ada", "left: home") in stage.ends()
    assert inside(stage) == ["ben"]


def test_so_is_a_reason_whose_segment_is_another(engine: Engine) -> None:
    stage = stage_with(engine, HOME)
    edit(stage, HOME, shop=SHOP.replace("FR", "DE"))
    stage.turn("03-06 09:00")
    assert ("ben", "left: away") in stage.ends()
    assert inside(stage) == ["ada"]


def test_a_new_goal_is_asked_of_those_who_have_left_too(engine: Engine) -> None:
    stage = stage_with(engine, BOUGHT)
    edit(stage, BOUGHT, "goal: {did: Page Read, within: 14 days}")
    stage.turn("03-06 09:00")
    reached = {row.customer_key: row.goal_at for row in rows(engine, Enrolment)}
    assert reached == {"ada": utc("03-05 12:00"), "ben": None, "cid": utc("03-05 12:00")}


@pytest.mark.parametrize(
    ("goal", "shop"),
    [("priority: 70", SHOP), ("", SHOP.replace("FR", "DE")), ("", SHOP + "turns: {every: 20 minutes}\n")],
)
def test_nobody_is_asked_anew_where_neither_differs(engine: Engine, goal: str, shop: str) -> None:
    stage = stage_with(engine, BOUGHT)
    before = len(rows(engine, Touch))
    edit(stage, BOUGHT, goal, shop)
    assert len(rows(engine, Touch)) == before


def test_everybody_inside_is_touched_once(engine: Engine) -> None:
    stage = stage_with(engine, BOUGHT)
    edit(stage, f"{BOUGHT}, home: {{customer: {{country: GB}}}}", "goal: {did: Page Read, within: 14 days}")
    assert len(rows(engine, Touch)) == 3
    stage.turn("03-06 09:00")
    edit(stage, f"{BOUGHT}, home: {{customer: {{country: DE}}}}", "goal: {did: Page Read, within: 14 days}")
    assert len(rows(engine, Touch)) == 4, "of those inside, Ben alone"
