"""What a condition means for one customer, in Python."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from loyaltyloop.journey.conditions.comparisons import exact, least_count
from loyaltyloop.journey.conditions.condition import Between, Compare, Did, Known, Not, OneOf, Test
from loyaltyloop.journey.conditions.evaluate import holds, moment
from loyaltyloop.journey.money import exponent
from tests.unit.journey.anna import ANNA, ENTERED, NOW
from tests.unit.journey.case import Case
from tests.unit.journey.condition_cases import CASES


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_it_holds_and_since_when(case: Case) -> None:
    assert holds(case.condition, case.view) is case.holds
    enrolment = case.view.enrolment
    assert enrolment is not None
    window = (enrolment.arrived_at, case.until, case.deadline, case.since_given)
    assert moment(case.condition, case.view, *window) == case.at


def test_names_of_cases_are_told_apart() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


def test_since_that_is_not_written_comes_from_the_place() -> None:
    ordered = Did(("Order Completed",), times=(Compare("at_least", 3),))
    assert holds(ordered, ANNA)
    assert holds(ordered, ANNA, since=ENTERED)
    assert not holds(ordered, ANNA, since=ENTERED + timedelta(days=4))
    assert holds(replace(ordered, since="ever"), ANNA, since=NOW)
    assert holds(Not(ordered), ANNA, since=NOW)


def test_outside_of_any_journey_nothing_is_known_of_one() -> None:
    outside = replace(ANNA, enrolment=None)
    assert not holds(Did(("Order Completed",), since="entered"), outside)
    assert not holds(Did(("Order Completed",), same="order_id"), outside)
    assert holds(Did(("Order Completed",), times=(Compare("is", 4),)), outside)


@pytest.mark.parametrize(
    ("times", "least"),
    [
        ((Compare("at_least", 1),), 1),
        ((Compare("at_least", 0),), 0),
        ((Compare("over", 1),), 2),
        ((Compare("over", Decimal("1.5")),), 2),
        ((Compare("at_least", Decimal("1.5")),), 2),
        ((Compare("at_most", 2),), 0),
        ((Compare("is", 2),), 2),
        ((Compare("is", Decimal("2.5")),), None),
        ((Compare("is", "2"),), None),
        ((Compare("not", 0),), 1),
        ((Compare("not", 0), Compare("not", 1)), 2),
        ((Between(2, 3),), 2),
        ((OneOf((5, 3)),), 3),
        ((Compare("over", 2), Compare("under", 3)), None),
        ((Compare("over", True),), None),
        ((Known(True),), 0),
    ],
)
def test_the_least_number_of_times_that_is_enough(times: Test, least: int | None) -> None:
    assert least_count(times) == least


@pytest.mark.parametrize(
    ("number", "held"),
    [
        (0.1, Decimal("0.1")),
        (Decimal("0.30000000000000004"), Decimal("0.3")),
        (Decimal("2.0"), 2),
        (2**63 - 1, 2**63 - 1),
        (2**63, Decimal("9.22337203685478e18")),
        (Decimal("1E+20"), Decimal("1e20")),
        (-0.0, 0),
    ],
)
def test_numbers_are_compared_as_databases_hold_them(
    number: int | float | Decimal, held: int | Decimal
) -> None:
    assert exact(number) == held
    assert type(exact(number)) is type(held)


def test_minor_units() -> None:
    assert [exponent(currency) for currency in ("GBP", "JPY", "KWD", "CLF")] == [2, 0, 3, 4]
