"""A condition means the same in Python on one customer and in SQL on all, on both databases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.conditions import evaluate
from loyaltyloop.journey.conditions.condition import (
    About,
    Ago,
    Between,
    Check,
    Compare,
    Condition,
    Has,
    Known,
    OneOf,
    Op,
    Scalar,
    Timed,
    Where,
)
from loyaltyloop.journey.conditions.view import Enrolled, View
from loyaltyloop.journey.money import exponent
from loyaltyloop.store.database import write
from tests.integration.store.asking import (
    Question,
    answers_in_python,
    answers_in_sql,
    at_entry,
    holding_at_entry,
    holding_outside,
)
from tests.integration.store.writing import numbered, store
from tests.strategies.conditions import conditions
from tests.strategies.customers import views
from tests.strategies.values import DATES, DECIMALS, MONEY, NOWS, NUMBERS, TEXTS, instants
from tests.unit.journey.case import Case
from tests.unit.journey.condition_cases import CASES

NOW = NOWS[0]
MONTH = Duration.of("1 month")


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


def assert_same_outside(engine: Engine, people: Sequence[View], asked: Sequence[Condition]) -> None:
    """The same of people in no journey."""
    people = [numbered(view, number) for number, view in enumerate(people, start=1)]
    with write(engine) as connection, connection.begin_nested() as undone:
        store(connection, people)
        found = holding_outside(connection, people, asked, "GBP")
        undone.rollback()
    for person, view in enumerate(people):
        for place, condition in enumerate(asked):
            assert found[person][place] == evaluate.holds(condition, view), (condition, view)


def checks_of(scalars: Iterable[Scalar]) -> list[Check]:
    """Every check with every scalar."""
    ops: tuple[Op, ...] = ("is", "not", "over", "under", "at_least", "at_most", "contains")
    found: list[Check] = [Known(True), Known(False), OneOf(()), OneOf(("a", 1, True)), Has(Where())]
    found += [Timed(end, value) for end in ("before", "after") for value in (*DATES, NOW, Ago(MONTH, -1))]
    for scalar in scalars:
        found += [Compare(op, scalar) for op in ops]
        found += [Between(0, scalar), Between("a", scalar), Has(scalar), OneOf((scalar, "b"))]
        found += [Has(Where((("b", (Compare("is", scalar),)),)))]
    return found


def plain(now: datetime, **attributes: Any) -> View:
    """A customer of whom nothing is known but these attributes."""
    enrolment = Enrolled(id=1, entered_at=now, arrived_at=now, arrivals={"hello": now})
    return View(now, "Europe/London", attributes=attributes, enrolment=enrolment)


def test_the_cases(engine: Engine) -> None:
    ways: dict[tuple[Question, int], list[Case]] = defaultdict(list)
    for case in CASES:
        ways[Question(False, case.until, case.deadline, case.since_given), case.view.exponent].append(case)
    for (question, decimals), cases in ways.items():
        people = [case.view for case in cases if case.more] or [cases[0].view]
        asked = [case.condition for case in cases]
        assert_same(engine, people, asked, question, {0: "JPY", 2: "GBP"}[decimals])


def test_every_check_of_every_value(engine: Engine) -> None:
    scalars: list[Scalar] = [*TEXTS, *(n for n in NUMBERS if isinstance(n, int)), *DECIMALS, True, False]
    inside = [*TEXTS[::5], *NUMBERS[::4], True, False, None]
    lists = [
        [],
        *([value] for value in inside),
        *([{"b": value}] for value in inside),
        [[1]],
        [{"a": 1}, "a", 1],
    ]
    values = [*TEXTS, *NUMBERS, True, False, None, {}, {"b": 1}, *lists]
    people = [plain(NOW, a=value) for value in values] + [plain(NOW)]
    every = checks_of(scalars)
    for start in range(0, len(every), 250):
        asked = [About("customer", Where((("a", (check,)),))) for check in every[start : start + 250]]
        assert_same_outside(engine, people, asked)


def test_every_check_of_every_fact(engine: Engine) -> None:
    scalars: list[Scalar] = [
        "a",
        "GB",
        "1960",
        "2024-03-30",
        0,
        1,
        2,
        Decimal("1.5"),
        Decimal("0.15"),
        10**10,
        True,
    ]
    every = checks_of(scalars)
    ways: dict[str, list[Any]] = {
        "country": ["GB", "\uffff", "a", None],
        "birthday": [*DATES, None],
        "created_at": [NOW, NOW - timedelta(days=40), datetime(1, 1, 1, tzinfo=UTC), None],
        "tags": [[], ["a"], ["GB", "𝄞"]],
        "orders": [0, 1, 2],
        "average_order": [*MONEY, None],
    }
    for name, values in ways.items():
        people = [replace(plain(NOW), customer={name: value}) for value in values]
        asked = [About("customer", Where(((name, (check,)),))) for check in every]
        assert_same_outside(engine, people, asked)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_python_and_sql_agree(engine: Engine, data: st.DataObject) -> None:
    now = data.draw(st.sampled_from(NOWS))
    currency = data.draw(st.sampled_from(["GBP", "JPY", "KWD"]))
    people = data.draw(st.lists(views(now, exponent(currency)), min_size=4, max_size=6))
    asked = data.draw(st.lists(conditions(now), min_size=8, max_size=12))
    maybe = st.none() | instants(now)
    question = data.draw(st.builds(Question, st.booleans(), maybe, maybe, st.booleans()))
    assert_same(engine, people, asked, question, currency)
