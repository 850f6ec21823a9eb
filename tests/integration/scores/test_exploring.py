"""The declared share of products that are tried out: drawn by lasting dice, marked, and fit to be shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine

from loyaltyloop.journey.model import Recommend, Recommending
from loyaltyloop.scores.recommending.exploring import TRIED
from loyaltyloop.scores.recommending.recommend import Dice, Pick, Wanted, recommend
from loyaltyloop.store.database import write
from tests.integration.scores.conftest import NOW, SHOP

pytestmark = pytest.mark.parametrize("little", [0], indirect=True)
BEST = Recommend(products=3)
Ask = Callable[..., dict[int, list[Pick]]]


@pytest.fixture
def ask(engine: Engine) -> Ask:
    def asked(people: list[Wanted], share: str, spec: Recommend = BEST) -> dict[int, list[Pick]]:
        shop = replace(SHOP, recommending=Recommending(explore=Decimal(share)))
        with write(engine) as connection:
            return recommend(connection, people, spec, shop, NOW)

    return asked


def people(little: Any, occurrence: str = "", step: str = "picks") -> list[Wanted]:
    return [
        Wanted(one, 100 + one, row["country"], {}, Dice(row["key"], "welcome", step, "", occurrence))
        for one, row in little.customers.items()
    ]


def explored(picks: dict[int, list[Pick]]) -> dict[int, list[tuple[int, str]]]:
    return {
        key: [(place, pick.product_id) for place, pick in enumerate(some) if pick.explores]
        for key, some in picks.items()
    }


def test_nothing_is_tried_out_unless_it_is_declared(little: Any, engine: Engine, ask: Ask) -> None:
    little.write(engine)
    assert not any(pick.explores for picks in ask(people(little), "0").values() for pick in picks)
    assert Recommending().explore == 0


def test_a_share_of_the_places_is_tried_out(little: Any, engine: Engine, ask: Ask) -> None:
    little.write(engine)
    usual = ask(people(little), "0")
    found = ask(people(little), "0.4")
    places = [pick.explores for picks in found.values() for pick in picks]
    assert 0.2 < sum(places) / len(places) < 0.6
    for key, picks in found.items():
        assert len({pick.product_id for pick in picks}) == len(picks) == len(usual[key])
        for pick, before in zip(picks, usual[key], strict=True):
            assert pick.source in TRIED and pick.reason if pick.explores else pick == before


def test_the_dice_last(little: Any, engine: Engine, ask: Ask) -> None:
    """The same for one alone as for one among many, at every repetition; another entry throws anew."""
    little.write(engine)
    found = ask(people(little), "0.4")
    assert ask(people(little), "0.4") == found
    assert {who.enrolment_id: ask([who], "0.4")[who.enrolment_id] for who in people(little)} == found
    assert explored(ask(people(little, "another order"), "0.4")) != explored(found)
    assert explored(ask(people(little, step="other"), "0.4")) != explored(found)


def test_a_larger_share_tries_out_more_places_and_no_others(little: Any, engine: Engine, ask: Ask) -> None:
    little.write(engine)
    few, many = explored(ask(people(little), "0.2")), explored(ask(people(little), "0.6"))
    for key, places in few.items():
        assert {place for place, _ in places} <= {place for place, _ in many[key]}


def test_a_step_that_asks_for_something_else_is_left_alone(little: Any, engine: Engine, ask: Ask) -> None:
    little.write(engine)
    spec = Recommend(products=3, sources=("bestsellers", "trending"))
    assert ask(people(little), "1", spec) == ask(people(little), "0", spec)


def test_what_other_sources_filled_beside_best_is_left_alone(little: Any, engine: Engine, ask: Ask) -> None:
    little.write(engine)
    spec = Recommend(products=3, sources=("viewed", "best"))
    usual, alone = (
        ask(people(little), "0", spec),
        ask(people(little), "0", replace(spec, sources=("viewed",))),
    )
    assert any(alone.values())
    for key, picks in ask(people(little), "1", spec).items():
        own = len(alone[key])
        assert picks[:own] == usual[key][:own] == alone[key]
        assert not any(pick.explores for pick in picks[:own])
    few = replace(spec, sources=("viewed",), fallback=("best",))
    assert any(pick.explores for picks in ask(people(little), "1", few).values() for pick in picks)


def test_all_may_be_tried_out(little: Any, engine: Engine, ask: Ask) -> None:
    little.write(engine)
    found = ask(people(little), "1")
    assert sum(pick.explores for picks in found.values() for pick in picks) > len(found)
