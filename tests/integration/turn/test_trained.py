"""A journey entered and left by what a trained model says, in a shop whose customers come and go."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import Engine, insert, select

from loyaltyloop.scores.models.learners import Fallback, learner
from loyaltyloop.scores.models.live import live_model
from loyaltyloop.scores.models.predictions import day_of, due, foretell, keep
from loyaltyloop.scores.models.scoring import Asking, Told, numbers_of, score
from loyaltyloop.scores.purchases.reading import read_known
from loyaltyloop.scores.training.training import train
from loyaltyloop.store.database import read, write, write_shop
from loyaltyloop.store.models import Customer, Order, OrderLine
from loyaltyloop.store.predictions.fitted import LIVE, Made, save
from tests.integration.scores.conftest import customer, line, order, table
from tests.integration.turn.learned import Models
from tests.integration.turn.stage import Stage
from tests.reference.staging import ENROLMENT
from tests.unit.scores.returning.shops import AS_OF, lively

JOURNEY = """
    journey: won_back
    about: Whoever is about to be lost.
    enter: {when: {predicted: {lapse: {over: 0.7}}}, again: after 90 days}
    leave_when: {safe: {predicted: {lapse: {under: 0.5}}}}
    steps:
      - wait: 200 days
      - send: hello
        template: test/hello
"""
DAYS = 3


@pytest.fixture
def stage(engine: Engine) -> Stage:
    """A year of 150 customers, as rows."""
    stage = Stage(engine, JOURNEY)
    lines, _ = lively(people=150)
    made = [(f"o{place:05}", one.who, AS_OF - timedelta(days=one.ago)) for place, one in enumerate(lines)]
    with write(engine) as connection:
        connection.execute(insert(table(Customer)), [customer(who, "GB") for who in range(1, 151)])
        connection.execute(insert(table(Order)), [order(*one) for one in made])
        sold = [
            line(number, one.product, who, at, price=round(one.price * 100))
            for one, (number, who, at) in zip(lines, made, strict=True)
        ]
        connection.execute(insert(table(OrderLine)), sold)
    return stage


def at_once(engine: Engine, as_of: datetime) -> dict[int, float]:
    """What the model says of everybody, asked in one piece."""
    with read(engine) as connection:
        live = live_model(connection, "lapse", as_of)
        assert live is not None
        return numbers_of("lapse", live, read_known(connection, as_of, "GBP"))


def kept(engine: Engine) -> dict[int, float]:
    """What is on record of everybody."""
    return {int(key.removeprefix("c")): value for key, value in Models(engine).said().items()}


def inside(engine: Engine) -> dict[int, str]:
    """Customer → why they left, or that they are inside; of the last enrolment."""
    e = ENROLMENT.c
    with read(engine) as connection:
        rows = connection.execute(select(e.customer_id, e.reason, e.state).order_by(e.id))
        return {row.customer_id: row.reason or row.state for row in rows}


def test_customers_enter_and_leave_by_a_model_that_was_trained(engine: Engine, stage: Stage) -> None:
    outcome = train(engine, "lapse", AS_OF)
    assert outcome.version == 1, outcome.why
    said: dict[int, float] = {}
    known: dict[int, str] = {}
    for number in range(DAYS):
        now = AS_OF + timedelta(days=number, hours=9)
        stage.turn(f"{now:%Y-%m-%d %H:%M}")
        said = at_once(engine, day_of(now))
        assert kept(engine) == said
        for who, lapse in said.items():
            if known.get(who) == "waiting" and lapse < 0.5:
                known[who] = "safe"
            elif lapse > 0.7 and who not in known:
                known[who] = "waiting"
        assert inside(engine) == known
        buys_again(engine, min(who for who in known if known[who] == "waiting"), now)
    assert "safe" in known.values()
    assert 10 < len(known) < 140
    numbers = np.array(list(said.values()))
    assert numbers.min() < 0.3 < 0.8 < numbers.max()


def buys_again(engine: Engine, who: int, now: datetime) -> None:
    """An order each day of a week past, so that nobody takes them for lost any more."""
    made = [(f"n{who}-{now:%d}-{place}", who, now - timedelta(hours=place)) for place in range(8)]
    with write(engine) as connection:
        connection.execute(insert(table(Order)), [order(*one) for one in made])
        connection.execute(
            insert(table(OrderLine)), [line(number, "p1", one, at) for number, one, at in made]
        )


def test_in_batches_they_are_what_they_are_at_once(engine: Engine, stage: Stage) -> None:
    train(engine, "lapse", AS_OF)
    with read(engine) as connection:
        what = due(connection, "lapse", AS_OF, AS_OF)
        assert what is not None
    keep(lambda: write_shop(engine), [what], foretell(lambda: read(engine), [what], "GBP", batch=7), {})
    assert kept(engine) == at_once(engine, AS_OF)


@pytest.mark.parametrize("name", ["lapse", "value", "refill"])
def test_nothing_is_known_of_who_has_bought_nothing(engine: Engine, stage: Stage, name: str) -> None:
    with write(engine) as connection:
        found = learner(name).fit(read_known(connection, AS_OF, "GBP"), 1)
        assert not isinstance(found, Fallback), found
        save(connection, Made(name, AS_OF, found.pack(), b"", {}), AS_OF, LIVE)
        connection.execute(insert(table(Customer)), [customer(who, "GB") for who in (151, 152)])
    with read(engine) as connection:
        new = [Asking(1, 151), Asking(2, 152, ("p1", "p9999"))]
        assert score(connection, name, new, "GBP", AS_OF) == Told(1, {})
        mixed = score(connection, name, [*new, Asking(3, 1), Asking(4, 1, ("p9999",))], "GBP", AS_OF)
    assert mixed.numbers.keys() <= {3, 4}
    assert mixed.numbers.get(3) == mixed.numbers.get(4)
