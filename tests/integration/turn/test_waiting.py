"""How long somebody stands at a step, and where they go on when that is odd."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tests.integration.turn.stage import Stage

FAR = """\
journey: far
about: Waits until a date of the event.
enter: {event: Signed Up}
leave_when: {gone: {did: Left}}
steps:
  - wait: day
    until: trigger.when
    offset: OFFSET
    if_past: leave
  - wait: 1 day
"""


@pytest.mark.parametrize(
    ("value", "offset"),
    [("9999-12-31", "3 days"), ("0001-01-01", "-3 days"), ("9999-12-31T23:59:59Z", "1 hour")],
)
def test_date_that_no_calendar_means_is_unknown(engine: Engine, value: str, offset: str) -> None:
    stage = Stage(engine, FAR.replace("OFFSET", offset))
    stage.knows("ada", "ben")
    stage.did("ada", "Signed Up", "03-02 10:00", when=value)
    stage.did("ben", "Signed Up", "03-02 10:00", when="2050-01-01")
    stage.turn("03-02 10:00")
    assert stage.ends() == [("ada", "left: date unknown"), ("ben", "waiting at day")]
