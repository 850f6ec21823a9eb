"""One enrolment for each: the value it goes by, wherever somebody enters from."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from loyaltyloop.errors import UserError
from loyaltyloop.store.database import write
from loyaltyloop.store.inside.entries import queue_by_hand
from tests.integration.turn.stage import Stage, utc

BASKETS = """
journey: baskets
about: Made up.
enter: {event: Basket Left, one_per: basket}
steps:
  - wait: 9 days
"""
STARTING = """
journey: starting
about: Made up.
enter: {event: Basket Shared, again: always, while_inside: alongside}
steps:
  - start: baskets
"""
# What compression cannot bring below the longest value that an index of PostgreSQL takes.
LONG = "".join(chr(0x4E00 + number * 7919 % 16_000) for number in range(5_000))


def test_a_value_too_long_is_refused_on_record(engine: Engine) -> None:
    stage = Stage(engine, BASKETS)
    stage.knows("ada")
    for basket in (LONG, "b" * 256, "b" * 255):
        stage.did("ada", "Basket Left", "03-02 10:00", basket=basket)
    stage.turn("03-02 10:00")
    assert stage.ends() == [("ada", "waiting at enter.wait")]
    assert stage.entries() == [("refused", "its basket is too long, or no single value")] * 2


def test_also_by_hand(engine: Engine) -> None:
    stage = Stage(engine, BASKETS)
    stage.knows("ada")
    stage.turn("03-02 10:00")
    with write(engine) as connection, pytest.raises(UserError, match="it may have 255 characters"):
        queue_by_hand(connection, "baskets", ["ada"], "one", utc("03-02 10:00"), {"basket": LONG})


def test_who_is_started_enters_once_for_each_value_of_the_other_journey(engine: Engine) -> None:
    stage = Stage(engine, STARTING, BASKETS)
    stage.knows("ada")
    for properties in ({"basket": "1"}, {"basket": "2"}, {"basket": "1"}, {}):
        stage.did("ada", "Basket Shared", "03-02 10:00", **properties)
    stage.turn("03-02 10:00")
    stage.turn("03-02 11:00")
    assert stage.ends("baskets") == [("ada", "waiting at enter.wait")] * 2
    assert stage.entries() == [("refused", "entered before"), ("refused", "the event has no basket")]
