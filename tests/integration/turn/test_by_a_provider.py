"""Turns whose messages leave by a provider on this machine: it hangs up, refuses our key, wants a pause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from loyaltyloop.channels.http.resend import Resend, ResendSettings
from loyaltyloop.channels.http.sendgrid import SendGrid, SendGridSettings
from loyaltyloop.channels.out import WayOut
from tests.integration.channels.provider import Asked, Provider, providing, told
from tests.integration.turn.stage import Stage
from tests.integration.turn.test_way_out import _crowd, _states

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
PEOPLE = 8


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing() as provider:
        yield provider


def resend(provider: Provider) -> WayOut:
    return Resend(ResendSettings(url=provider.url, api_key="re_1", rate=0, at_once=2), lambda: NOW)


def sendgrid(provider: Provider) -> WayOut:
    return SendGrid(SendGridSettings(url=provider.url, api_key="SG.1", rate=0, at_once=2), lambda: NOW)


def turns(stage: Stage, *times: str) -> None:
    for time in times:
        stage.run("greeting", time)


def test_what_hung_up_is_asked_again_under_its_key_and_in_its_words(
    engine: Engine, provider: Provider
) -> None:
    def answer(asked: Asked) -> Any:
        key = asked.headers["idempotency-key"]
        if sum(one.headers["idempotency-key"] == key for one in provider.asked) == 1:
            raise ConnectionAbortedError  # it has the message, and nobody hears so
        return told(200, {"id": "re_1"})

    provider.answer = answer
    stage = _crowd(engine, PEOPLE, resend(provider))
    turns(stage, *(f"03-02 10:{minute:02}" for minute in range(0, 60, 5)))
    assert _states(stage) == {("handed_over", ""): PEOPLE}
    said = {(asked.headers["idempotency-key"], asked.body) for asked in provider.asked}
    assert len(said) == PEOPLE
    assert set(Counter(asked.headers["idempotency-key"] for asked in provider.asked).values()) == {2}


def test_without_a_key_what_hung_up_is_unknown_and_never_asked_again(
    engine: Engine, provider: Provider
) -> None:
    def answer(asked: Asked) -> Any:
        if any(asked is one for one in provider.asked[:2]):  # more may have come meanwhile
            raise ConnectionAbortedError
        return told(202)

    provider.answer = answer
    stage = _crowd(engine, PEOPLE, sendgrid(provider))
    turns(stage, "03-02 10:00", "03-02 10:05", "03-02 11:00")
    counts = Counter(state for state, _ in _states(stage).elements())
    assert counts == {"unknown": 2, "handed_over": PEOPLE - 2}
    assert len(provider.asked) == PEOPLE


def test_a_wrong_key_stops_the_delivery_and_loses_nothing(engine: Engine, provider: Provider) -> None:
    provider.answer = lambda _: told(401, {"errors": [{"message": "no", "field": None}]})
    stage = _crowd(engine, PEOPLE, sendgrid(provider))
    turns(stage, "03-02 10:00")
    assert len(provider.asked) <= 2
    assert {state for state, _ in _states(stage)} <= {"held", "planned"}
    provider.answer = lambda _: told(202)
    turns(stage, "03-02 10:05", "03-02 10:10")
    assert _states(stage) == {("handed_over", ""): PEOPLE}


def test_a_pause_that_is_asked_for_is_kept(engine: Engine, provider: Provider) -> None:
    provider.answer = lambda _: (429, {"retry-after": "1200"}, b"{}")
    stage = _crowd(engine, PEOPLE, sendgrid(provider))
    turns(stage, "03-02 10:00", "03-02 10:10")
    asked = len(provider.asked)
    assert asked <= 2
    provider.answer = lambda _: told(202)
    turns(stage, "03-02 10:15")
    assert len(provider.asked) == asked
    turns(stage, "03-02 10:20", "03-02 10:25")
    assert _states(stage) == {("handed_over", ""): PEOPLE}
