"""Who writes for all requests outlives each of them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import Connection, Engine

from loyaltyloop.store.models import Event
from loyaltyloop.store.segment import Call
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


def test_a_request_that_cannot_be_recorded_fails_alone(engine: Engine) -> None:
    def refuse(_: Connection, calls: Sequence[Call]) -> None:
        if any(one.name == "B" for one in calls):
            raise ValueError("B")

    writer = Writer(engine, refuse)
    told = [writer.put([call(track("ada", name, at(9)))]) for name in "ABC"]
    writer.start()
    with pytest.raises(ValueError, match="B"):
        told[1].result(timeout=60)
    assert (told[0].result(timeout=60), told[2].result(timeout=60)) == (None, None)
    writer.close()
    assert {row.name for row in rows(engine, Event)} == {"A", "C"}
