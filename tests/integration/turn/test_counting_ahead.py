"""What is counted over all customers is counted before a step's transaction, once, and for its own time."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Table, insert, select

from loyaltyloop.scores.recommending import sides
from loyaltyloop.scores.recommending.figures import Lists
from loyaltyloop.scores.recommending.learned import MODEL
from loyaltyloop.scores.recommending.once import Rows, only_reads
from loyaltyloop.scores.recommending.sides import KIND, Side
from loyaltyloop.store.database import read, write
from loyaltyloop.store.models import Figure, Product
from loyaltyloop.store.predictions.fitted import LIVE, Made, save
from loyaltyloop.turn.runner import tick
from tests.integration.scores.test_learned import ranker
from tests.integration.turn.stage import DAYTIME, Stage, utc

JOURNEY = dedent("""
    journey: picked
    about: Products at their hour.
    enter: {event: Signed Up}
    leave_when: {gone: {did: Left}}
    steps:
      - recommend: picks
        products: 3
      - send: hello
        template: test/hello
        at: best
    """)
COUNTED = {"together", "looked", "category", "trending", "popular_here", "bestsellers", "new", "hours", KIND}
figure: Table = Figure.__table__  # type: ignore[attr-defined]
product: Table = Product.__table__  # type: ignore[attr-defined]


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """Kinds as they are counted, and each time: by a connection that only reads?"""
    found: list[tuple[str, bool]] = []
    for once in (Lists, Side):
        count = once.rows

        def rows(self: Any, connection: Connection, count: Any = count) -> Rows:
            found.append((self.kind, only_reads(connection)))
            told: Rows = count(self, connection)
            return told

        monkeypatch.setattr(once, "rows", rows)
    return found


@pytest.fixture
def stage(engine: Engine) -> Stage:
    """Somebody who bought something, in a shop that ranks by a model and tries things out."""
    content = ranker().pack()
    with write(engine) as connection:
        rows = [{"product_id": name, "name": name, "in_stock": True} for name in "abcdef"]
        connection.execute(insert(product), rows)
        save(connection, Made(MODEL, utc("01-31 00:00"), content, content, {}), utc("01-31 00:00"), LIVE)
    stage = Stage(engine, JOURNEY, shop=f"{DAYTIME}\nrecommendations: {{explore: 40%}}\n")
    stage.knows("ada", "bob", "cyd")
    stage.did("ada", "Order Completed", "02-03 10:00", order_id="1", products=[{"product_id": "a"}])
    sides._loaded.clear()
    return stage


def test_no_step_counts_while_others_wait(stage: Stage, counting: list[tuple[str, bool]]) -> None:
    stage.turn("03-02 09:00")
    assert counting == []  # nobody is there
    stage.did("ada", "Signed Up", "03-02 09:00")
    stage.turn("03-02 09:15")
    assert sorted(counting) == [(kind, True) for kind in sorted(COUNTED)]
    stage.did("bob", "Signed Up", "03-02 10:00")
    stage.turn("03-02 10:15")
    assert len(counting) == len(COUNTED)
    stage.turn("03-03 10:15")
    assert len(counting) == len(COUNTED)
    stage.did("cyd", "Signed Up", "03-03 11:00")
    stage.turn("03-03 11:15")
    assert sorted(counting[len(COUNTED) :]) == [(KIND, True), ("new", True), ("trending", True)]


def test_a_dry_run_counts_before_it_begins_and_leaves_nothing_of_it(
    engine: Engine, stage: Stage, counting: list[tuple[str, bool]]
) -> None:
    stage.did("ada", "Signed Up", "03-02 09:00")
    stage.run("picked", "03-02 09:15", dry_run=True)
    assert sorted(counting) == [(kind, True) for kind in sorted(COUNTED)] and days(engine) == []
    stage.turn("03-02 09:15")
    stage.did("bob", "Signed Up", "03-02 10:00")
    stage.run("picked", "03-02 10:15", dry_run=True)
    assert len(counting) == 2 * len(COUNTED)


def test_what_was_counted_for_a_time_to_come_is_counted_anew(engine: Engine, stage: Stage) -> None:
    """A turn at a later day knows nothing of what is bought until then; the present is not misled by it."""
    stage.did("ada", "Signed Up", "03-02 20:00")
    stage.run("picked", "03-03 09:00", customers=("ada",))  # which moves no cursor
    assert days(engine) == ["03-02", "03-03"]  # by the week, and by the day
    stage.did("bob", "Signed Up", "03-02 20:00")
    present = utc("03-02 20:15")
    tick(replace(stage.world, clock=lambda: present), present)
    assert days(engine) == ["03-02"]


def days(engine: Engine) -> list[str]:
    """Of which days and weeks something is counted."""
    with read(engine) as connection:
        found = connection.execute(select(figure.c.as_of).distinct().order_by(figure.c.as_of)).scalars()
        return [f"{one:%m-%d}" for one in found]
