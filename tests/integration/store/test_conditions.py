"""A condition means the same in Python on one customer and in SQL on all, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from loyaltyloop.journey import evaluate
from loyaltyloop.journey.condition import Condition
from loyaltyloop.journey.money import exponent
from loyaltyloop.journey.view import View
from loyaltyloop.store.database import write
from tests.integration.store.asking import (
    Question,
    answers_in_python,
    answers_in_sql,
    at_entry,
    holding_at_entry,
    holding_outside,
    numbered,
    store,
)
from tests.strategies.conditions import NOWS, conditions, instants, views


def assert_same(
    engine: Engine,
    people: Sequence[View],
    asked: Sequence[Condition],
    question: Question,
    currency: str = "GBP",
) -> None:
    """Python and SQL give the same answers; the database is empty afterwards."""
    people = [numbered(view, number) for number, view in enumerate(people, start=1)]
    with write(engine) as connection, connection.begin_nested() as undone:
        store(connection, people)
        found = answers_in_sql(connection, people, asked, question, currency)
        entering = holding_at_entry(connection, people, asked, currency)
        outside = holding_outside(connection, people, asked, currency)
        undone.rollback()
    wanted = answers_in_python(people, asked, question)
    for person, view in enumerate(people):
        for place, condition in enumerate(asked):
            what = (condition, view, question)
            assert found[person][place] == wanted[person][place], what
            assert entering[person][place] == evaluate.holds(condition, at_entry(view)), what
            assert outside[person][place] == evaluate.holds(condition, replace(view, enrolment=None)), what


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_python_and_sql_agree(engine: Engine, data: st.DataObject) -> None:
    now = data.draw(st.sampled_from(NOWS))
    currency = data.draw(st.sampled_from(["GBP", "JPY", "KWD"]))
    people = data.draw(st.lists(views(now, exponent(currency)), min_size=4, max_size=6))
    asked = data.draw(st.lists(conditions(now), min_size=8, max_size=12))
    maybe = st.none() | instants(now)
    question = data.draw(st.builds(Question, st.booleans(), maybe, maybe, st.booleans()))
    assert_same(engine, people, asked, question, currency)
