from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, update

from loyaltyloop.errors import TurnRefused, UserError
from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.store.database import read, write
from loyaltyloop.store.live import changes, versions
from loyaltyloop.store.live.pausing import pause
from tests.integration.store.shops import NOW, WELCOME, enrolment, place, reading, without_welcome


def test_nothing_is_live_at_first(engine: Engine) -> None:
    with read(engine) as connection:
        assert versions.live_journeys(connection) == []
        assert versions.load_templates(connection) == {}
        with pytest.raises(UserError, match="Nothing is live yet: `loop plan`"):
            versions.load_shop(connection)
        with pytest.raises(TurnRefused, match="'welcome' was never applied"):
            versions.load_versions(connection, "welcome")


def test_what_was_applied_is_loaded(engine: Engine) -> None:
    changes.apply(engine, reading(), NOW)
    with read(engine) as connection:
        assert versions.load_shop(connection).name == "Sample Shop"
        assert versions.load_templates(connection)["welcome/picks.html"] == "Picked for you"
        [live] = versions.load_versions(connection, "welcome")
        assert live.number == 1
        assert [step.name for step in live.journey] == ["hello", "hello.wait", "picks"]
        assert versions.load_newest(connection, "welcome") == live


def test_versions_with_people_and_the_newest_oldest_first(engine: Engine) -> None:
    for number in (1, 2, 3):
        changes.apply(engine, reading(WELCOME.replace("2 days", f"{number} weeks")), NOW)
        if number == 1:
            with write(engine) as connection:
                place(connection, "picks", 2)
    with read(engine) as connection:
        found = versions.load_versions(connection, "welcome")
    assert [live.number for live in found] == [1, 3]
    waits = [live.journey.step("hello.wait").action for live in found]
    assert [wait.duration for wait in waits] == [Duration(days=7), Duration(days=21)]  # type: ignore[union-attr]


def test_a_journey_whose_file_is_gone_has_turns_while_somebody_is_inside(engine: Engine) -> None:
    def turns() -> list[str]:
        with read(engine) as connection:
            return versions.journeys_with_turns(connection)

    def all_are(**values: Any) -> None:
        with write(engine) as connection:
            connection.execute(update(enrolment).values(**values))

    changes.apply(engine, reading(), NOW)
    with write(engine) as connection:
        place(connection, "picks", 2)
    changes.apply(engine, without_welcome(), NOW, finish_old=["welcome"])
    assert turns() == ["welcome"]
    all_are(ended_at=NOW, state="ending")
    assert turns() == ["welcome"]
    all_are(state="ended")
    assert turns() == []
    changes.apply(engine, reading(), NOW)
    assert turns() == ["welcome"]
    with write(engine) as connection:
        pause(connection, "welcome", NOW)
    assert turns() == ["welcome"]


def test_what_is_for_everybody_is_the_newests(engine: Engine) -> None:
    changes.apply(engine, reading(), NOW)
    with write(engine) as connection:
        place(connection, "picks", 1)
    head = "purpose: service\npriority: 80\nleave_when: {bought: {did: Order Completed}}\n"
    head += "goal: {did: Order Completed, within: 14 days}\n"
    text = WELCOME.replace("enter:", head + "enter:").replace("2 days", "3 days").replace("Welcome", "Greet")
    changes.apply(engine, reading(text), NOW)
    with read(engine) as connection:
        old, new = versions.load_versions(connection, "welcome")
    assert (old.number, new.number) == (1, 2)
    for name in ("purpose", "priority", "about", "leave_when", "goal", "goal_within"):
        assert getattr(old.journey, name) == getattr(new.journey, name)
    assert old.journey.step("hello").action.purpose == "service"  # type: ignore[union-attr]
    assert old.journey.step("hello.wait").action.duration == Duration(days=2)  # type: ignore[union-attr]


def test_journeys_in_the_order_of_their_turns(engine: Engine) -> None:
    def named(name: str, priority: int) -> dict[str, Any]:
        text = WELCOME.replace("journey: welcome", f"journey: {name}\npriority: {priority}")
        return {f"journeys/{name}.yaml": text}

    files = {**named("aaa", 50), **named("zzz", 50), **named("first", 90)}
    changes.apply(engine, reading(extra=files), NOW)
    with read(engine) as connection:
        rows = versions.live_journeys(connection)
    assert [row.name for row in rows] == ["first", "aaa", "welcome", "zzz"]
    assert {row.state for row in rows} == {"live"}
    assert rows[0].priority == 90


def test_a_text_is_compiled_once(engine: Engine, tmp_path: Path) -> None:
    changes.apply(engine, reading(), NOW)
    with read(engine) as connection:
        first = versions.load_newest(connection, "welcome")
        again = versions.load_versions(connection, "welcome")[0]
    assert first.journey is again.journey
