"""A way out that knows messages by their keys: what it may have had is told again in the same words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from textwrap import dedent

from sqlalchemy import Engine

from loyaltyloop.channels.out import Outcome, Outgoing
from loyaltyloop.journey.reading.reader import read_project
from loyaltyloop.store.live.changes import apply
from loyaltyloop.turn.world import World
from tests.integration.turn.stage import DAYTIME, Stage, utc
from tests.integration.turn.test_channels import PHONE, Ways, known, shop_of, states
from tests.integration.turn.test_way_out import GREETING
from tests.reference.staging import TEMPLATE, Taken


class Doubtful(Taken):
    """Takes each message, and says at first that it has not, or (`doubt`) that it may have."""

    keeps = True

    def __init__(self, doubt: bool = False) -> None:
        self.doubt = doubt
        self.given: list[Outgoing] = []

    def hand_over(self, batch: Iterable[Outgoing]) -> Iterator[Outcome]:
        """In doubt the first time."""
        for outgoing in batch:
            self.given.append(outgoing)
            if len(self.given) == 1:
                yield Outcome(outgoing.key, "try_again", "in doubt", doubt=self.doubt)
            else:
                yield Outcome(outgoing.key, "handed_over")


def test_what_is_told_again_says_what_it_said(engine: Engine) -> None:
    out = Doubtful(doubt=True)
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
    out = Doubtful(doubt=True)
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


def _in_doubt(engine: Engine, more: str = "") -> tuple[Stage, Doubtful]:
    """Ada's message may have left at 10:00."""
    out = Doubtful(doubt=True)
    out.remembers = timedelta(hours=23)
    stage = Stage(engine, GREETING.format(name="greeting"), shop=f"{DAYTIME}{more}")
    stage.knows("ada")
    stage.did("ada", "Signed Up", "03-02 09:00")
    stage.world = World(engine, {"email": out}, b"secret", "http://shop.example")
    stage.run("greeting", "03-02 10:00")
    return stage, out


def test_what_may_have_left_is_told_again_while_its_key_is_known(engine: Engine) -> None:
    stage, out = _in_doubt(engine, "caps:\n  - {at_most: 1 a day}\n")
    stage.run("greeting", "03-02 10:30")
    assert [len(out.given), stage.messages()] == [2, [("ada", "hello", "handed_over", "")]]


def test_what_may_have_left_is_not_told_again_when_its_key_is_forgotten(engine: Engine) -> None:
    stage, out = _in_doubt(engine)
    stage.run("greeting", "03-03 10:30")
    [(_, _, state, reason)] = stage.messages()
    assert (len(out.given), state) == (1, "unknown")
    assert reason == "it may have left; told again it might arrive twice"
    assert stage.ends() == [("ada", "completed")]


def test_what_may_have_left_is_never_said_to_be_refused(engine: Engine) -> None:
    stage, out = _in_doubt(engine)
    stage.did("ada", "Consent Withdrawn", "03-02 10:01", channel="email", purpose="marketing")
    stage.run("greeting", "03-02 10:30")
    [(_, _, state, reason)] = stage.messages()
    assert (len(out.given), state) == (1, "unknown")
    assert reason == "it may have left; not told again: no consent to marketing by email"
