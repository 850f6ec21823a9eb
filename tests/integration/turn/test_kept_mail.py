"""A way out that knows messages by their keys: what it may have had is told again in the same words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from textwrap import dedent

from sqlalchemy import Engine

from loyaltyloop.channels.out import Outcome, Outgoing
from loyaltyloop.journey.reader import read_project
from loyaltyloop.store.changes import apply
from loyaltyloop.turn.world import World
from tests.integration.turn.stage import DAYTIME, Stage, utc
from tests.integration.turn.test_channels import PHONE, Ways, known, shop_of, states
from tests.integration.turn.test_way_out import GREETING
from tests.reference.staging import TEMPLATE, Taken


class Doubtful(Taken):
    """Takes each message, and says at first that it may not have."""

    keeps = True

    def __init__(self) -> None:
        self.given: list[Outgoing] = []

    def hand_over(self, batch: Iterable[Outgoing]) -> Iterator[Outcome]:
        """In doubt the first time."""
        for outgoing in batch:
            self.given.append(outgoing)
            again = len(self.given) == 1
            yield Outcome(outgoing.key, "try_again" if again else "handed_over", "in doubt" if again else "")


def test_what_is_told_again_says_what_it_said(engine: Engine) -> None:
    out = Doubtful()
    stage = Stage(engine, GREETING.format(name="greeting"))
    stage.knows("ada")
    stage.did("ada", "Signed Up", "03-02 09:00")
    stage.world = World(engine, {"email": out}, b"secret", "http://shop.example")
    stage.run("greeting", "03-02 10:00")
    assert stage.sent() == []
    files: dict[str, str | bytes] = {
        "journeys/shop.yaml": DAYTIME.replace("name: Sample shop", "name: New name"),
        "templates/test/hello.html": TEMPLATE.replace("Hello", "Good day"),
        "journeys/j0.yaml": dedent(GREETING.format(name="greeting")),
    }
    apply(engine, read_project(files), utc("03-02 10:02"))
    stage.run("greeting", "03-02 10:05")
    first, again = out.given
    assert first == again
    assert first.raw == again.raw
    assert stage.sent() == [("ada", "hello")]


def test_what_is_held_between_two_tries_keeps_its_subject(engine: Engine) -> None:
    out = Doubtful()
    stage = Stage(
        engine,
        GREETING.format(name="greeting"),
        shop=f'{DAYTIME}quiet_hours: {{from: "10:03", to: "12:00"}}\n',
    )
    stage.knows("ada")
    stage.did("ada", "Signed Up", "03-02 09:00")
    stage.world = World(engine, {"email": out}, b"secret", "http://shop.example")
    for at in ("10:00", "10:05", "12:30"):
        stage.run("greeting", f"03-02 {at}")
    first, again = out.given
    assert first.raw == again.raw
    assert stage.sent() == [("ada", "hello")]


def test_what_was_kept_goes_by_another_channel_in_words_of_its_own(engine: Engine) -> None:
    stage = shop_of(engine, "channel: email\n        if_blocked: other_channel", Ways())
    stage.world = replace(stage.world, ways={**stage.world.ways, "email": Doubtful()})
    known(stage, "ada", phone=PHONE)
    stage.did("ada", "Signed Up", "03-02 09:00")
    stage.turn("03-02 10:00")
    stage.did("ada", "Consent Withdrawn", "03-02 10:01", channel="email", purpose="marketing")
    stage.turn("03-02 10:10")
    assert states(stage) == {"ada": ("sms", "handed_over", "")}
