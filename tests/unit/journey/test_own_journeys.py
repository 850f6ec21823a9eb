"""The journeys of this project are the examples that people copy: they have no problem at all."""

from __future__ import annotations

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from loyaltyloop.journey.reading.deferred import refusals
from loyaltyloop.journey.reading.project import collect_files
from loyaltyloop.journey.reading.reader import read_project
from loyaltyloop.journey.schema.document import schema_document
from tests.unit.journey.projects import HERE, check_files

FILES = collect_files(HERE.parents[2])
OWN = {"welcome", "post_purchase", "win_back", "review_request", "birthday"}
OWN |= {"browse_abandonment", "abandoned_basket", "vip_early_access", "referral_ask", "loyalty_milestone"}
OWN |= {"replenishment"}


def test_no_problem() -> None:
    assert [problem.text() for problem in check_files(FILES)] == []


def test_all_of_it_can_be_applied() -> None:
    reading = read_project(FILES)
    assert set(reading.journeys) >= OWN
    assert [one for journey in reading.journeys.values() for one in refusals(journey, reading.shop)] == []


def test_the_schemas_take_them() -> None:
    reading = read_project(FILES)
    for read in reading.read:
        Draft202012Validator(schema_document("journey")).validate(read.source.plain())
    assert reading.read_shop is not None
    Draft202012Validator(schema_document("shop")).validate(reading.read_shop.source.plain())
