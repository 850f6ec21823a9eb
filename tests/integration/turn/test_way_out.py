"""Ways out that hang, break, are slow or cannot be used: what becomes of the messages, and of the turn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from textwrap import dedent

import pytest
from sqlalchemy import Engine

from loyaltyloop.channels.mail.smtp import Server, Smtp
from loyaltyloop.channels.out import Outcome, Outgoing, WayOut
from loyaltyloop.journey.reading.reader import read_project
from loyaltyloop.store.live.changes import apply
from loyaltyloop.turn.engine import open_turn
from loyaltyloop.turn.runner import run_turn
from loyaltyloop.turn.world import World
from tests.integration.channels.hanging import failing
from tests.integration.turn.stage import DAYTIME, Stage, utc
from tests.reference.staging import TEMPLATE, Taken

GREETING = """
    journey: {name}
    about: One message.
    enter: {{event: Signed Up}}
    leave_when: {{gone: {{did: Left}}}}
    steps:
      - send: hello
        template: test/hello
"""


def _crowd(engine: Engine, people: int, out: WayOut, clock: Callable[[], datetime] | None = None) -> Stage:
    """So many have signed up, and their messages leave by this way."""
    stage = Stage(engine, GREETING.format(name="greeting"))
    for number in range(people):
        stage.knows(f"c{number}")
        stage.did(f"c{number}", "Signed Up", "03-02 09:00")
    stage.world = World(engine, {"email": out}, b"secret", "http://shop.example", clock)
    return stage


def _states(stage: Stage) -> Counter[tuple[str, str]]:
    return Counter((state, reason) for _, _, state, reason in stage.messages())


def _small(out: WayOut, batch: int) -> WayOut:
    """The same, with claims of so many."""
    out.batch = batch
    return out


@pytest.mark.parametrize("at", [b"", b"MAIL"])
def test_a_mail_server_that_hangs_is_asked_once_or_twice_in_a_turn(engine: Engine, at: bytes) -> None:
    with failing(at) as server:
        stage = _crowd(engine, 12, _small(Smtp(server.settings, timeout=0.2), 4))
        report = run_turn(stage.world, "greeting", utc("03-02 10:00"))
        tried = server.connections
    assert tried <= 2
    assert report.next_due == utc("03-02 10:05")
    assert report.messages_wait
    assert {state for state, _ in _states(stage)} <= {"planned", "held"}
    stage.world = World(engine, {"email": Taken()}, b"secret", "http://shop.example")
    stage.run("greeting", "03-02 10:05")
    assert len(stage.sent()) == 12


def test_a_way_out_that_is_not_ready_claims_nothing_and_says_why(engine: Engine) -> None:
    stage = _crowd(engine, 3, Smtp(Server("mail..example.com", 25)))
    for at in ("03-02 10:00", "03-02 10:15"):
        report = run_turn(stage.world, "greeting", utc(at))
        assert report.messages_wait.startswith("the mail server cannot be asked with these settings")
        assert _states(stage) == {("planned", ""): 3}


class Putting(Taken):
    """A way out that takes the first few and puts off the others."""

    def __init__(self, takes: int, batch: int) -> None:
        self.takes, self.batch, self.batches = takes, batch, 0

    def hand_over(self, batch: Iterable[Outgoing]) -> Iterator[Outcome]:
        """`try_again` when enough were taken."""
        self.batches += 1
        for outgoing in batch:
            self.takes -= 1
            yield Outcome(outgoing.key, "handed_over" if self.takes >= 0 else "try_again")


def test_the_delivery_ends_when_a_whole_batch_was_put_off(engine: Engine) -> None:
    out = Putting(takes=3, batch=2)
    stage = _crowd(engine, 10, out)
    report = run_turn(stage.world, "greeting", utc("03-02 10:00"))
    assert out.batches == 3
    assert _states(stage) == {("handed_over", ""): 3, ("held", ""): 3, ("planned", ""): 4}
    assert report.next_due == utc("03-02 10:05")


def test_one_message_that_is_put_off_does_not_end_the_delivery(engine: Engine) -> None:
    stage = _crowd(engine, 3, Putting(takes=0, batch=1))
    report = run_turn(stage.world, "greeting", utc("03-02 10:00"))
    assert _states(stage) == {("held", ""): 3}
    assert not report.messages_wait


class Failing(Taken):
    """A way out that breaks at its third message."""

    batch = 5

    def __init__(self, idempotent: bool) -> None:
        self.idempotent = idempotent
        self.broken = True

    def hand_over(self, batch: Iterable[Outgoing]) -> Iterator[Outcome]:
        """Two are taken; the third may have got through or not."""
        for number, outgoing in enumerate(batch):
            if self.broken and number == 2:
                raise RuntimeError("a mistake in the way out")
            yield Outcome(outgoing.key, "handed_over")


@pytest.mark.parametrize("idempotent", [False, True])
def test_what_was_told_before_a_way_out_broke_is_kept_and_what_was_not_offered_is_tried_again(
    engine: Engine, idempotent: bool
) -> None:
    out = Failing(idempotent)
    stage = _crowd(engine, 8, out)
    with pytest.raises(RuntimeError, match="a mistake"):
        stage.run("greeting", "03-02 10:00")
    assert _states(stage) == {
        ("handed_over", ""): 2,
        ("claimed", ""): 1,
        ("held", "the way out failed before it was offered"): 2,
        ("planned", ""): 3,
    }
    out.broken = False
    stage.run("greeting", "03-02 10:15")
    lost = ("unknown", "the process died while handing over")
    assert _states(stage) == ({("handed_over", ""): 8} if idempotent else {("handed_over", ""): 7, lost: 1})


class Dying(Taken):
    """A way out that keeps what it is given, and whose process dies at the first message."""

    def __init__(self) -> None:
        self.given: list[Outgoing] = []

    def hand_over(self, batch: Iterable[Outgoing]) -> Iterator[Outcome]:
        """Nothing is told of the first."""
        for outgoing in batch:
            self.given.append(outgoing)
            if len(self.given) == 1:
                raise KeyboardInterrupt
            yield Outcome(outgoing.key, "handed_over")


def test_a_claim_is_repeated_with_the_same_bytes_whatever_was_changed_meanwhile(engine: Engine) -> None:
    out = Dying()
    stage = _crowd(engine, 1, out)
    with pytest.raises(KeyboardInterrupt):
        stage.run("greeting", "03-02 10:00")
    shop = DAYTIME.replace("name: Sample shop", "name: New name").replace("hello@shop", "new@shop")
    files: dict[str, str | bytes] = {
        "journeys/shop.yaml": shop,
        "templates/test/hello.html": TEMPLATE.replace("Hello", "Good day"),
        "journeys/j0.yaml": dedent(GREETING.format(name="greeting")),
    }
    apply(engine, read_project(files), utc("03-02 10:10"))
    stage.world = World(engine, {"email": out}, b"another secret", "http://new.example")
    stage.run("greeting", "03-02 10:15")
    first, again = out.given
    assert first == again
    assert b"From: Sample shop <hello@shop.example>" in first.raw
    assert stage.sent() == [("c0", "hello")]


class Slow(Taken):
    """A way out that takes a minute for each batch, by a clock of its own."""

    batch = 2

    def __init__(self, start: datetime) -> None:
        self.present = start

    def hand_over(self, batch: Iterable[Outgoing]) -> Iterator[Outcome]:
        """Taken, late."""
        self.present += timedelta(minutes=1)
        return super().hand_over(batch)


def test_a_turn_at_the_present_claims_nothing_when_its_now_is_past(engine: Engine) -> None:
    out = Slow(utc("03-02 10:00"))
    stage = _crowd(engine, 16, out, clock=lambda: out.present)
    report = run_turn(stage.world, "greeting", utc("03-02 10:00"))
    assert _states(stage) == {("handed_over", ""): 12, ("planned", ""): 4}
    assert report.messages_wait == "this turn began more than 5 minutes ago"
    assert report.next_due == utc("03-02 10:00")
    report = run_turn(stage.world, "greeting", out.present)
    assert len(stage.sent()) == 16
    assert not report.messages_wait


def test_messages_of_another_journey_that_are_left_over_wake_this_one(engine: Engine) -> None:
    out = Slow(utc("03-02 10:00"))
    stage = Stage(
        engine, GREETING.format(name="greeting"), GREETING.format(name="idle").replace("Signed", "x")
    )
    stage.knows("ada")
    stage.did("ada", "Signed Up", "03-02 09:00")
    with open_turn(stage.world, "greeting", utc("03-02 10:00")) as turn:
        for each in turn.stages[:-3]:
            turn.run(each)
    stage.world = World(engine, {"email": out}, b"secret", "http://shop.example", lambda: utc("03-02 10:06"))
    report = run_turn(stage.world, "idle", utc("03-02 10:00"))
    assert (report.next_due, stage.sent()) == (utc("03-02 10:00"), [])


def test_in_virtual_time_nothing_is_late(engine: Engine) -> None:
    stage = _crowd(engine, 16, Slow(datetime.now(UTC)))
    stage.run("greeting", "03-02 10:00")
    assert len(stage.sent()) == 16
