"""Several deliveries on one database: leases, what is taken over, and what nobody does twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from datetime import timedelta
from threading import Event, Thread

import pytest
from sqlalchemy import Engine, select, update

from loyaltyloop.channels.claiming import leases
from loyaltyloop.channels.claiming.leases import LEASE, MARGIN, present
from loyaltyloop.channels.out import Outcome, Outgoing, WayOut
from loyaltyloop.store.database import read, write
from loyaltyloop.store.messages.deliveries import all_done, at_work, dead
from loyaltyloop.turn.handing import NOT_OFFERED
from loyaltyloop.turn.world import World
from loyaltyloop.web.providers.calls import understand
from loyaltyloop.web.providers.told import Told
from tests.integration.turn.stage import Stage, utc
from tests.reference.staging import MESSAGE, Taken

GREETING = """
journey: {name}
about: One message.
enter: {{event: {event}}}
leave_when: {{gone: {{did: Left}}}}
steps:
  - send: hello
    template: test/hello
"""


class Noting(Taken):
    """Takes everything, and notes what; `before` is called with each first."""

    def __init__(self, idempotent: bool = False, before: Callable[[Outgoing], None] | None = None) -> None:
        self.idempotent, self.before = idempotent, before
        self.given: list[str] = []

    def hand_over(self, batch: Iterable[Outgoing]) -> Iterator[Outcome]:
        """One by one."""
        for outgoing in batch:
            if self.before:
                self.before(outgoing)
            self.given.append(outgoing.key)
            yield Outcome(outgoing.key, "handed_over", provider_id=f"<{outgoing.key}>")


def _world(engine: Engine, out: WayOut) -> World:
    return World(engine, {"email": out}, b"secret", "http://shop.example")


def _beside(stage: Stage, out: WayOut) -> Stage:
    """The same shop, and another process that delivers for it."""
    other = copy(stage)
    other.world = _world(stage.engine, out)
    return other


def _crowd(engine: Engine, out: WayOut, people: int = 1) -> Stage:
    stage = Stage(engine, GREETING.format(name="greeting", event="Signed Up"))
    for number in range(people):
        stage.knows(f"c{number}")
        stage.did(f"c{number}", "Signed Up", "03-02 09:00")
    stage.world = _world(engine, out)
    return stage


def _set(engine: Engine, ends: int, **values: object) -> None:
    """All messages' leases end in so many seconds."""
    with write(engine) as connection:
        connection.execute(update(MESSAGE).values(leased_until=present(connection, ends), **values))


class Dying(Taken):
    """Its process dies with the first message."""

    def __init__(self, idempotent: bool) -> None:
        self.idempotent = idempotent

    def hand_over(self, batch: Iterable[Outgoing]) -> Iterator[Outcome]:
        """Nothing is told."""
        for _ in batch:
            raise KeyboardInterrupt
        yield from ()


@contextmanager
def _claimed_by_another(engine: Engine, idempotent: bool) -> Iterator[Stage]:
    """A message that a delivery has claimed which is at work inside."""
    stage = _crowd(engine, Dying(idempotent))
    with pytest.raises(KeyboardInterrupt):
        stage.run("greeting", "03-02 10:00")
    with at_work(engine, "other.1"):
        _set(engine, LEASE, claimed_by="other.1")
        yield stage


def test_a_claim_bears_its_delivery_a_lease_and_the_providers_id(engine: Engine) -> None:
    stage = _crowd(engine, Noting())
    stage.run("greeting", "03-02 10:00")
    with read(engine) as connection:
        row = connection.execute(select(MESSAGE)).one()
        now = connection.execute(select(present(connection))).scalar()
    assert row.claimed_by == f"{stage.world.deliverer}.1"
    assert timedelta(0) < row.leased_until - now <= timedelta(seconds=LEASE)
    assert row.provider_id == f"<{row.key}>"


def test_an_event_may_name_a_message_by_its_providers_id(engine: Engine) -> None:
    stage = _crowd(engine, Noting())
    stage.run("greeting", "03-02 10:00")
    at = utc("03-02 10:05")
    with read(engine) as connection:
        key = connection.execute(select(MESSAGE.c.key)).scalar()
        told = [
            Told("delivered", "e1", "Delivery", at, provider_id=f"<{key}>"),
            Told("delivered", "e2", "Delivery", at, provider_id="another"),
            Told("delivered", "e3", "Delivery", at, provider_id="\0"),
        ]
        found = understand(connection, "postmark", told, at, "https://shop.example/")
    assert found.counts == {"taken": 1, "not ours": 2}
    assert [call.properties["email_id"] for call in found.calls] == [key]


@pytest.mark.parametrize("idempotent", [False, True])
def test_a_claim_is_left_to_whoever_is_at_work_on_it(engine: Engine, idempotent: bool) -> None:
    with _claimed_by_another(engine, idempotent) as stage:
        stage.world = _world(engine, out := Noting(idempotent))
        stage.run("greeting", "03-02 10:15")
        assert stage.messages() == [("c0", "hello", "claimed", "")]
        assert out.given == []
    stage.run("greeting", "03-02 10:30")
    assert [state for _, _, state, _ in stage.messages()] == ["handed_over" if idempotent else "unknown"]


@pytest.mark.parametrize("idempotent", [False, True])
def test_a_lease_that_ran_out_is_taken_over_though_its_process_lives(
    engine: Engine, idempotent: bool
) -> None:
    with _claimed_by_another(engine, idempotent) as stage:
        _set(engine, -1)
        stage.world = _world(engine, out := Noting(idempotent))
        stage.run("greeting", "03-02 10:15")
        assert len(out.given) == int(idempotent)
        assert [state for _, _, state, _ in stage.messages()] == ["handed_over" if idempotent else "unknown"]


def test_what_was_taken_for_lost_is_told_by_whoever_handed_it_over(engine: Engine) -> None:
    """It was paused for longer than its lease, and nobody else has offered the message meanwhile."""

    def meanwhile(_: Outgoing) -> None:
        _set(engine, -1)
        other = _beside(stage, Noting())
        other.run("other", "03-02 10:00")
        states.extend(state for _, _, state, _ in other.messages())

    states: list[str] = []
    stage = _crowd(engine, out := Noting(before=meanwhile))
    stage.apply(
        "2024-01-02 00:00",
        GREETING.format(name="greeting", event="Signed Up"),
        GREETING.format(name="other", event="Never"),
    )
    stage.run("greeting", "03-02 10:00")
    assert states == ["unknown"]
    assert len(out.given) == 1
    assert [state for _, _, state, _ in stage.messages()] == ["handed_over"]


def test_nothing_is_offered_near_the_end_of_a_lease(engine: Engine) -> None:
    passed = [0.0]

    def slow(_: Outgoing) -> None:
        passed[0] += (LEASE - MARGIN) / 2

    stage = _crowd(engine, out := Noting(before=slow), people=5)
    stage.world = replace(stage.world, ticks=lambda: passed[0])
    stage.run("greeting", "03-02 10:00")
    assert len(out.given) == 2
    found = Counter((state, reason) for _, _, state, reason in stage.messages())
    assert found == {("handed_over", ""): 2, ("held", NOT_OFFERED): 3}


def test_a_slow_channel_keeps_its_lease_while_a_fast_one_comes_back_again_and_again(engine: Engine) -> None:
    passed, texts = [0.0], Event()

    def slow(_: Outgoing) -> None:
        assert texts.wait(30)

    def fast(outgoing: Outgoing) -> None:
        passed[0] += leases.RENEW + 1
        if len(quick.given) == 3:  # longer than a lease that nobody renews may be used
            texts.set()

    text = {"test/hello.sms.txt": "Hello! STOP to end"}
    by_text = "    channel: sms\n"
    stage = Stage(
        engine,
        GREETING.format(name="greeting", event="Signed Up"),
        GREETING.format(name="texting", event="Came") + by_text,
        templates=text,
    )
    quick = Noting(before=fast)
    quick.batch = 1
    for number in range(2):
        stage.knows(f"c{number}")
        stage.did(f"c{number}", "Signed Up", "03-02 09:00")
    for number in range(4):
        stage.knows(f"t{number}", phone=f"0740012345{number}", country="GB")
        stage.did(f"t{number}", "Consent Granted", "03-01 09:00", channel="sms")
        stage.did(f"t{number}", "Came", "03-02 09:00")
    ways = {"email": Noting(before=slow), "sms": quick}
    stage.world = World(engine, ways, b"secret", "http://shop.example", ticks=lambda: passed[0])
    stage.turn("03-02 10:00")
    assert {state for _, _, state, _ in stage.messages()} == {"handed_over"}


def test_a_slow_server_holds_up_no_other_delivery(engine: Engine) -> None:
    """Another process's delivery goes on while this one waits for its server."""
    waits, goes_on = Event(), Event()

    def slow(_: Outgoing) -> None:
        waits.set()
        assert goes_on.wait(30)

    stage = Stage(
        engine,
        GREETING.format(name="greeting", event="Signed Up"),
        GREETING.format(name="other", event="Came"),
    )
    stage.knows("ada", "ben")
    stage.did("ada", "Signed Up", "03-02 09:00")
    stage.world = _world(engine, Noting(before=slow))
    thread = Thread(target=stage.run, args=("greeting", "03-02 10:00"))
    thread.start()
    try:
        assert waits.wait(30)
        stage.did("ben", "Came", "03-02 09:30")
        beside = _beside(stage, out := Noting())
        beside.run("other", "03-02 10:00")
        assert beside.messages() == [("ada", "hello", "claimed", ""), ("ben", "hello", "handed_over", "")]
    finally:
        goes_on.set()
        thread.join()
    assert len(out.given) == 1
    assert [state for _, _, state, _ in stage.messages()] == ["handed_over"] * 2


def test_deliveries_are_seen_to_be_at_work_and_waited_for(engine: Engine) -> None:
    ended = Event()

    def wait_for_all() -> None:
        with all_done(engine):
            ended.set()

    with at_work(engine, "one.1"), at_work(engine, "two.1"):
        assert dead(engine, ["one.1", "two.1", "three.1"]) == {"three.1"}
        thread = Thread(target=wait_for_all)
        thread.start()
        assert not ended.wait(0.2)
    thread.join()
    assert ended.is_set()
    assert dead(engine, ["one.1"]) == {"one.1"}


@pytest.mark.parametrize(
    ("event", "state"),
    [
        ("Email Delivered", "delivered"),
        ("Email Bounced", "bounced"),
        ("Email Marked as Spam", "complained"),
        ("Email Opened", "handed_over"),
        ("Email Link Clicked", "handed_over"),
        ("Email Replied", "handed_over"),
    ],
)
@pytest.mark.parametrize("was", ["unknown", "claimed", "held"])
def test_whatever_is_told_of_a_message_shows_that_it_left(
    engine: Engine, was: str, event: str, state: str
) -> None:
    with _claimed_by_another(engine, False) as stage:
        _set(engine, LEASE, state=was)
        with read(engine) as connection:
            key = connection.execute(select(MESSAGE.c.key)).scalar()
        stage.did("c0", event, "03-02 10:05", email_id=key)
        stage.world = _world(engine, out := Noting())
        stage.run("greeting", "03-02 10:15")
        assert out.given == []
        assert stage.messages() == [("c0", "hello", state, "")]
        assert stage.ends() == [("c0", "completed")]
