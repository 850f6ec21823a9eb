"""What leaves for a customer is what the next message of the same delivery asks about."""

from __future__ import annotations

from sqlalchemy import Engine

from tests.integration.turn.stage import Stage

THANKS = """\
journey: thanks
about: Thanks for each order, but not twice within two weeks.
enter: {event: Order Completed, one_per: order_id, again: always, while_inside: alongside}
steps:
  - send: hello
    template: test/hello
    if: {not: {received: thanks.hello, within: 14 days}}
"""


def test_two_orders_of_one_delivery_are_thanked_once(engine: Engine) -> None:
    stage = Stage(engine, THANKS)
    stage.knows("ada")
    stage.knows("ben")
    for who, order in (("ada", "1"), ("ada", "2"), ("ben", "3"), ("ada", "4")):
        stage.did(who, "Order Completed", "03-02 10:00", order_id=order)
    stage.turn("03-02 10:00")
    assert sorted(stage.sent()) == [("ada", "hello"), ("ben", "hello")]
    refused = [message for message in stage.messages() if message[2] == "refused"]
    assert refused == [("ada", "hello", "refused", "its `if` does not hold")] * 2
