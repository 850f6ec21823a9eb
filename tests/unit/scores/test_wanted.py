"""Small pure parts of recommending: the plan of sources, the trigger's products, likeness."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from loyaltyloop.journey.model import Recommend, Source
from loyaltyloop.scores.recommending.likeness import Described, Likeness, words_of
from loyaltyloop.scores.recommending.places import place_name
from loyaltyloop.scores.recommending.recommend import MIX, plan_of
from loyaltyloop.scores.recommending.sources import SOURCES
from loyaltyloop.scores.recommending.wanted import trigger_products


def test_every_word_of_the_language_has_a_source() -> None:
    assert set(get_args(Source)) == {*SOURCES, "best"}
    assert set(MIX) <= set(SOURCES)


def _plan(learned: bool = False) -> list[tuple[str, int]]:
    step = Recommend(products=3, sources=("viewed", "best"), fallback=("new",))
    return [(part.word, part.most) for part in plan_of(step, learned=learned)]


def test_best_is_a_mix_and_all_else_is_in_order() -> None:
    plan = _plan()
    assert plan[0] == ("viewed", 3) and plan[-1] == ("new", 3)
    assert plan[1:-1] == [(word, 2) for word in MIX] + [(word, 3) for word in MIX]
    learned = _plan(learned=True)
    assert learned == [plan[0], ("best", 3), *plan[1:]]


@pytest.mark.parametrize(
    ("trigger", "products"),
    [
        ({}, []),
        ({"product_id": "a"}, ["a"]),
        ({"product_id": 7, "products": [{"product_id": "a"}, {"product_id": 7}, {"sku": "b"}]}, ["7", "a"]),
        ({"products": "no list"}, []),
        ({"products": [None, "x", {"product_id": None}, {"product_id": ""}, {"product_id": ["a"]}]}, []),
    ],
)
def test_the_products_of_a_trigger(trigger: dict[str, Any], products: list[str]) -> None:
    assert trigger_products(trigger) == products


def alike(wanted: Described, others: list[Described]) -> list[str]:
    return Likeness({one.product_id: one for one in [wanted, *others]}).of(wanted.product_id)


def test_likeness_goes_by_words_then_category_then_id() -> None:
    def one(product_id: str, category: str | None, name: str) -> Described:
        return Described(product_id, category, words_of(name))

    wanted = one("w", "Mugs", "Set of 3 Red Heart Mugs")
    others = [
        wanted,
        one("a", "Mugs", "Teapot"),
        one("b", "Candles", "Red Heart Candle"),
        one("c", "Mugs", "Red Heart Cups"),
        one("d", "Candles", "Set of 3 Candles"),
        one("e", None, "Heart Red"),
    ]
    assert alike(wanted, others) == ["e", "c", "b", "a"]
    assert alike(one("x", None, "Lamp"), others) == []


def test_places() -> None:
    assert [place_name(code) for code in ("DE", "GB", "KR", "ZZ")] == [
        "Germany",
        "the United Kingdom",
        "South Korea",
        "ZZ",
    ]
