"""When predictions are made: by night, ahead of a dry run, of who comes by day; none of the future."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import Engine, select

from loyaltyloop.scores.models import predictions
from loyaltyloop.store.database import read, write_shop
from loyaltyloop.store.predictions.predicted import noted
from loyaltyloop.turn.counts import TurnReport
from loyaltyloop.turn.predicting import refresh
from loyaltyloop.turn.runner import run_turn
from tests.integration.turn.learned import Models, customer, models, prediction
from tests.integration.turn.stage import Stage, utc
from tests.integration.turn.test_predicting import PLAIN, SPLIT, WIN_BACK, bought


@pytest.fixture
def learned(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Models]:
    with models(engine, monkeypatch) as found:
        found.fit("lapse", utc("01-01 00:00"))
        yield found


def stands_as_of(engine: Engine, who: str) -> datetime:
    both = prediction.join(customer, customer.c.id == prediction.c.customer_id)
    with read(engine) as connection:
        chosen = select(prediction.c.as_of).select_from(both).where(customer.c.key == who)
        found: datetime = connection.execute(chosen).scalar_one()
        return found


def ways(told: TurnReport) -> list[tuple[str, str, int]]:
    return [(row.stage, row.path, row.people) for row in told.rows]


SPENDERS = (
    WIN_BACK.replace("win_back", "spenders")
    .replace("lapse: {over: 0.3}", "value: {over: 20}")
    .replace("lapse: {under: 0.1}", "value: {under: 1}")
)


def test_whom_a_first_model_lets_enter_is_looked_for_on_the_same_day(engine: Engine, learned: Models) -> None:
    """Once: whoever comes by a number of later that day enters on the next."""
    stage = Stage(engine, SPENDERS)
    bought(stage, "anna", "01-18 12:00")
    stage.turn("02-20 09:00")
    assert stage.ends("spenders") == []
    learned.fit("value", utc("02-20 10:00"))
    run_turn(stage.world, "spenders", utc("02-20 10:30"), dry_run=True)
    assert stage.ends("spenders") == []
    stage.turn("02-20 11:00")
    assert stage.ends("spenders") == [("anna", "waiting at enter.wait")]
    bought(stage, "ben", "02-20 12:00")
    learned.fit("value", utc("02-20 13:00"))
    stage.turn("02-20 14:00")
    assert stage.ends("spenders") == [("anna", "waiting at enter.wait")]
    stage.turn("02-21 09:00")
    assert ("ben", "waiting at enter.wait") in stage.ends("spenders")


# ── by the night ────────────────────────────────────────────────────────────


def test_what_the_night_has_made_no_turn_makes_again(engine: Engine, learned: Models) -> None:
    stage = Stage(engine, WIN_BACK, PLAIN)
    bought(stage, "anna", "01-18 12:00")
    stage.turn("01-19 09:00")
    assert refresh(engine, utc("02-20 02:35")) == ["lapse"]
    assert (learned.said(), learned.noted()) == ({"anna": 0.32}, [("lapse", "02-20", 1)])
    stage.turn("02-20 09:00")
    assert stage.ends("win_back") == [("anna", "waiting at enter.wait")]
    assert learned.made["lapse"].asked == [utc("01-19 00:00"), utc("02-20 00:00")]


def test_the_night_makes_nothing_where_nobody_asks(engine: Engine, learned: Models) -> None:
    Stage(engine, PLAIN)
    assert refresh(engine, utc("02-20 02:35")) == []


# ── ahead of a dry run ──────────────────────────────────────────────────────


def test_a_dry_run_predicts_before_others_must_wait_for_it(
    engine: Engine, learned: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the model is asked, somebody else writes; on SQLite they would wait a minute, and give up."""
    stage = Stage(engine, SPLIT)
    bought(stage, "anna", "01-10 12:00")
    stage.turn("01-11 09:00")
    stage.did("anna", "Signed Up", "02-20 08:00")
    asked = learned.made["lapse"].score

    def meanwhile(*given: object) -> object:
        with write_shop(engine) as connection:
            connection.execute(customer.update().values(country="GB"))
        return asked(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(learned.made["lapse"], "load", lambda _: learned.made["lapse"])
    monkeypatch.setattr(learned.made["lapse"], "score", meanwhile)
    told = run_turn(stage.world, "decides", utc("02-20 09:00"), dry_run=True)
    assert ("how", "risky", 1) in ways(told)
    assert learned.noted() == [("lapse", "01-11", 1)]


def test_a_dry_run_knows_who_came_since(engine: Engine, learned: Models) -> None:
    stage = Stage(engine, SPLIT)
    stage.turn("02-20 09:00")
    bought(stage, "anna", "02-20 10:00")
    stage.did("anna", "Signed Up", "02-20 10:10")
    told = run_turn(stage.world, "decides", utc("02-20 11:00"), dry_run=True)
    assert ("how", "safe", 1) in ways(told)
    assert learned.said() == {}


# ── of who comes during the day ─────────────────────────────────────────────


def test_a_first_order_is_predicted_by_in_the_next_turn(engine: Engine, learned: Models) -> None:
    """In that of the refresh as in later ones; once, and without touching whom the day has told of."""
    stage = Stage(engine, WIN_BACK, SPLIT)
    bought(stage, "anna", "02-10 12:00")
    bought(stage, "early", "02-20 08:00")
    stage.turn("02-20 09:00")
    assert learned.said() == {"anna": 0.09, "early": 0.0}
    for who in ("anna", "ben"):
        bought(stage, who, "02-20 10:00")
    bought(stage, "late", "02-01 10:00", arrived="02-20 10:00")
    stage.did("cara", "Signed Up", "02-20 10:10")
    stage.turn("02-20 11:00")
    assert learned.said() == {"anna": 0.09, "early": 0.0, "ben": 0.0, "late": 0.19}
    assert stands_as_of(engine, "late") == utc("02-20 11:00")
    asked = len(learned.made["lapse"].asked)
    stage.turn("02-20 12:00")
    stage.did("cara", "Signed Up", "02-20 12:10")
    stage.turn("02-20 13:00")
    assert len(learned.made["lapse"].asked) == asked
    assert learned.touched() == ["anna", "early", "ben"], "they pass what win_back lets them leave by"
    stage.turn("02-21 09:00")
    assert learned.said() == {"anna": 0.0, "early": 0.0, "ben": 0.0, "late": 0.19}


def test_many_events_are_looked_through_once(
    engine: Engine, learned: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    def upto() -> int:
        with read(engine) as connection:
            found = noted(connection, "lapse")
            assert found is not None
            return found.upto

    stage = Stage(engine, SPLIT)
    bought(stage, "anna", "02-10 12:00")
    stage.turn("02-20 09:00")
    monkeypatch.setattr(predictions, "_FEW", 3)
    for minute, seen in (("10", 0), ("11", 3)):  # two events, then three
        stage.did("cara", "Signed Up", f"02-20 10:{minute}")
        stage.turn("02-20 11:00")
        assert upto() == seen
    assert len(learned.made["lapse"].asked) == 1


# ── none of the future ──────────────────────────────────────────────────────


def test_a_turn_at_the_present_is_not_misled_by_one_at_a_later_day(engine: Engine, learned: Models) -> None:
    stage = Stage(engine, WIN_BACK, SPLIT)
    bought(stage, "anna", "02-10 12:00")
    bought(stage, "ben", "02-22 12:00")
    stage.run("win_back", "03-15 09:00")
    assert learned.said() == {"anna": 0.32, "ben": 0.2}
    learned.fit("lapse", utc("03-01 00:00"), times=3)
    world = replace(stage.world, clock=lambda: utc("02-20 09:01"))
    run_turn(world, "decides", utc("02-20 09:00"))
    assert (learned.said(), learned.noted()) == ({"anna": 0.09}, [("lapse", "02-20", 1)])
    assert stands_as_of(engine, "anna") == utc("02-20 00:00")


def test_a_turn_that_began_before_midnight_takes_what_was_made_behind_it(
    engine: Engine, learned: Models
) -> None:
    stage = Stage(engine, WIN_BACK, SPLIT)
    bought(stage, "anna", "02-10 12:00")
    world = replace(stage.world, clock=lambda: utc("02-21 00:01"))
    run_turn(world, "win_back", utc("02-21 00:00"))
    run_turn(world, "decides", utc("02-20 23:59"))
    assert (learned.said(), learned.noted()) == ({"anna": 0.1}, [("lapse", "02-21", 1)])


def test_a_turn_that_began_before_the_first_model_leaves_what_another_made_by_it(
    engine: Engine, learned: Models
) -> None:
    stage = Stage(engine, SPENDERS, SPENDERS.replace("spenders", "also"))
    bought(stage, "anna", "01-18 12:00")
    learned.fit("value", utc("02-20 10:00"))
    world = replace(stage.world, clock=lambda: utc("02-20 10:31"))
    run_turn(world, "spenders", utc("02-20 10:30"))
    said = learned.said("value")
    run_turn(world, "also", utc("02-20 09:59"))
    assert learned.said("value") == said != {}
    assert ("value", "02-20", 1) in learned.noted()
