"""What happens around the hand-over: refusals for a while, names, locks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Engine

from loyaltyloop.channels.out import Outcome, Outgoing
from loyaltyloop.turn.runner import run_turn
from loyaltyloop.turn.world import World
from tests.integration.turn.stage import Stage, utc
from tests.reference.staging import Taken

GREETING = """
    journey: {name}
    about: One message.
    enter: {{event: Signed Up}}
    leave_when: {{gone: {{did: Left}}}}
    steps:
      - send: hello
        template: test/hello
"""


class BusyOnce(Taken):
    """A way out that surely takes nothing at the first try, and everything afterwards."""

    tries = 0

    def hand_over(self, batch: Iterable[Outgoing]) -> Iterator[Outcome]:
        """`try_again` for all of the first batch."""
        self.tries += 1
        for outgoing in batch:
            yield Outcome(outgoing.key, "try_again" if self.tries == 1 else "handed_over", "busy")


def _signed_up(engine: Engine, name: str = "greeting") -> Stage:
    stage = Stage(engine, GREETING.format(name=name))
    stage.knows("ada")
    stage.did("ada", "Signed Up", "03-02 09:00")
    return stage


def test_what_is_tried_again_is_rendered_again_and_leaves(engine: Engine) -> None:
    stage = _signed_up(engine)
    stage.world = World(engine, {"email": BusyOnce()}, b"secret", "http://shop.example")
    stage.run("greeting", "03-02 10:00")
    assert stage.messages() == [("ada", "hello", "held", "busy")]
    stage.run("greeting", "03-02 10:06")
    assert stage.sent() == [("ada", "hello")]


def test_a_journey_may_be_called_delivery(engine: Engine) -> None:
    stage = _signed_up(engine, "delivery")
    stage.run("delivery", "03-02 10:00")
    assert stage.sent() == [("ada", "hello")]


def test_a_tick_of_many_journeys_holds_a_lock_for_each(engine: Engine) -> None:
    stage = Stage(engine, *(GREETING.format(name=f"j{number}") for number in range(16)))
    stage.knows("ada")
    stage.did("ada", "Signed Up", "03-02 09:00")
    stage.turn("03-02 10:00")
    assert len(stage.sent()) == 16
    run_turn(stage.world, "j3", utc("03-02 11:00"))
