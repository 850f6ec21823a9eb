"""Each source gives what its reference gives, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, delete, insert

from loyaltyloop.journey.model import Recommend, Source
from loyaltyloop.scores.recommending.likeness import describe
from loyaltyloop.scores.recommending.recommend import MIX, Pick, Wanted
from loyaltyloop.store.database import read, write
from loyaltyloop.store.models import Figure, OrderLine
from tests.integration.scores.conftest import NOW, customer

REFERENCES: tuple[Source, ...] = (
    "repeat",
    "bought_together",
    "with_trigger",
    "favourite_category",
    "popular_here",
    "trending",
    "bestsellers",
    "new",
    "viewed",
    "viewed_together",
    "searched",
)
Ask = Callable[..., dict[int, list[Pick]]]


def wanted(little: Any) -> list[Wanted]:
    trigger = {"products": [{"product_id": "p00"}, {"product_id": "p05"}, {"product_id": "gone"}]}
    return [Wanted(one, 100 + one, row["country"], trigger) for one, row in little.customers.items()]


def all_of(*sources: Source) -> Recommend:
    return Recommend(products=50, sources=sources, exclude=())


@pytest.mark.parametrize("word", REFERENCES)
def test_a_source_is_its_reference(word: Source, little: Any, engine: Engine, ask: Ask) -> None:
    little.write(engine)
    people = wanted(little)
    found = ask(people, all_of(word))
    expected = {who.enrolment_id: getattr(little, word)(who) for who in people}
    assert {key: [pick.product_id for pick in picks] for key, picks in found.items()} == expected
    assert any(expected.values())
    assert all(pick.source == word and pick.reason for picks in found.values() for pick in picks)


def test_one_alone_gets_what_one_among_many_gets(little: Any, engine: Engine, ask: Ask) -> None:
    little.write(engine)
    people, spec = wanted(little), all_of(*REFERENCES, "similar_to_trigger")
    together = ask(people, spec)
    assert {who.enrolment_id: ask([who], spec)[who.enrolment_id] for who in people} == together
    assert ask(people[::-1], spec) == together


def test_best_takes_at_most_half_from_a_source_while_others_have_any(
    little: Any, engine: Engine, ask: Ask
) -> None:
    little.write(engine)
    for who, picks in zip(wanted(little), ask(wanted(little), Recommend(exclude=())).values(), strict=True):
        taken: list[tuple[str, str]] = []
        for most in (2, 4):
            for word in MIX:
                new = [one for one in getattr(little, word)(who) if one not in dict(taken)]
                taken += [(one, word) for one in new[: min(most, 4 - len(taken))]]
        assert [(pick.product_id, pick.source) for pick in picks] == taken
        assert len(picks) == 4


def test_later_arrivals_change_no_counted_list(little: Any, engine: Engine, ask: Ask) -> None:
    """What arrived after the day's (or week's) start counts from the next on, however old it is."""
    people = wanted(little)
    little.customers[99] = customer(99, "DE")  # whose own orders change nobody else's list
    little.write(engine)
    spec = all_of("with_trigger", "popular_here", "favourite_category", "trending", "bestsellers", "new")
    before = ask(people, spec)
    late = [dict(line) for line in little.lines[:40]]
    for number, line in enumerate(late):
        line |= {
            "order_id": f"late{number}",
            "customer_id": 99,
            "arrived_at": line["arrived_at"].replace(year=2010, month=9, day=16),
        }
    with write(engine) as connection:
        connection.execute(delete(Figure))
        connection.execute(insert(OrderLine), late)
    assert ask(people, spec) == before


def test_a_list_is_counted_once(little: Any, engine: Engine, ask: Ask) -> None:
    """A worker that starts again reads the list that the first decisions were made by."""
    little.write(engine)
    people, spec = wanted(little), all_of("bestsellers")
    before = ask(people, spec)
    with write(engine) as connection:
        connection.execute(delete(OrderLine))
    assert ask(people, spec) == before
    now_empty = ask(people, spec, now=little.orders[0]["ordered_at"] + timedelta(days=900))
    assert not any(now_empty.values())


def test_what_was_heard_later_is_no_reason(little: Any, engine: Engine, ask: Ask) -> None:
    """Asked as of a past instant, after turns that know more."""
    little.write(engine)
    then = NOW - timedelta(days=500)
    spec = all_of("repeat", "bought_together", "viewed", "viewed_together", "searched")
    assert any(ask(wanted(little), spec).values())
    assert not any(ask(wanted(little), spec, now=then).values())


def test_a_cohort_may_have_entered_by_very_many_products(little: Any, engine: Engine) -> None:
    """More than a statement has room for one by one."""
    little.write(engine)
    with read(engine) as connection:
        found = describe(connection, ["p01", *(f"unknown {number}" for number in range(70_000))])
    assert "p01" in found
