"""When something stops, for how long, and what lets it go on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyloop.channels.stopping.breaker import LATEST, LONGEST, SHORTEST, Circuit, after, why_stop
from loyaltyloop.journey.model.breaking import Breaking
from loyaltyloop.store.messages.tallies import Figures

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
LIMITS = Breaking()
SPAM, BOUNCED = "were marked as spam (at most 0.3%)", "bounced for good (at most 5%)"


@pytest.mark.parametrize(
    ("figures", "why"),
    [
        (Figures(10_000, bounced=499, complained=29), ""),
        (Figures(10_000, complained=30), f"30 of 10,000 messages in 7 days {SPAM}"),
        (Figures(10_000, bounced=500), f"500 of 10,000 messages in 7 days {BOUNCED}"),
        (Figures(10, complained=4), ""),  # too few to tell
        (Figures(10, complained=5), f"5 of 10 messages in 7 days {SPAM}"),
        (Figures(0, bounced=5), f"5 of 0 messages in 7 days {BOUNCED}"),
        (Figures(100, bounced=4), ""),
    ],
)
def test_when_a_journey_stops(figures: Figures, why: str) -> None:
    assert why_stop(figures, LIMITS) == why


def test_the_shop_says_how_much_is_too_much() -> None:
    strict = Breaking(complaints=Decimal("0.5"), at_least=1)
    assert not why_stop(Figures(3, complained=1), strict)
    assert why_stop(Figures(2, complained=1), strict)


def _marks(text: str) -> list[bool]:
    return [mark == "." for mark in text]


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ("." * 60, ""),
        ("x" * 9 + ".", ""),
        ("x" * 10, "10 hand-overs in a row failed"),
        ("." * 20 + "x" * 10, "10 hand-overs in a row failed"),
        ("x." * 24, ""),
        ("x." * 24 + "x", f"25 of the latest {LATEST} hand-overs failed"),
        ("x." * 24 + "." * 50 + "x." * 5, ""),
    ],
)
def test_when_a_channel_stops(told: str, why: str) -> None:
    circuit = Circuit()
    for mark in _marks(told):
        circuit = after(circuit, [mark], NOW, LIMITS)
    assert (circuit.state, circuit.why) == (("open", why) if why else ("closed", ""))


def test_one_message_is_tried_and_pauses_double() -> None:
    circuit, now, pauses = after(Circuit(), [False] * 10, NOW, LIMITS), NOW, []
    for _ in range(7):
        assert circuit.stage(now) == "open"
        assert circuit.again_at is not None
        assert after(circuit, [False], now, LIMITS) == circuit  # what was under way when it opened
        pauses.append(circuit.again_at - now)
        now = circuit.again_at
        assert circuit.stage(now) == "trying"
        circuit = after(circuit, [False], now, LIMITS)
    assert pauses == [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 16, 30, 30)]
    assert circuit.opened_at == NOW
    assert after(circuit, [True], now, LIMITS) == Circuit()


@given(st.lists(st.tuples(st.lists(st.booleans(), max_size=12), st.integers(0, 120)), max_size=40))
def test_whatever_happens(told: list[tuple[list[bool], int]]) -> None:
    """It opens after failures alone, closes by a message that was taken alone, and waits in bounds."""
    circuit, now, seen = Circuit(), NOW, list[bool]()
    for taken, minutes in told:
        now += timedelta(minutes=minutes)
        before, circuit = circuit, after(circuit, taken, now, LIMITS)
        seen = (seen + taken)[-LATEST:]
        if before.state == "closed" and circuit.state == "open":
            assert seen.count(False) >= min(LIMITS.failures, LATEST // 2)
            assert False in taken
        if before.state == "open" and circuit.state == "closed":
            assert True in taken
            seen = []
        if circuit.state == "open" and circuit != before:
            assert circuit.again_at is not None
            assert SHORTEST <= circuit.again_at - now <= LONGEST
        assert len(circuit.recent) <= LATEST
