"""An order that an event names counts in conditions only when it is this customer's."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from loyaltyloop.store.models import Visit
from tests.integration.store.shop import rows
from tests.integration.turn.stage import Stage

ASKS = """
    journey: looking
    about: Asks about the order that the event names.
    enter: {event: Checkout Started}
    steps:
      - branch: which
        paths:
          large: {when: {order: {total: {over: 50}}}}
          none: {when: {order: {total: {known: false}}}}
          rest: {}
      - wait: 1 day
"""


@pytest.mark.parametrize(("who", "path"), [("ben", "large"), ("ada", "none")])
def test_an_order_of_somebody_else_is_not_known(engine: Engine, who: str, path: str) -> None:
    stage = Stage(engine, ASKS)
    stage.knows("ada", "ben")
    stage.did("ben", "Order Completed", "03-01 09:00", order_id="1001", total=77, currency="GBP")
    stage.turn("03-01 10:00")
    stage.did(who, "Checkout Started", "03-02 09:00", order_id="1001")
    stage.turn("03-02 10:00")
    assert [row.path for row in rows(engine, Visit) if row.step == "which"] == [path]


def test_nobody_enters_by_an_order_of_somebody_else(engine: Engine) -> None:
    entering = "enter: {event: Checkout Started, if: {order: {total: {over: 50}}}}"
    stage = Stage(engine, ASKS.replace("enter: {event: Checkout Started}", entering))
    stage.knows("ada", "ben")
    stage.did("ben", "Order Completed", "03-01 09:00", order_id="1001", total=77, currency="GBP")
    stage.turn("03-01 10:00")
    for who in ("ada", "ben"):
        stage.did(who, "Checkout Started", "03-02 09:00", order_id="1001")
    stage.turn("03-02 10:00")
    assert stage.ends() == [("ben", "waiting at which.wait")]
