"""Merges and steps that are at work on the very people whose messages are claimed or handed over."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, update

from loyaltyloop.channels.claiming import outbox
from loyaltyloop.channels.out import Outcome, Outgoing
from loyaltyloop.store.database import write_beside
from loyaltyloop.store.inside.cohorts import enrolment, take
from loyaltyloop.store.people import merging as merges
from loyaltyloop.turn.world import World
from tests.integration.turn.meanwhile import Meanwhile, merging
from tests.integration.turn.stage import Stage
from tests.reference.reading import SHOP_TEXT
from tests.reference.staging import Taken

WELCOME = """\
journey: welcome
about: One letter.
enter: {event: Signed Up}
leave_when: {gone: {did: Left}}
steps:
  - send: hello
    template: test/hello
  - wait: 5 days
"""
OTHER = """\
journey: other
about: Nobody is in it.
enter: {event: Never}
leave_when: {gone: {did: Left}}
steps:
  - wait: 5 days
"""


def taking(stage: Stage) -> Meanwhile:
    """A step takes both of those who entered first into its cohort, and changes one after the other."""

    def touch() -> None:
        with write_beside(stage.engine) as connection:
            take(connection, enrolment.c.id.in_([1, 2]), None)
            for one in (1, 2):
                mine = update(enrolment).where(enrolment.c.id == one)
                connection.execute(mine.values(state=enrolment.c.state))

    return Meanwhile(touch)


@pytest.mark.parametrize("slow", [False, True])
def test_a_merge_while_the_hand_over_is_recorded(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, slow: bool
) -> None:
    """A message that left is on record as such, even where nobody would dare to repeat it."""
    stage = Stage(engine, WELCOME)
    monkeypatch.setattr(Taken, "idempotent", False)
    stage.knows("ada", "~tablet")
    stage.did("~tablet", "Signed Up", "03-02 10:00")
    reconcile = merges._reconcile

    def slowly(*words: Any) -> None:
        reconcile(*words)
        time.sleep(0.9 if slow else 0)  # with all that the merge has locked

    monkeypatch.setattr(merges, "_reconcile", slowly)
    merge = merging(stage, "03-02 10:00")
    monkeypatch.setattr(outbox, "let_go", merge.before(outbox.let_go))
    stage.turn("03-02 10:00")
    merge.end()
    stage.turn("03-02 10:15")
    assert stage.messages() == [("tablet", "hello", "handed_over", "")]


class Choosy(Taken):
    """A way out that refuses what is for Ada: two states to record, one after the other."""

    def hand_over(self, batch: Iterable[Outgoing]) -> Iterator[Outcome]:
        """Refused, or taken."""
        for outgoing in batch:
            yield Outcome(outgoing.key, "refused" if "ada" in outgoing.to else "handed_over")


def test_a_step_while_the_hand_over_is_recorded(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(engine, WELCOME)
    stage.world = World(engine, {"email": Choosy()}, b"secret", "http://shop.example")
    stage.knows("ada", "ben")
    stage.did("ada", "Signed Up", "03-02 10:00")
    stage.did("ben", "Signed Up", "03-02 10:01")
    step, real, calls = taking(stage), outbox.let_go, list[int]()

    def between(*words: Any) -> None:
        if calls:
            step.begin()
        calls.append(1)
        real(*words)

    monkeypatch.setattr(outbox, "let_go", between)
    stage.turn("03-02 10:02")
    step.end()
    assert stage.messages() == [("ada", "hello", "refused", ""), ("ben", "hello", "handed_over", "")]
    assert stage.ends() == [("ada", "waiting at hello.wait"), ("ben", "waiting at hello.wait")]


def test_a_step_while_messages_are_claimed(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(engine, WELCOME, OTHER, shop=SHOP_TEXT)
    stage.knows("ada", "ben", timezone="UTC")
    stage.did("ada", "Signed Up", "03-02 22:00")
    stage.did("ben", "Signed Up", "03-02 22:01")
    stage.turn("03-02 22:02")
    stage.did("ada", "Unsubscribed", "03-03 08:30")
    stage.did("ben", "Left", "03-03 08:30")
    step = taking(stage)
    monkeypatch.setattr("loyaltyloop.channels.claiming.claim.let_go", step.before(outbox.let_go))
    stage.run("other", "03-03 09:00")
    step.end()
    assert stage.messages() == [
        ("ada", "hello", "refused", "no consent to marketing by email"),
        ("ben", "hello", "refused", "left: gone"),
    ]
    assert stage.ends() == [("ada", "sent at hello"), ("ben", "left: gone")]
