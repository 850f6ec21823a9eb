"""A model is fitted, judged, and taken if it is not worse: on both databases, with one that costs nothing."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Table, insert, select, update

from loyaltyloop.errors import TrainingAtWork, UserError
from loyaltyloop.journey.reading.reader import read_project
from loyaltyloop.scores.models import learners, live
from loyaltyloop.scores.models.learners import Known
from loyaltyloop.scores.purchases.past import Floats
from loyaltyloop.scores.training.training import Outcome, train
from loyaltyloop.store.database import read, write
from loyaltyloop.store.live.changes import apply
from loyaltyloop.store.models import Customer, FittedModel, Order, OrderLine
from loyaltyloop.store.predictions import fitted as records
from loyaltyloop.store.predictions.fitted import live_version, take_back, training_lock, versions
from tests.integration.scores.conftest import customer, line, order
from tests.integration.scores.toys import Rate, Toy
from tests.integration.store.shops import SHOP

NOW = datetime(2010, 9, 16, 10, 30, tzinfo=UTC)
DAY = timedelta(days=1)
fitted: Table = FittedModel.__table__  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The toy is among the models, and nothing is remembered of other tests."""
    monkeypatch.setitem(learners.LEARNERS, "toy", "tests.integration.scores.toys:Toy")
    monkeypatch.setattr(live, "_loaded", {})
    monkeypatch.setattr(live, "_unreadable", set())


@pytest.fixture
def shop(engine: Engine) -> Engine:
    """Sixty customers: each orders twice, a third of them in the last thirty days."""
    apply(engine, read_project({"journeys/shop.yaml": SHOP}), NOW - 300 * DAY)
    with write(engine) as connection:
        connection.execute(insert(Customer.__table__), [customer(who, "GB") for who in range(1, 61)])  # type: ignore[attr-defined]
    feed(engine, 0, [(who, NOW - (40 + who) * DAY) for who in range(1, 61)])
    feed(engine, 100, [(who, NOW - (1 + who % 3 * 20) * DAY) for who in range(1, 61)])
    return engine


def feed(engine: Engine, first: int, orders: list[tuple[int, datetime]]) -> None:
    """Orders of one product each: who and when."""
    numbered = [(f"o{first + place:04}", who, at) for place, (who, at) in enumerate(orders)]
    with write(engine) as connection:
        connection.execute(insert(Order.__table__), [order(*one) for one in numbered])  # type: ignore[attr-defined]
        lines = [line(number, f"p{who % 7}", who, at) for number, who, at in numbered]
        connection.execute(insert(OrderLine.__table__), lines)  # type: ignore[attr-defined]


def trained(engine: Engine, now: datetime = NOW) -> Outcome:
    return train(engine, "toy", now)


def rows(engine: Engine) -> list[Any]:
    with read(engine) as connection:
        return list(connection.execute(select(fitted).order_by(fitted.c.version)))


def test_the_first_is_live_from_its_instant_on(shop: Engine) -> None:
    found = trained(shop)
    assert (found.decision, found.version) == ("first", 1)
    assert found.why.startswith("no version was live, and by Brier score it is better than nobody comes: +0.")
    assert found.card
    assert found.card.trained_on.customers == 60
    assert found.card.judgement.people == 60
    with read(shop) as connection:
        assert live.live_model(connection, "toy", NOW - timedelta(microseconds=1)) is None
        loaded = live.live_model(connection, "toy", NOW)
        assert loaded
        assert loaded.version.card["why"] == found.why
        assert live.live_model(connection, "toy", NOW + DAY).model is loaded.model  # type: ignore[union-attr]


def test_twice_is_the_same_model_to_the_byte_and_no_new_version(shop: Engine) -> None:
    trained(shop)
    again = trained(shop)
    assert (again.decision, again.version) == ("same", 1)
    assert len(rows(shop)) == 1
    first = rows(shop)[0]
    with write(shop) as connection:
        connection.execute(fitted.delete())
    trained(shop)
    assert (rows(shop)[0].content, rows(shop)[0].judged) == (first.content, first.judged)


def test_a_newer_one_that_is_not_worse_takes_its_place_and_can_be_taken_back(shop: Engine) -> None:
    trained(shop, NOW - DAY)
    found = trained(shop)
    assert (found.decision, found.version) == ("replaced", 2)
    assert found.why.startswith("by Brier score it is not worse than version 1: ")
    with read(shop) as connection:
        before = live_version(connection, "toy", NOW - timedelta(seconds=1))
        assert before
        assert before.version == 1  # a walk through the past meets the model of that time
    with write(shop) as connection:
        withdrawn, then = take_back(connection, "toy", NOW)
        assert (withdrawn and withdrawn.version, then and then.version) == (2, 1)
        withdrawn, then = take_back(connection, "toy", NOW)
        assert (withdrawn and withdrawn.version, then) == (1, None)
        assert take_back(connection, "toy", NOW) == (None, None)


def test_a_worse_one_is_refused_and_its_card_kept(shop: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    trained(shop, NOW - DAY)
    monkeypatch.setattr(Toy, "error", 1.0)
    found = trained(shop)
    assert (found.decision, found.version) == ("kept", 1)
    assert found.why.startswith("by Brier score it is worse than version 1: -0.")
    assert [(row.state, bool(row.content)) for row in rows(shop)] == [("live", True), ("refused", False)]
    assert rows(shop)[1].card["why"] == found.why


def test_the_first_must_not_be_behind_the_simple_method(
    shop: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Toy, "error", 2.0)
    found = trained(shop)
    assert (found.decision, found.version) == ("fallback", None)
    assert "it is behind nobody comes: -" in found.why


def test_too_little_to_learn_from_is_said_and_leaves_what_is_live(engine: Engine) -> None:
    with pytest.raises(UserError, match="Nothing is live yet"):
        trained(engine)
    apply(engine, read_project({"journeys/shop.yaml": SHOP}), NOW - 300 * DAY)
    found = trained(engine)
    assert (found.decision, found.version) == ("fallback", None)
    assert found.why.endswith(", fewer than 3 customers have ordered")
    assert rows(engine) == []


def test_whoever_dies_in_the_middle_has_changed_nothing(
    shop: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained(shop, NOW - DAY)
    before = rows(shop)
    url = shop.url.render_as_string(hide_password=False)
    done = subprocess.run(
        [sys.executable, "-c", DYING, url, NOW.isoformat()], cwd=Path(__file__).parents[3], check=False
    )
    assert done.returncode == -9
    assert rows(shop) == before
    assert trained(shop).decision == "replaced"  # its lock died with it


DYING = """
import os, signal, sys
from datetime import datetime
from loyaltyloop.scores.models.learners import LEARNERS
from loyaltyloop.scores.training.training import train
from loyaltyloop.store.database import open_engine

LEARNERS["toy"] = "tests.integration.scores.toys:Toy"
def tell(what, share):
    if what == "saving":
        os.kill(os.getpid(), signal.SIGKILL)
train(open_engine(sys.argv[1]), "toy", datetime.fromisoformat(sys.argv[2]), tell)
"""


def test_two_trainings_at_once(shop: Engine) -> None:
    with training_lock(shop, "toy"), pytest.raises(TrainingAtWork, match="Another training of 'toy'"):
        trained(shop)
    assert trained(shop).decision == "first"


def test_what_is_taken_back_while_the_next_one_is_fitted_is_not_replaced_by_it(shop: Engine) -> None:
    """It was judged beside what is live no more."""
    trained(shop)

    def tell(what: str, _share: float) -> None:
        if what == "fitting with all":
            with write(shop) as connection:
                take_back(connection, "toy", NOW)

    with pytest.raises(TrainingAtWork, match="Version 1 of 'toy' was taken back meanwhile; train again"):
        train(shop, "toy", NOW + DAY, tell)
    assert [row.state for row in rows(shop)] == ["withdrawn"]
    assert trained(shop, NOW + DAY).decision == "first"


def test_bytes_that_are_not_those_that_were_saved(shop: Engine, caplog: pytest.LogCaptureFixture) -> None:
    trained(shop)
    with write(shop) as connection:
        connection.execute(update(fitted).values(content=b"PK\x03\x04 something else", judged=b"else"))
    for _ in range(3):
        with read(shop) as connection:
            assert live.live_model(connection, "toy", NOW) is None
    assert [record.getMessage() for record in caplog.records] == [
        "version 1 of toy cannot be read: its bytes are not those that were saved"
    ], "it is said once"
    found = trained(shop, NOW + DAY)
    assert (found.decision, found.version) == ("replaced", 2)
    assert found.why.startswith("version 1 cannot be judged beside it, and by Brier score")


def test_a_live_version_with_a_card_of_another_release_keeps_no_newer_one_out(shop: Engine) -> None:
    trained(shop)
    with write(shop) as connection:
        connection.execute(update(fitted).values(card={"judgement": {}}))
    assert trained(shop, NOW + DAY).why.startswith("version 1 cannot be judged beside it, and by Brier score")


def test_a_live_version_that_breaks_when_it_is_judged_keeps_no_newer_one_out(
    shop: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    trained(shop)
    monkeypatch.setattr(Toy, "load", lambda *_: Broken(0.5))
    found = trained(shop, NOW + DAY)
    assert (found.decision, found.version) == ("replaced", 2)
    assert found.why.startswith("version 1 cannot be judged beside it, and by Brier score")
    assert [record.getMessage() for record in caplog.records] == [
        "version 1 of toy broke when it was judged (ZeroDivisionError), and the new one is judged without it"
    ]


class Broken(Rate):
    def score(self, known: Known) -> Floats:
        raise ZeroDivisionError


def test_versions_of_long_ago_are_forgotten(shop: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "KEPT", 2)
    for back in (4, 3, 2, 1):
        assert trained(shop, NOW - back * DAY).decision in ("first", "replaced")
    with read(shop) as connection:
        assert [one.version for one in versions(connection, "toy")] == [4, 3]


def test_who_trains_for_days_gone_by_keeps_what_is_live_today(
    shop: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "KEPT", 2)
    trained(shop)
    for back in (4, 3, 2):
        assert trained(shop, NOW - back * DAY).decision in ("first", "replaced")
    with read(shop) as connection:
        assert [one.version for one in versions(connection, "toy")] == [4, 3, 1]
        today = live_version(connection, "toy", NOW)
        assert today
        assert today.version == 1


def test_what_is_refused_twice_is_on_record_once(shop: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    trained(shop, NOW - DAY)
    monkeypatch.setattr(Toy, "error", 1.0)
    assert [trained(shop).decision for _ in range(2)] == ["kept", "kept"]
    assert [row.state for row in rows(shop)] == ["live", "refused"]
    assert trained(shop, NOW + DAY).decision == "kept"
    assert [row.state for row in rows(shop)] == ["live", "refused", "refused"]


def test_of_what_is_refused_each_night_the_last_stay(shop: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "KEPT", 2)
    monkeypatch.setattr(Toy, "error", 2.0)
    for back in (4, 3, 2, 1):
        assert trained(shop, NOW - back * DAY).decision == "fallback"
    assert [(row.version, row.state) for row in rows(shop)] == [(3, "refused"), (4, "refused")]
