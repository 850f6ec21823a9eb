"""Links that open on the shop's own machine alone: real marketing does not leave with them."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from loyaltyloop.errors import TurnRefused
from loyaltyloop.turn.world import World
from tests.integration.turn.stage import Stage
from tests.reference.staging import Taken

HELLO = """
    journey: {name}
    about: One message.
    purpose: {purpose}
    enter: {{event: {event}}}
    steps:
      - send: hello
        template: test/hello
"""
MARKETING = HELLO.format(name="offer", purpose="marketing", event="Signed Up")
SERVICE = HELLO.format(name="parcel", purpose="service", event="Order Shipped")
HERE, THERE = "http://127.0.0.1:8300", "https://mail.shop.example"


class Far(Taken):
    """A way out to another machine."""

    far = True


def _stage(engine: Engine, out: Taken, url: str) -> Stage:
    stage = Stage(engine, MARKETING, SERVICE)
    stage.knows("ada")
    stage.did("ada", "Signed Up", "03-02 09:00")
    stage.did("ada", "Order Shipped", "03-02 09:00")
    stage.world = World(engine, {"email": out}, b"secret", url)
    return stage


def test_marketing_is_refused_and_nothing_is_done(engine: Engine) -> None:
    stage = _stage(engine, Far(), HERE)
    before = stage.dump()
    with pytest.raises(TurnRefused, match="LOOP_PUBLIC_URL"):
        stage.run("offer", "03-02 10:00")
    assert stage.dump() == before
    stage.run("offer", "03-02 10:00", dry_run=True)
    stage.run("parcel", "03-02 10:00")  # about an order: it has no link to unsubscribe that must work
    assert stage.sent() == [("ada", "hello")]


def test_a_turn_does_not_deliver_anothers_marketing_either(engine: Engine) -> None:
    stage = _stage(engine, Taken(), HERE)
    stage.world.ways["email"].open = lambda: "away"  # type: ignore[method-assign]
    stage.run("offer", "03-02 10:00")
    assert [state for _, _, state, _ in stage.messages()] == ["planned"]
    stage.world = World(engine, {"email": Far()}, b"secret", HERE)
    with pytest.raises(TurnRefused, match="Marketing messages would leave"):
        stage.run("parcel", "03-02 10:00")
    stage.world = World(engine, {"email": Far()}, b"secret", THERE)
    stage.run("parcel", "03-02 10:00")
    assert len(stage.sent()) == 2


@pytest.mark.parametrize(("out", "url"), [(Taken(), HERE), (Far(), THERE)], ids=["a trial", "for real"])
def test_trials_and_addresses_that_can_be_opened(engine: Engine, out: Taken, url: str) -> None:
    stage = _stage(engine, out, url)
    stage.run("offer", "03-02 10:00")
    assert stage.sent() == [("ada", "hello")]
