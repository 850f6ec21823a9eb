"""When which journey is woken: bursts are one wake, wakes lie apart, and nothing is swallowed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from loyaltyloop.web.waking.agenda import FARTHEST, GATHER, SLOT, Agenda, Wake, slot

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def rung(agenda: Agenda, now: datetime) -> list[tuple[str, str]]:
    wakes = agenda.due(now)
    agenda.done(wakes, now)
    return [(wake.journey, wake.why) for wake in wakes]


def test_a_burst_is_one_wake() -> None:
    agenda = Agenda(MINUTE)
    for number in range(1000):
        now = NOON + number * GATHER / 1000
        agenda.want("welcome", now, "Signed Up", now)
        assert agenda.next() == NOON + GATHER
    assert rung(agenda, NOON + GATHER) == [("welcome", "Signed Up")]
    assert agenda.next() is None


def test_what_comes_behind_a_wake_has_one_of_its_own_in_time() -> None:
    agenda = Agenda(MINUTE)
    agenda.want("welcome", NOON, "Signed Up", NOON)
    assert rung(agenda, NOON + SECOND)
    agenda.want("welcome", NOON + 2 * SECOND, "Order Completed", NOON + 2 * SECOND)
    agenda.want("review", NOON + 2 * SECOND, "Order Delivered", NOON + 2 * SECOND)
    assert rung(agenda, NOON + 3 * SECOND) == [("review", "Order Delivered")]
    assert agenda.next() == NOON + SECOND + MINUTE
    assert rung(agenda, NOON + MINUTE) == []
    assert rung(agenda, NOON + SECOND + MINUTE) == [("welcome", "Order Completed")]


def test_what_arrives_later_wakes_then() -> None:
    agenda = Agenda()
    agenda.want("welcome", NOON + 10 * SECOND, "Email Link Clicked", NOON)
    agenda.want("welcome", NOON, "Signed Up", NOON)
    assert rung(agenda, NOON + SECOND) == [("welcome", "Signed Up")]
    assert rung(agenda, NOON + 9 * SECOND) == []
    assert rung(agenda, NOON + 10 * SECOND + GATHER) == [("welcome", "Email Link Clicked")]


def test_whoever_could_not_be_woken_is_woken_later() -> None:
    agenda = Agenda(MINUTE)
    agenda.want("welcome", NOON, "Signed Up", NOON)
    assert agenda.due(NOON + SECOND) == [Wake("welcome", ("Signed Up",))]
    agenda.put_off(NOON + 5 * SECOND)
    assert agenda.next() == NOON + 5 * SECOND
    assert agenda.due(NOON + 2 * SECOND) == []
    agenda.want("welcome", NOON + 2 * SECOND, "Order Completed", NOON + 2 * SECOND)
    assert rung(agenda, NOON + 5 * SECOND) == [("welcome", "Order Completed and 1 more")]


def test_a_clock_that_is_set_back_holds_up_nobody() -> None:
    agenda = Agenda(MINUTE)
    agenda.want("welcome", NOON, "Signed Up", NOON)
    assert rung(agenda, NOON + SECOND)
    agenda.put_off(NOON + SECOND)
    agenda.want("welcome", NOON + 10 * SECOND, "Signed Up", NOON)
    back = NOON - timedelta(hours=1)
    assert rung(agenda, back) == []  # the clock is seen here
    assert rung(agenda, back + SECOND) == [("welcome", "Signed Up")]


def test_who_is_not_live_any_more_is_forgotten() -> None:
    agenda = Agenda()
    agenda.want("welcome", NOON, "Signed Up", NOON)
    agenda.keep(["review"])
    assert agenda.next() is None


@given(st.integers(0, 10**8))
def test_a_slot_is_not_before_and_soon_behind(micros: int) -> None:
    now = NOON + timedelta(microseconds=123_456)
    ready = now + timedelta(microseconds=micros)
    found = slot(ready, now)
    assert timedelta(0) <= found - min(ready, now + FARTHEST) < SLOT


STEPS = st.lists(
    st.tuples(st.integers(0, 20_000), st.sampled_from(["a", "b"]), st.sampled_from([0, 0, 10_000])),
    max_size=40,
)


@given(STEPS, st.integers(0, 30))
def test_every_event_has_a_wake_behind_it_and_wakes_lie_apart(
    told: list[tuple[int, str, int]], apart: int
) -> None:
    """Events at milliseconds, some of which count ten seconds later; the clock ticks a tenth of a second."""
    agenda, woken = Agenda(apart * SECOND), dict[str, list[datetime]]()
    waiting = sorted(told)
    for tick in range(1200):
        now = NOON + tick * SECOND / 10
        while waiting and NOON + timedelta(milliseconds=waiting[0][0]) <= now:
            at, journey, later = waiting.pop(0)
            begun = NOON + timedelta(milliseconds=at)
            agenda.want(journey, begun + timedelta(milliseconds=later), "e", now)
        for wake in agenda.due(now):
            woken.setdefault(wake.journey, []).append(now)
            agenda.done([wake], now)
    assert agenda.next() is None
    for at, journey, later in told:
        ready = NOON + timedelta(milliseconds=at + later)
        behind = min(one for one in woken[journey] if one >= ready)
        assert behind - ready <= max(apart * SECOND, timedelta(0)) + SLOT + GATHER + SECOND / 5
    for times in woken.values():
        assert all(later - one >= apart * SECOND for one, later in pairwise(times))
