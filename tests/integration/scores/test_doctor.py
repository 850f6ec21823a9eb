"""What the doctor says of the models that live journeys ask."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import Engine, Table, update

from loyaltyloop.doctor.scores import asked, look
from loyaltyloop.journey.model import Journey
from loyaltyloop.journey.reading.reader import read_project
from loyaltyloop.scores.models import learners, live
from loyaltyloop.scores.models.artifact import pack
from loyaltyloop.store.database import read, write
from loyaltyloop.store.models import FittedModel
from loyaltyloop.store.predictions.fitted import LIVE, REFUSED, Made, save
from tests.integration.scores.conftest import SHOP
from tests.integration.scores.toys import Toy
from tests.integration.store.shops import SHOP as SHOP_FILE

NOW = datetime(2026, 5, 1, tzinfo=UTC)
DAY = timedelta(days=1)
fitted: Table = FittedModel.__table__  # type: ignore[attr-defined]
ASKING = """
journey: asking
about: Asks a model.
enter: {event: Signed Up}
steps:
  - recommend: picks
    from: best
  - score: risk
    model: lapse
  - branch: lost
    paths:
      yes: {when: {predicted: {value: {over: 10}}}, steps: []}
      no: {}
"""


@pytest.fixture
def journeys(monkeypatch: pytest.MonkeyPatch) -> list[Journey]:
    """One that asks a model for each of the three reasons; all models are the toy."""
    names = ("recommend", "lapse", "value")
    monkeypatch.setattr(learners, "LEARNERS", dict.fromkeys(names, "tests.integration.scores.toys:Toy"))
    monkeypatch.setattr(live, "_loaded", {})
    reading = read_project({"journeys/shop.yaml": SHOP_FILE, "journeys/asking.yaml": ASKING})
    return list(reading.journeys.values())


def fit(engine: Engine, name: str, as_of: datetime, state: str = LIVE) -> None:
    content = pack({"chance": np.array([0.5])}, {"kind": "rate"})
    with write(engine) as connection:
        save(connection, Made(name, as_of, content, content, {}), as_of, state)


def test_missing_fresh_stale_refused_and_broken(engine: Engine, journeys: list[Journey]) -> None:
    assert asked(journeys, SHOP) == {"lapse": ["asking"], "recommend": ["asking"], "value": ["asking"]}
    assert told(engine, journeys)["lapse"] == ("note", "no version of lapse is live, asked by asking")
    for name, days in (("lapse", 1), ("recommend", 8), ("value", 8)):
        fit(engine, name, NOW - days * DAY)
    fit(engine, "value", NOW - DAY, REFUSED)
    found = told(engine, journeys)
    known = "fitted on what was known before 2026-04-"
    assert found["lapse"] == ("good", f"version 1 of lapse, {known}30, is live, asked by asking")
    assert found["recommend"] == ("wrong", f"version 1 of recommend, {known}23, is still live")
    assert found["value"][0] == "note"
    assert found["value"][1].endswith("is still live: what was fitted since was refused")
    with write(engine) as connection:
        connection.execute(update(fitted).values(content=b"", digest="of something else"))
    assert told(engine, journeys)["lapse"][1].endswith("cannot be read")


def told(engine: Engine, journeys: list[Journey]) -> dict[str, tuple[str, str]]:
    with read(engine) as connection:
        found = list(look(connection, journeys, SHOP, NOW))
    assert all(Toy.fallback in one.remedy for one in found if "no version" in one.what)
    return {
        name: (one.level, one.what) for one, name in zip(found, ("lapse", "recommend", "value"), strict=True)
    }
