"""Customers who change while a chunk of theirs is at work."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from loyaltyloop.steps.stand import Stand
from tests.integration.turn.stage import Stage

WAITING = """\
journey: waiting
about: Waits twice.
enter: {event: Signed Up}
leave_when: {gone: {did: Left}}
steps:
  - wait: 2 days
  - wait: 5 days
"""


def test_zone_that_changes_after_the_zones_were_read(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(engine, WAITING)
    stage.knows("ada", timezone="Asia/Tokyo")
    stage.did("ada", "Signed Up", "03-02 10:00")
    monkeypatch.setattr(Stand, "zones", lambda _: ["America/New_York"])
    stage.turn("03-02 10:00")
    stage.turn("03-04 10:00")
    assert stage.ends() == [("ada", "waiting at enter.wait.2")]
