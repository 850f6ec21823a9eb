"""What `loop explain` tells of predictions: what holds now, by which version, and what was taken back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, select

from loyaltyloop.cli.explain import as_document
from loyaltyloop.cli.story import story
from loyaltyloop.store.database import read, write
from loyaltyloop.store.predictions.fitted import take_back
from loyaltyloop.store.telling.history import History, load_history
from tests.integration.turn.learned import Models, customer, models
from tests.integration.turn.stage import Stage, utc
from tests.integration.turn.test_predicting import SPLIT, WIN_BACK, bought


@pytest.fixture
def learned(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Models]:
    with models(engine, monkeypatch) as found:
        yield found


def test_explain_tells_what_is_predicted_and_by_which_version(engine: Engine, learned: Models) -> None:
    stage = Stage(engine, SPLIT, WIN_BACK.replace("{lapse: {over: 0.3}}", "{value: {over: 30}}"))
    for name in ("lapse", "value"):
        learned.fit(name, utc("01-01 00:00"))
    bought(stage, "anna", "02-10 12:00")
    stage.turn("02-20 09:00")
    history = told_of(engine, "anna")
    assert "Predicted: lapse 0.09 (version 1), value 25 (version 1)" in story(history)
    said = {"as_of": "2026-02-20T00:00:00+00:00", "version": 1, "taken_back": False}
    assert as_document(history)["predicted"] == [
        {"model": "lapse", "value": 0.09} | said,
        {"model": "value", "value": 25.0} | said,
    ]


def told_of(engine: Engine, who: str) -> History:
    """What `loop explain` tells of a customer."""
    with read(engine) as connection:
        number = connection.execute(select(customer.c.id).where(customer.c.key == who)).scalar_one()
        return load_history(connection, number)


def test_explain_tells_of_what_is_taken_back_that_it_is(engine: Engine, learned: Models) -> None:
    """No turn has forgotten it yet; and what the former version says is what that says."""
    stage = Stage(engine, SPLIT)
    learned.fit("lapse", utc("01-01 00:00"))
    bought(stage, "anna", "02-10 12:00")
    stage.turn("02-20 09:00")
    learned.fit("lapse", utc("02-21 00:00"))
    with write(engine) as connection:
        take_back(connection, "lapse", utc("02-20 10:00"))
    assert "Predicted: lapse 0.09 (version 1, taken back: gone or anew in the next turn)" in story(
        told_of(engine, "anna")
    )
    stage.turn("02-21 09:00")
    assert "Predicted: lapse 0.1 (version 2)" in story(told_of(engine, "anna"))
