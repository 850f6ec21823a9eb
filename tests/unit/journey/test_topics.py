"""shop.yaml's topics: words that customers read, in one language or several."""

from __future__ import annotations

import pytest

from loyaltyloop.errors import FilesError
from loyaltyloop.journey.model import Topic
from loyaltyloop.journey.reading.reader import read_shop
from tests.reference.reading import SHOP_TEXT


def topics(text: str) -> tuple[Topic, ...]:
    return read_shop(f"{SHOP_TEXT}topics: {text}\n").topics


def test_in_the_order_of_the_file() -> None:
    found = topics("{news: What is new, birthday: {en: Wishes, de: Wünsche}}")
    assert [topic.name for topic in found] == ["news", "birthday"]
    assert [topic.text("de") for topic in found] == ["What is new", "Wünsche"]
    assert [topic.text("fr", "en") for topic in found] == ["What is new", "Wishes"]
    assert found[1].text("fr") == "Wishes"


@pytest.mark.parametrize(
    "wrong", ["[news]", "{news: {}}", "{news: 7}", "{news: {english: x}}", "{'a b': x}", "{news: ''}"]
)
def test_what_is_none(wrong: str) -> None:
    with pytest.raises(FilesError):
        topics(wrong)
