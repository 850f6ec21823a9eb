"""docs/language.md names every word of the language, and its examples are read without a mistake."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from loyaltyloop.journey.conditions.condition import Engagement, Op
from loyaltyloop.journey.conditions.facts import CART, CUSTOMER, ORDER_STATES
from loyaltyloop.journey.model import VERBS, Exclusion, Source
from loyaltyloop.journey.reading.deferred import DEFERRED
from loyaltyloop.journey.reading.reader import read_journey, read_shop
from loyaltyloop.journey.schema.journey import JourneyFile
from loyaltyloop.journey.schema.shop import ShopFile
from tests.unit.journey.projects import HERE

PAGE = (HERE.parents[2] / "docs" / "language.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def models(annotation: Any) -> set[type[BaseModel]]:
    """Every model that a model's fields lead to."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {annotation}
    return {model for inner in get_args(annotation) for model in models(inner)}


def all_models(root: type[BaseModel]) -> set[type[BaseModel]]:
    seen: set[type[BaseModel]] = set()
    due = {root}
    while due:
        model = due.pop()
        seen.add(model)
        due |= {one for info in model.model_fields.values() for one in models(info.annotation)} - seen
    return seen


def words() -> set[str]:
    found = {*VERBS, *get_args(Op), *get_args(Engagement), *get_args(Source), *get_args(Exclusion), *CART}
    found |= {word.partition(":")[0] for word in DEFERRED} | set(ORDER_STATES)
    found |= set(CUSTOMER) - {"email", "phone", "first_name", "last_name", "city", "locale", "created_at"}
    for model in all_models(JourneyFile) | all_models(ShopFile):
        found |= {info.alias or name for name, info in model.model_fields.items()}
    return found


@pytest.mark.parametrize("word", sorted(words()))
def test_every_word_stands_on_the_page(word: str) -> None:
    assert re.search(rf"(?<![a-z_]){re.escape(word)}(?![a-z_])", PAGE), (
        f"docs/language.md does not name '{word}'"
    )


def test_the_examples_are_read() -> None:
    journey, shop = EXAMPLES
    assert read_journey(journey, read_shop(shop)).name == "welcome"


def test_enough_words_were_looked_for() -> None:
    assert len(words()) > 150


def test_the_words_that_wait_are_those_that_apply_refuses() -> None:
    told = PAGE.partition("## Words that wait\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"`([^`]+)`", told)) - {"loop apply"} == set(DEFERRED)
