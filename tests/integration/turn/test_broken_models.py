"""A model that breaks when it is asked stops nobody: it counts as not there, and that is said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from loyaltyloop.doctor.scores import look
from loyaltyloop.scores.models import predictions, scoring
from loyaltyloop.scores.models.learners import Known
from loyaltyloop.scores.models.predictions import foretell, keep
from loyaltyloop.store.database import read, write, write_shop
from loyaltyloop.store.live.versions import load_newest, load_shop
from loyaltyloop.store.predictions.fitted import take_back
from tests.integration.turn.learned import Models, models
from tests.integration.turn.stage import Stage, utc
from tests.integration.turn.test_predicting import SPLIT, WIN_BACK, bought
from tests.integration.turn.test_scoring import RISK, numbers


@pytest.fixture
def learned(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Models]:
    with models(engine, monkeypatch) as found:
        yield found


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if "broke" in record.getMessage()]


def test_a_turn_goes_on_without_it_until_the_former_is_taken_back(
    engine: Engine, learned: Models, caplog: pytest.LogCaptureFixture
) -> None:
    stage = Stage(engine, SPLIT)
    learned.fit("lapse", utc("01-01 00:00"))
    learned.fit("lapse", utc("01-02 00:00"), times=5)
    bought(stage, "anna", "02-10 12:00")
    stage.did("anna", "Signed Up", "02-20 08:00")
    learned.made["lapse"].breaks.append(IndexError("of anna@example.org"))
    stage.turn("02-20 09:00")
    assert stage.ends() == [("anna", "left: unknown")]
    assert (learned.said(), learned.noted()) == ({}, [])
    said = (
        "version 2 of lapse broke when it was asked (IndexError), and counts as not there; "
        "`loop train --back --model lapse` goes back to the former version"
    )
    assert warnings(caplog) == [said]
    stage.turn("02-21 09:00")
    assert (len(learned.made["lapse"].asked), warnings(caplog)) == (1, [said]), "it is asked no more"
    with read(engine) as connection:
        journey, shop = load_newest(connection, "decides").journey, load_shop(connection)
        (found,) = look(connection, [journey], shop, utc("02-21 09:00"))
    assert (found.level, found.what) == (
        "wrong",
        "version 2 of lapse, fitted on what was known before 2026-01-02, broke when it was asked "
        "(IndexError), and counts as not there",
    )
    assert found.remedy.startswith("`loop train --back --model lapse` goes back to the former version; ")
    with write(engine) as connection:
        take_back(connection, "lapse", utc("02-21 10:00"))
    stage.turn("02-21 11:00")
    assert learned.said() == {"anna": 0.1}


def test_nothing_is_left_of_one_that_breaks_on_the_way(engine: Engine, learned: Models) -> None:
    stage = Stage(engine, WIN_BACK)
    learned.fit("lapse", utc("01-01 00:00"))
    for who in ("anna", "ben"):
        bought(stage, who, "01-18 12:00")
    stage.turn("02-19 09:00")
    assert (learned.said(), stage.ends()) == (
        {"anna": 0.31, "ben": 0.31},
        [
            ("anna", "waiting at enter.wait"),
            ("ben", "waiting at enter.wait"),
        ],
    )
    with read(engine) as connection:
        what = predictions.due(connection, "lapse", utc("02-20 09:00"), utc("02-20 09:00"))
    assert what is not None

    def breaks() -> Iterator[predictions.Said]:
        told = foretell(lambda: read(engine), [what], "GBP", batch=1)
        yield next(told)
        learned.made["lapse"].breaks.append(ZeroDivisionError())
        yield from told

    keep(lambda: write_shop(engine), [what], breaks(), {})
    assert (learned.said(), learned.noted()) == ({}, [])
    stage.turn("02-20 09:00")
    assert learned.said() == {}


@pytest.mark.parametrize("wrong", [ValueError("no such shape"), RecursionError(), KeyError(7)])
def test_a_score_step_keeps_that_it_is_unknown(engine: Engine, learned: Models, wrong: Exception) -> None:
    stage = Stage(engine, RISK)
    learned.fit("lapse", utc("01-01 00:00"))
    bought(stage, "anna", "02-10 12:00")
    stage.did("anna", "Signed Up", "03-11 12:00")
    learned.made["lapse"].breaks.append(wrong)
    stage.turn("03-11 12:30")
    assert numbers(engine) == {"anna": {"model": "lapse", "version": None, "number": None}}
    assert stage.ends() == [("anna", "left: unknown")]


def test_a_machine_without_memory_sets_no_model_aside(engine: Engine, learned: Models) -> None:
    """It is no mistake of the model: the turn fails, and the next one asks again."""
    stage = Stage(engine, SPLIT)
    learned.fit("lapse", utc("01-01 00:00"))
    bought(stage, "anna", "02-10 12:00")
    learned.made["lapse"].breaks.append(MemoryError())
    with pytest.raises(MemoryError):
        stage.turn("02-20 09:00")
    stage.turn("02-20 09:01")
    assert learned.said() == {"anna": 0.09}


def test_a_dry_run_goes_on_too_and_leaves_no_word_of_it(engine: Engine, learned: Models) -> None:
    stage = Stage(engine, SPLIT)
    learned.fit("lapse", utc("01-01 00:00"))
    bought(stage, "anna", "02-10 12:00")
    stage.turn("02-11 09:00")
    learned.made["lapse"].breaks.append(IndexError())
    stage.run("decides", "02-20 09:00", dry_run=True)
    assert learned.noted() == [("lapse", "02-11", 1)]
    stage.turn("02-20 10:00")
    assert learned.said() == {"anna": 0.09}


def test_one_that_breaks_stops_no_other_and_purchases_are_read_once_for_all(
    engine: Engine, learned: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[list[str]] = []
    known_of = scoring.known_of

    def noting(*asked: Any) -> Known:
        reads.append(sorted(asked[1]))
        return known_of(*asked)

    monkeypatch.setattr(predictions, "known_of", noting)
    stage = Stage(engine, SPLIT.replace("{lapse: {over: 0.3}}", "{lapse: {over: 0.3}, value: {over: 9}}"))
    for name in ("lapse", "value"):
        learned.fit(name, utc("01-01 00:00"))
    bought(stage, "anna", "02-10 12:00")
    learned.made["lapse"].breaks.append(IndexError())
    stage.turn("02-20 09:00")
    assert (learned.said(), learned.said("value")) == ({}, {"anna": 25.0})
    assert reads == [["lapse", "value"]]
