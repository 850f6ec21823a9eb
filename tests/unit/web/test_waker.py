"""The waker, round by round: what was heard reaches who listens; nothing stops it, and it stops nobody."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from sqlalchemy.exc import OperationalError

from loyaltyloop.journey.conditions.listening import Listening
from loyaltyloop.store.segment import Call
from loyaltyloop.web.waking import waker as waking
from loyaltyloop.web.waking.agenda import GATHER, Wake
from loyaltyloop.web.waking.heard import MERGE, MOST_PAIRS, Pairs
from loyaltyloop.web.waking.listeners import Directory, Listeners
from loyaltyloop.web.waking.prefect import credentials, event
from loyaltyloop.web.waking.waker import CannotWake, Nobody, Waker

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
LISTENERS = Listeners(
    {
        "welcome": Listening(frozenset(("Signed Up", "Email Link Clicked"))),
        "plans": Listening(traits=frozenset(("plan",)), merges=True),
        "birthday": Listening(),
    },
    timedelta(minutes=1),
)


class Known:
    """A directory that knows these, or whose database is away."""

    listeners = LISTENERS

    def __init__(self) -> None:
        self.away = False

    def look(self, now: datetime) -> Listeners:
        if self.away:
            raise OperationalError("", {}, Exception("away"))
        return self.listeners


class Bell:
    """Remembers whom it woke; may be out of order."""

    def __init__(self) -> None:
        self.rung: list[tuple[str, str]] = []
        self.broken = False

    def __call__(self, wakes: Sequence[Wake]) -> None:
        if self.broken:
            raise CannotWake("Prefect does not answer (ConnectError)")
        self.rung += [(wake.journey, wake.why) for wake in wakes]


class Scene:
    """A waker whose clock is turned by hand."""

    def __init__(self) -> None:
        self.now, self.bell, self.known = NOON, Bell(), Known()
        self.counts: Counter[tuple[str, ...]] = Counter()
        self.waker = Waker(cast(Directory, self.known), self.bell, lambda: self.now)
        self.waker.count_in(self.counts)
        self.waker.round(NOON)

    def heard(self, *calls: Call) -> None:
        self.waker.heard(calls)

    def after(self, seconds: float) -> list[tuple[str, str]]:
        self.now += seconds * SECOND
        self.waker.round(self.now)
        rung, self.bell.rung = self.bell.rung, []
        return rung


@pytest.fixture
def scene() -> Scene:
    return Scene()


def call(kind: str = "track", name: str = "", later: float = 0, **more: Any) -> Call:
    known = {"user_id": "ada", "anonymous_id": None, "previous_id": None, "properties": {}} | more
    return Call("test", "m", kind, name, at=NOON, arrived_at=NOON + later * SECOND, **known)


def test_a_burst_wakes_who_listens_once(scene: Scene) -> None:
    scene.heard(*[call(name="Signed Up")] * 1000, call(name="Product Viewed"))
    assert scene.after(0) == []
    assert scene.after(GATHER.total_seconds()) == [("welcome", "Signed Up")]
    assert scene.after(120) == []


def test_what_nobody_listens_for_wakes_nobody(scene: Scene) -> None:
    scene.heard(call(name="Product Viewed"), call("page"), call("identify", properties={"city": "Leeds"}))
    assert scene.after(1) == []


def test_a_response_that_is_held_wakes_when_it_counts(scene: Scene) -> None:
    scene.heard(call(name="Email Link Clicked", later=10))
    assert scene.after(9) == []
    assert scene.after(2) == [("welcome", "Email Link Clicked")]


def test_attributes_and_customers_who_turn_out_to_be_one(scene: Scene) -> None:
    scene.heard(call("identify", properties={"plan": "gold"}), call("alias", previous_id="anna"))
    assert scene.after(1) == [("plans", "a new plan and 1 more")]
    both = call("identify", anonymous_id="device")
    scene.heard(both)
    assert scene.after(60) == [("plans", MERGE)]
    scene.heard(both, call("page", anonymous_id="other device"))
    assert scene.after(60) == [], "what was one already"


def test_away_is_told_once_and_the_wake_is_kept(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.bell.broken = True
    with caplog.at_level(logging.WARNING, logger=waking.__name__):
        scene.heard(call(name="Signed Up"))
        for _ in range(200):
            assert scene.after(1) == []
        scene.bell.broken = False
        assert scene.after(waking.LAST_RETRY.total_seconds()) == [("welcome", "Signed Up")]
    assert [record.getMessage() for record in caplog.records] == [
        "journeys cannot be woken: Prefect does not answer (ConnectError); "
        "their next turns take what has arrived",
        "journeys are woken again",
    ]
    assert scene.counts["wake", "woken"] == 1
    assert 8 <= scene.counts["wake", "failed"] <= 12


def test_a_database_that_is_away_leaves_what_was_known(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.known.away = True
    scene.heard(call(name="Signed Up"))
    assert scene.after(1) == [("welcome", "Signed Up")]
    assert scene.after(1) == []
    assert [record.getMessage() for record in caplog.records] == [
        "who listens is not known: OperationalError; by what was known"
    ]


def test_more_than_can_be_remembered_wakes_everybody_who_listens(scene: Scene) -> None:
    scene.heard(*(call(name=f"event {number}") for number in range(waking.MOST + 1)))
    assert scene.after(0) == []
    assert scene.after(1) == [("plans", waking.MANY), ("welcome", waking.MANY)]
    assert scene.after(9.5) == []
    assert scene.after(60) == [("plans", waking.MANY), ("welcome", waking.MANY)], "and for what was held"


def test_pairs_are_not_remembered_without_end() -> None:
    pairs = Pairs()
    assert all(pairs.new("ada", str(number)) for number in range(MOST_PAIRS))
    assert not pairs.new("ada", "0")
    assert pairs.new("ben", "0")
    assert pairs.new("ada", "0")


def test_its_thread_ends_with_what_is_due() -> None:
    scene = Scene()
    scene.waker.start()
    scene.heard(call(name="Signed Up"))
    scene.waker.close()
    assert scene.bell.rung == [("welcome", "Signed Up")]
    scene.waker.close()


def test_a_mistake_ends_no_waking(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    def oops(_wakes: Sequence[Wake]) -> None:
        raise ZeroDivisionError

    scene.waker._ring = oops
    scene.heard(call(name="Signed Up"))
    again = scene.waker._safely(NOON + SECOND)
    assert again == NOON + SECOND + waking.LAST_RETRY
    assert caplog.records[-1].getMessage() == "a round of waking failed: ZeroDivisionError"
    scene.waker._ring = scene.bell
    assert scene.after(40) == [("welcome", "Signed Up")]


def test_nobody_is_a_waker_too() -> None:
    nobody = Nobody()
    nobody.count_in(Counter())
    nobody.start()
    nobody.heard([call()])
    nobody.close()


def test_what_prefect_is_told() -> None:
    told = event(Wake("welcome", ("Order Completed", "Signed Up")), NOON)
    assert told.pop("id")
    assert told == {
        "occurred": "2026-11-21T12:00:00+00:00",
        "event": "loyalty-loop.journey.woken",
        "resource": {
            "prefect.resource.id": "loyalty-loop.journey.welcome",
            "prefect.resource.name": "welcome",
        },
        "payload": {"by": "Order Completed and 1 more"},
    }


@pytest.mark.parametrize(
    ("environ", "header"),
    [
        ({}, {}),
        ({"PREFECT_API_KEY": "pnu_1"}, {"Authorization": "Bearer pnu_1"}),
        ({"PREFECT_API_AUTH_STRING": "admin:pass"}, {"Authorization": "Basic YWRtaW46cGFzcw=="}),
    ],
    ids=["open", "key", "password"],
)
def test_how_prefect_knows_us(environ: dict[str, str], header: dict[str, str]) -> None:
    assert credentials(environ) == header
