"""Messages that are held while their journey's file is edited: the gate asks what the file says now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest
from sqlalchemy import Engine, update

from loyaltyloop.channels.out import Outcome, Outgoing
from loyaltyloop.store.database import write
from loyaltyloop.store.models import Message
from loyaltyloop.turn.world import World
from tests.integration.store.shop import rows
from tests.integration.turn.stage import Stage
from tests.reference.reading import SHOP_TEXT
from tests.reference.staging import MESSAGE, Taken

LETTER = """\
journey: letter
about: One letter.
enter: {event: Signed Up}
leave_when: {gone: {did: Left}}
steps:
  - send: hello
    template: test/hello
    if: {not: {did: Order Completed, since: entered}}
  - wait: 5 days
"""
OTHER = """\
journey: other
about: Nobody enters.
enter: {event: Never}
leave_when: {gone: {did: Left}}
steps:
  - wait: 5 days
"""
# All keep the steps: whoever stands there goes on in the new version.
EDITS = {
    "goal": LETTER.replace("steps:", "goal: {did: Order Completed}\nsteps:"),
    "leave_when": LETTER.replace("{gone: {did: Left}}", "{gone: {did: Left}, asked: {did: Asked}}"),
}


def held(engine: Engine, letter: str = LETTER, consent: bool = True) -> Stage:
    """Ada signed up at night: her letter is held until the morning."""
    stage = Stage(engine, letter, OTHER, shop=SHOP_TEXT)
    stage.knows("ada", timezone="UTC", consent=consent)
    stage.did("ada", "Signed Up", "03-02 22:00")
    stage.turn("03-02 22:00")
    assert stage.messages() == [("ada", "hello", "held", "quiet hours")]
    return stage


@pytest.mark.parametrize("by", ["letter", "other"])
@pytest.mark.parametrize("edit", EDITS)
def test_the_if_of_a_held_message_is_asked_after_an_edit(engine: Engine, edit: str, by: str) -> None:
    stage = held(engine)
    stage.apply("03-02 23:00", EDITS[edit], OTHER, shop=SHOP_TEXT)
    stage.did("ada", "Order Completed", "03-03 01:00", order_id="1")
    stage.run(by, "03-03 09:00")
    assert stage.messages() == [("ada", "hello", "refused", "its `if` does not hold")]


@pytest.mark.parametrize("by", ["letter", "other"])
@pytest.mark.parametrize("edit", EDITS)
def test_leave_when_is_asked_for_a_held_message_after_an_edit(engine: Engine, edit: str, by: str) -> None:
    stage = held(engine)
    stage.apply("03-02 23:00", EDITS[edit], OTHER, shop=SHOP_TEXT)
    stage.did("ada", "Left", "03-03 08:30")
    stage.run(by, "03-03 09:00")
    assert stage.sent() == []
    assert stage.ends("letter") == [("ada", "left: gone")]


def test_a_held_message_whose_person_has_left_asks_nothing_more(engine: Engine) -> None:
    stage = held(engine)
    stage.did("ada", "Left", "03-02 23:00")
    stage.run("letter", "03-02 23:00")
    stage.apply("03-02 23:30", LETTER.replace("5 days", "6 days"), OTHER, shop=SHOP_TEXT)
    stage.run("other", "03-03 09:00")
    assert stage.messages() == [("ada", "hello", "refused", "the enrolment has ended: gone")]


def test_a_held_message_of_a_version_that_is_not_there_is_a_fault(engine: Engine) -> None:
    stage = held(engine)
    with write(engine) as connection:
        connection.execute(update(MESSAGE).values(version=7))
    with pytest.raises(LookupError, match="messages of version 7 of 'letter' wait, and nobody runs in it"):
        stage.run("other", "03-03 09:00")


@pytest.mark.parametrize("by", ["letter", "other"])
def test_the_purpose_of_a_held_message_is_the_newest(engine: Engine, by: str) -> None:
    service = "purpose: service\n" + LETTER
    stage = held(engine, service, consent=False)
    stage.apply("03-02 23:00", "purpose: marketing\n" + LETTER, OTHER, shop=SHOP_TEXT)
    stage.run(by, "03-03 09:00")
    assert stage.messages() == [("ada", "hello", "refused", "no consent to marketing by email")]


def test_a_purpose_of_the_step_itself_stays(engine: Engine) -> None:
    own = LETTER.replace("    if:", "    purpose: service\n    if:")
    stage = held(engine, own, consent=False)
    edited = own.replace("wait: 5 days", "wait: 6 days")
    stage.apply("03-02 23:00", "priority: 60\npurpose: transactional\n" + edited, OTHER, shop=SHOP_TEXT)
    [waits] = rows(engine, Message)
    assert (waits.version, waits.purpose, waits.priority) == (1, "service", 60)


class Edited(Taken):
    """A way out that can take nothing now; meanwhile the journey's file is edited."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def hand_over(self, batch: Iterable[Outgoing]) -> Iterator[Outcome]:
        """`try_again` for all."""
        edited = LETTER.replace("steps:", "goal: {did: Order Completed}\nsteps:")
        self.stage.apply("03-03 09:00", edited, OTHER, shop=SHOP_TEXT)
        yield from (Outcome(outgoing.key, "try_again", "busy") for outgoing in batch)


def test_an_edit_while_a_message_is_handed_over_holds_for_its_next_try(engine: Engine) -> None:
    stage = held(engine, "purpose: service\n" + LETTER, consent=False)
    taken = stage.world
    stage.world = World(engine, {"email": Edited(stage)}, b"a secret for tests", "http://shop.example")
    stage.run("other", "03-03 09:00")
    assert stage.messages() == [("ada", "hello", "held", "busy")]
    stage.world = taken
    stage.run("other", "03-03 09:10")
    assert stage.messages() == [("ada", "hello", "refused", "no consent to marketing by email")]
