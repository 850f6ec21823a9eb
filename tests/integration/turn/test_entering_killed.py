"""A turn that died among its candidates, and the journey edited before the next."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from loyaltyloop.journey.model import ByEvent
from loyaltyloop.journey.reading.reader import read_project
from loyaltyloop.store.live.changes import apply
from loyaltyloop.turn.engine import open_turn
from loyaltyloop.turn.enrolling import Enrolling
from loyaltyloop.turn.entrances import events
from tests.integration.turn.stage import DAYTIME, Stage, utc

JOURNEY = """
journey: entered
about: Made up.
enter: {event: %s}
steps:
  - wait: 9 days
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [("[Signed Up, Product Viewed]", "Signed Up"), ("Signed Up", "[Signed Up, Product Viewed]")],
)
def test_nobody_is_passed_over(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, before: str, after: str
) -> None:
    stage = Stage(engine, JOURNEY % before)
    stage.knows("ada", "ben", "cid")
    stage.did("ada", "Product Viewed", "03-02 10:00")
    stage.did("ben", "Signed Up", "03-02 10:01")
    stage.did("cid", "Signed Up", "03-02 10:02")
    monkeypatch.setattr(events, "CHUNK", 1)
    with open_turn(stage.world, "entered", utc("03-02 11:00")) as turn:
        turn.run(turn.stages[0])
        by = turn.frame.journey.enter.by
        assert isinstance(by, ByEvent)
        next(events.work(turn.frame, by, Enrolling(turn.frame)))
    assert len(stage.ends()) == 1
    files: dict[str, str | bytes] = {"journeys/shop.yaml": DAYTIME, "journeys/j0.yaml": JOURNEY % after}
    apply(engine, read_project(files), utc("03-02 11:30"))
    stage.turn("03-02 12:00")
    assert {"ben", "cid"} <= {who for who, _ in stage.ends()}
    assert stage.entries() == []
