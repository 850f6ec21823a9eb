"""Shops with too little to learn from, through `loop train`: a declared fallback for each, never a crash."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, update

from loyaltyloop.cli import main
from loyaltyloop.journey.reading.reader import read_project
from loyaltyloop.scores.models.learners import LEARNERS
from loyaltyloop.scores.training.training import train
from loyaltyloop.store.database import is_postgres, write
from loyaltyloop.store.live.changes import apply
from loyaltyloop.store.models import Customer, Order, OrderLine
from tests.integration.scores.conftest import customer, line, table
from tests.integration.store.shop import feed, rows, track
from tests.integration.store.shops import SHOP

NOW = datetime(2010, 9, 16, 10, 30, tzinfo=UTC)
DAY = timedelta(days=1)
PRODUCTS = 100_000
Bought = list[tuple[int, str, datetime]]  # who, what, when


def no_orders() -> Bought:
    return []


def one_product() -> Bought:
    return [(who, "p", NOW - timedelta(days=who + 30 * again)) for who in range(1, 60) for again in range(8)]


def one_customer() -> Bought:
    return [(1, f"p{number % 9}", NOW - timedelta(days=3 * number + 1)) for number in range(100)]


def all_on_one_day() -> Bought:
    return [(who, f"p{(who + step) % 9}", NOW - 40 * DAY) for who in range(1, 200) for step in range(3)]


def ten_orders() -> Bought:
    return [(who, f"m{who * PRODUCTS // 11}", NOW - timedelta(days=20 * who)) for who in range(1, 11)]


SHOPS = {made.__name__: made() for made in (no_orders, one_product, one_customer, all_on_one_day, ten_orders)}
# What can be told all the same: everybody is likely to buy the one product that there is.
LEARNED = {("one_product", "recommend")}


@pytest.fixture
def project(tmp_path: Path, database_url: str, engine: Engine) -> Path:
    """A shop that is live, and knows nothing yet."""
    (tmp_path / ".env").write_text(f"LOOP_DATABASE_URL={database_url}\nLOOP_SECRET_KEY=made-up\n")
    apply(engine, read_project({"journeys/shop.yaml": SHOP}), NOW - 400 * DAY)
    return tmp_path


def fill(engine: Engine, bought: Bought) -> None:
    """Each in an order of its own."""
    people = [customer(who, "GB") for who in sorted({who for who, _, _ in bought})]
    numbered = enumerate(bought)
    lines = [line(f"o{number:04}", what, who, at, price=250) for number, (who, what, at) in numbered]
    with write(engine) as connection:
        for model, some in ((Customer, people), (OrderLine, lines)):
            if some:
                connection.execute(insert(table(model)), some)


def large_catalogue(engine: Engine) -> None:
    """Those that were bought are a part of it. (A million: `python -m benchmarks --scores`.)"""
    numbers = f"generate_series(0, {PRODUCTS - 1}) AS n(i)"
    if not is_postgres(engine):
        more = f"SELECT i + 1 FROM n WHERE i < {PRODUCTS - 1}"
        numbers = f"(WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL {more}) SELECT i FROM n)"
    made = f"SELECT 'm' || i, 'Thing ' || i, true FROM {numbers}"
    with write(engine) as connection:
        connection.exec_driver_sql(f"INSERT INTO product (product_id, name, in_stock) {made}")


@pytest.mark.parametrize("name", SHOPS)
def test_each_model_says_why_nothing_was_learned(
    project: Path, engine: Engine, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if name == "ten_orders":
        large_catalogue(engine)
    fill(engine, SHOPS[name])
    told = ran(project, capsys, "train", "--now", NOW.isoformat(), "--json")
    assert [one["model"] for one in told] == list(LEARNERS)
    for one in told:
        learned = (name, one["model"]) in LEARNED
        assert one["decision"] == ("first" if learned else "fallback"), one["why"]
        assert one["why"] and one["fallback"]
        assert one["version"] == (1 if learned else None)


def ran(project: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    capsys.readouterr()
    main(["--debug", "--project", str(project), *arguments])
    return json.loads(capsys.readouterr().out)


def test_what_no_turn_has_read_yet_is_read_first(
    project: Path, engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    """As after an import: else its days teach that nobody bought. What arrives later waits."""
    for day, order in ((NOW - DAY, "old"), (NOW, "fresh"), (NOW + DAY, "to come")):
        feed(engine, [track("ada", "Order Completed", day.isoformat(), order_id=order)])
    ran(project, capsys, "train", "--model", "lapse", "--now", NOW.isoformat(), "--json")
    assert [row.order_id for row in rows(engine, Order, "ordered_at")] == ["old", "fresh"]


def test_an_event_that_cannot_be_read_stops_no_training(
    engine: Engine, project: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(*_: object) -> None:
        raise ValueError("of somebody")

    monkeypatch.setattr("loyaltyloop.store.events.apply.learn", breaks)
    feed(engine, [track("ada", "Order Completed", NOW.isoformat(), order_id="o1")])
    assert train(engine, "lapse", NOW).decision == "fallback"
    assert [one.getMessage() for one in caplog.records] == ["an event could not be applied (ValueError)"]


@pytest.mark.parametrize("late", [True, False])
def test_a_history_that_was_heard_of_late_is_told(project: Path, engine: Engine, late: bool) -> None:
    """As one that was sent through the API: it looks like enough, and teaches nothing of its own days."""
    people = range(2, 60)
    fill(engine, [(who, "p", NOW - timedelta(days=who + 70 * again)) for who in people for again in range(3)])
    if late:
        with write(engine) as connection:
            connection.execute(update(table(OrderLine)).values(arrived_at=NOW - DAY / 24))
    found = train(engine, "lapse", NOW)
    told = "Of 174 orders 174 became known more than a day after they were placed" in found.why
    assert told is late


def test_the_words_for_it(project: Path, engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    fill(engine, one_product())
    main(["--project", str(project), "train", "--now", NOW.isoformat()])
    out = capsys.readouterr().out
    assert (
        "recommend: version 1 is live, the first\n  No version was live, and by NDCG@10 it is as good as"
        in out
    )
    assert "lapse: no version is live: lapse is unknown, and" in out
    assert "  Nothing was learned, because without the newest 90 days, which it would be judged by, " in out
    main(["--project", str(project), "train", "--back", "--now", NOW.isoformat()])
    assert capsys.readouterr().out.splitlines()[:2] == [
        "recommend: version 1 is taken back; there is no former one: "
        "'from: best' mixes what is counted (docs/recommending.md).",
        "lapse: no version was live, so nothing was taken back.",
    ]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["--model", "laps"], "There is no model 'laps'. Did you mean 'lapse'?"),
        (["--now", "9990-01-01"], "--now: '9990-01-01' is still to come. Leave it out for the present."),
        (["--back", "--now", "9990-01-01"], "--now: '9990-01-01' is still to come."),
    ],
)
def test_what_is_refused(
    project: Path, asked: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(["--project", str(project), "train", *asked])
    assert left.value.code == 2
    assert told in capsys.readouterr().err
