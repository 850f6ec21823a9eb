"""A hundred deaths of deliverers, four at work at a time, on either database, by two providers."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from tests.heavy.deliverers import JOURNEYS
from tests.heavy.deliveries import kill, prepare
from tests.heavy.moody import moody

KILLS = 100
PEOPLE = {"resend": 500, "postmark": 1500}  # in each of the four journeys

pytestmark = pytest.mark.heavy


@pytest.mark.parametrize("way", ["resend", "postmark"])
def test_each_message_is_taken_once_or_is_unknown(
    engine: Engine, way: str, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare(engine, PEOPLE[way])
    with moody(seed=1) as provider:
        came = kill(engine, provider, way, KILLS, seed=1)
    assert sum(came.states.values()) == PEOPLE[way] * len(JOURNEYS)
    assert came.kills == KILLS
    with capsys.disabled():
        moods = ", ".join(f"{number} {mood}" for mood, number in sorted(provider.moods.items()))
        states = ", ".join(f"{number:,} {state}" for state, number in sorted(came.states.items()))
        print(f"\n{engine.dialect.name}, {way}: {came.kills} deaths in {came.seconds} s; {states}, of which "
            f"{came.there} had arrived; {provider.repeated} repeated under their keys; answers: {moods}; "
            "none twice, none lost")  # fmt: skip
