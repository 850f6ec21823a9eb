"""Who writes for all requests outlives each of them."""

from __future__ import annotations

from sqlalchemy import Engine

from loyaltyloop.store.models import Event
from loyaltyloop.web.writer import Writer
from tests.integration.store.shop import at, call, rows, track


def test_a_request_that_was_given_up_ends_nobody_elses(engine: Engine) -> None:
    writer = Writer(engine)
    given_up = writer.put([call(track("ada", "A", at(9)))])
    assert given_up.cancel()
    writer.start()
    writer.put([call(track("ben", "B", at(10)))]).result(timeout=60)
    writer.close()
    assert {row.name for row in rows(engine, Event)} == {"A", "B"}
