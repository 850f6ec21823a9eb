"""Stories of the sample shop's journeys that ask models: win-back and replenishment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.integration.turn.learned import Models, models
from tests.integration.turn.own import Own
from tests.integration.turn.stage import utc


@pytest.fixture
def learned(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Models]:
    with models(engine, monkeypatch) as found:
        yield found


def entered(own: Own, journey: str, *days: str) -> dict[str, list[str]]:
    """Who is inside after the turn of each of these mornings."""
    found = {}
    for day in days:
        own.turn(f"{day} 08:00")
        found[day] = [who for who, _ in own.ends(journey)]
    return found


def test_win_back_goes_by_days_where_no_model_is_live(engine: Engine) -> None:
    own = Own(engine, "win_back", who=("ada", "once"))
    for number in ("o1", "o2"):
        own.ordered("01-02 10:00", number)
    own.ordered("01-02 10:00", "o3", who="once")
    days = ("03-02", "03-16", "04-02", "04-03")
    assert entered(own, "win_back", *days) == {"03-02": [], "03-16": [], "04-02": [], "04-03": ["ada"]}


def test_win_back_goes_by_the_model_where_one_is_live(engine: Engine, learned: Models) -> None:
    own = Own(engine, "win_back", who=("ada", "bob"))
    learned.fit("lapse", utc("01-01 00:00"), times=2)
    for who in ("ada", "bob"):
        for number in ("o1", "o2"):
            own.ordered("01-02 10:00", f"{who} {number}", who=who)
    own.ordered("01-20 10:00", "o3", who="bob")
    days = ("02-07", "02-08", "02-25", "02-26")
    assert entered(own, "win_back", *days) == {
        "02-07": [],
        "02-08": ["ada"],  # 0.72 after 36 days
        "02-25": ["ada"],
        "02-26": ["ada", "bob"],
    }


def test_who_runs_out_is_reminded_four_days_before(engine: Engine, learned: Models) -> None:
    own = Own(engine, "replenishment", who=("ada", "bea", "new"))
    own.sells(jar=1250, tin=900)
    learned.fit("refill", utc("01-01 00:00"))
    for number, day in (("1", "01-05"), ("2", "02-02")):
        for who in ("ada", "bea"):
            own.ordered(f"{day} 10:00", f"{who} {number}", who=who)
        own.turn(f"{day} 10:15")
    own.ordered("02-02 10:00", "new 1", who="new")
    own.turn("02-02 10:30")
    assert own.ends() == [("ada", "waiting at nearly_out"), ("bea", "waiting at nearly_out")]
    own.ordered("02-20 10:00", "bea 3", who="bea")
    for at in ("02-20 10:15", "02-28 10:15", "03-01 10:00"):
        own.turn(at)
    assert own.letters() == {"ada": [("03-01 10:00", "running_low")]}
    assert "Jar" in own.text("running_low", "ada")
    assert own.ends() == [
        ("ada", "completed"),
        ("bea", "left: bought_again"),
        ("bea", "waiting at nearly_out"),
    ]


def test_without_a_model_nobody_is_reminded(engine: Engine) -> None:
    own = Own(engine, "replenishment")
    for number, day in (("1", "01-05"), ("2", "02-02")):
        own.ordered(f"{day} 10:00", number)
        own.turn(f"{day} 10:15")
    assert own.ends() == [("ada", "left: nothing_runs_out")]
