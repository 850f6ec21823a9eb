"""The parts of the Prefect side that need no server: looking ahead, waking, the words that tasks do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun
from prefect.states import Completed, Failed
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

import flows.compiled
from flows.ahead import Ahead
from flows.journey import form, refuse_the_future, take_turn_here
from flows.prepare import retire
from flows.train import train_scores
from flows.waking import overtaken, wake_at
from loyaltyloop.errors import TurnRefused
from loyaltyloop.journey.model import VERBS
from loyaltyloop.journey.reading.deferred import DEFERRED
from loyaltyloop.turn.counts import Counts
from loyaltyloop.turn.engine import OpenTurn
from loyaltyloop.turn.stages import Stage
from tasks.graph import PHASES, WORDS
from tasks.running import passing

NOON = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
STAGES = [Stage("apply", "apply events"), Stage("enter", "enter"), Stage("step", "hello", "send")]
STAGES += [Stage("deliver", "deliver"), Stage("report", "report")]


class Remembers:
    """An open turn that moves whom it is told to, and remembers what it was asked."""

    def __init__(self, **moves: int) -> None:
        self.stages, self.moves, self.asked = STAGES, moves, list[str]()

    def run(self, stage: Stage) -> Counts:
        self.asked.append(stage.name)
        return Counts({"": self.moves.get(stage.kind, 0)})


def ahead(turn: Remembers) -> Ahead:
    return Ahead(cast(OpenTurn, turn))


def test_a_time_still_to_come_is_refused_where_nobody_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """`loop run` has asked, the form has not."""
    monkeypatch.setattr("flows.journey.present", lambda: NOON)
    monkeypatch.setattr("flows.journey.journey_named", lambda name: name)

    def as_flow(name: str) -> Any:
        def turn(now: datetime, return_state: bool) -> Any:
            refuse_the_future(name, now)
            return Completed(data=return_state)

        return turn

    monkeypatch.setattr("flows.journey.as_flow", as_flow)
    later = NOON + timedelta(days=365)
    assert take_turn_here("welcome", now=later)
    refuse_the_future("welcome", NOON)
    with pytest.raises(TurnRefused, match=r"365 days from now.* say `loop run welcome --now T"):
        refuse_the_future("welcome", later)


def test_an_idle_turn_is_over_after_its_first_stage() -> None:
    turn = Remembers(apply=7)
    looking = ahead(turn)
    assert looking.run(STAGES[0]).total == 7
    assert looking.idle
    assert turn.asked == [stage.name for stage in STAGES]


def test_looking_ahead_stops_where_somebody_moves_and_does_nothing_twice() -> None:
    turn = Remembers(enter=3, step=3)
    looking = ahead(turn)
    looking.run(STAGES[0])
    assert turn.asked == ["apply events", "enter"]
    assert not looking.idle
    assert [looking.run(stage).total for stage in STAGES] == [0, 3, 3, 0, 0]
    assert turn.asked == [stage.name for stage in STAGES]


@pytest.mark.parametrize(
    ("due", "apart", "expected"),
    [
        (NOON + timedelta(hours=3), MINUTE, NOON + timedelta(hours=3)),
        (NOON + timedelta(hours=3, seconds=1), MINUTE, NOON + timedelta(hours=3, minutes=1)),
        (NOON - timedelta(days=2), MINUTE, NOON + MINUTE),
        (NOON + MINUTE, timedelta(minutes=10), NOON + timedelta(minutes=10)),
        (NOON, timedelta(0), NOON),
    ],
)
def test_the_next_wake_up(due: datetime, apart: timedelta, expected: datetime) -> None:
    assert wake_at(due, NOON, apart) == expected


class Deployments:
    """A client of a Prefect server with this many deployments of ours, which answers with 200 at most."""

    def __init__(self, number: int) -> None:
        self.names = [f"journey {one}" for one in range(number)]

    def read_deployments(self, *, limit: int, offset: int, **_: object) -> list[Any]:
        return [SimpleNamespace(id=name, name=name) for name in self.names[offset : offset + min(limit, 200)]]

    def delete_resource_owned_automations(self, resource: str) -> None:
        assert resource.removeprefix("prefect.deployment.") in self.names

    def delete_deployment(self, name: str) -> None:
        self.names.remove(name)


def test_all_deployments_that_nobody_wants_are_taken_away() -> None:
    server = Deployments(450)
    retire(cast(SyncPrefectClient, server), {"journey 7", "journey 430"})
    assert server.names == ["journey 7", "journey 430"]


@pytest.mark.parametrize(
    ("parameters", "seconds_before", "expected"),
    [
        ({"woken_by": "Signed Up"}, 60, True),
        ({"woken_by": "Signed Up", "customers": [], "dry_run": False, "now": None}, 60, True),
        ({"woken_by": "Signed Up"}, 1, False),
        ({"woken_by": "Signed Up"}, -1, False),
        ({"woken_by": "Signed Up", "dry_run": True}, 60, False),
        ({"woken_by": "Signed Up", "customers": ["ada"]}, 60, False),
        ({"woken_by": ""}, 60, False),
        ({}, 60, False),
    ],
)
def test_what_a_turn_has_overtaken(parameters: dict[str, Any], seconds_before: int, expected: bool) -> None:
    """Asked for by an event alone, and so long before the turn began that no clock is wrong by as much."""
    run = SimpleNamespace(parameters=parameters, created=NOON - timedelta(seconds=seconds_before))
    assert overtaken([cast(FlowRun, run)], NOON) == ([run] if expected else [])


def test_there_is_a_task_for_each_word_that_works() -> None:
    assert set(WORDS) == set(VERBS) - set(DEFERRED)


def test_every_task_says_what_it_does() -> None:
    assert all(task.description for task in [*WORDS.values(), *PHASES.values()])


def test_a_journey_may_have_any_name() -> None:
    assert [name for name in vars(flows.compiled) if not name.startswith("_")] == []


def test_the_form_has_a_field_for_each_word_of_loop_run() -> None:
    assert list(form().parameters) == ["now", "customers", "dry_run", "limit", "woken_by"]


def _state(statement: str) -> Any:
    with create_engine("sqlite://").connect() as connection, pytest.raises(OperationalError) as caught:
        connection.execute(text(statement))
    return Failed(data=caught.value)


def test_a_mistake_is_not_tried_again() -> None:
    assert not passing(None, None, _state("SELECT missing"))
    assert not passing(None, None, Failed(data=ValueError("x")))


def test_a_busy_database_is_tried_again(tmp_path: Any) -> None:
    path = f"sqlite:///{tmp_path / 'busy.db'}"
    with create_engine(path).connect() as holder, create_engine(path).connect() as other:
        holder.exec_driver_sql("BEGIN EXCLUSIVE")
        other.exec_driver_sql("PRAGMA busy_timeout=1")
        with pytest.raises(OperationalError) as caught:
            other.exec_driver_sql("BEGIN IMMEDIATE")
    assert passing(None, None, Failed(data=caught.value))


def test_nothing_is_learned_of_what_is_still_to_come() -> None:
    state = train_scores.fn(now=datetime(9990, 1, 1, tzinfo=UTC))
    assert state.is_failed()
    assert state.message == "9990-01-01 00:00 UTC is still to come. Leave `now` empty for the present."
