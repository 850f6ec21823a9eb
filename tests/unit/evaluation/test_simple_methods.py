"""Simple methods on a handful of orders, where what they say can be worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from evaluation.buyers import bg_nbd, rank_sum, recency
from evaluation.buyers.facts import Facts, Question, facts_of, lessons
from evaluation.recommenders import country, frequency, neighbours, tifu
from evaluation.refills import rates as refills
from evaluation.refills.pairs import pairs_of
from evaluation.shop import Shop, Told, cut_offs, numbered, shop_of
from evaluation.spenders import rates
from evaluation.split import Split, split
from loyaltyloop.scores.purchases.catalogue import Catalogue
from loyaltyloop.scores.purchases.past import Lines

CUT_OFF = datetime(2026, 3, 1, tzinfo=UTC)
NOTHING = Catalogue((), (), np.zeros(0))
# customer, order, product, day of 2026; 2 pieces each at 5
ROWS = [
    (1, "a", "mug", "01-05"),
    (1, "b", "mug", "02-01"),
    (1, "b", "tea", "02-01"),
    (2, "c", "tea", "02-09"),
    (2, "c", "pot", "02-09"),
    (3, "d", "mug", "02-19"),
    (3, "d", "pot", "02-19"),
    (1, "e", "pot", "03-02"),
]


@pytest.fixture
def shop() -> Shop:
    who, order, what, days = map(list, zip(*ROWS, strict=True))
    at = [int(datetime.fromisoformat(f"2026-{day}T12:00:00+00:00").timestamp()) for day in days]
    lines = Lines(order, what, who, at, at, [2] * len(at), [5.0] * len(at))
    return shop_of("a shop", lines, Told({1: "GB", 2: "GB", 3: "DE"}, {}, {}))


@pytest.fixture
def cut(shop: Shop) -> Split:
    return split(shop, CUT_OFF, 30)


@pytest.fixture
def question(cut: Split) -> Question:
    return Question(cut.history, NOTHING, 30, 0)


EVERYBODY = np.arange(3, dtype=np.int32)


def names(cut: Split, lists: np.ndarray) -> list[list[str]]:
    return [[cut.history.products[place] for place in row if place >= 0] for row in lists]


def test_own_frequency_then_popularity(cut: Split) -> None:
    # The mug is in three orders, pot and tea in two each.
    assert names(cut, frequency.fit(cut, 0).lists(EVERYBODY, "all", 3)) == [
        ["mug", "tea", "pot"],
        ["pot", "tea", "mug"],
        ["mug", "pot", "tea"],
    ]
    assert names(cut, frequency.fit(cut, 0).lists(EVERYBODY, "new", 3)) == [["pot"], ["mug"], ["tea"]]
    assert names(cut, frequency.fit(cut, 0).lists(EVERYBODY, "repeat", 1)) == [["mug"], ["pot"], ["mug"]]


def test_best_sellers_of_the_country(cut: Split) -> None:
    best = names(cut, country.fit(cut, 0).lists(EVERYBODY, "all", 3))
    assert best == [["mug", "tea", "pot"], ["mug", "tea", "pot"], ["mug", "pot", "tea"]]


def test_neighbours_by_cosine(cut: Split) -> None:
    # All three pairs are shared by one of two customers each: cosine 1/2; the mug's two count for customer 2.
    near = neighbours.fit(cut, 0)
    assert names(cut, near.lists(EVERYBODY, "new", 1)) == [["pot"], ["mug"], ["tea"]]


def test_shares_of_orders_fade(cut: Split) -> None:
    own = tifu.frequencies(cut.history).toarray()
    assert own[0].tolist() == pytest.approx([(1 + tifu.DECAY) / 2, 0, 1 / 2])  # mug, pot, tea


def test_facts_of_customers(question: Question) -> None:
    facts = facts_of(question.past)
    assert facts.days.tolist() == [2, 1, 1]
    assert facts.since.tolist() == [28, 20, 10]
    assert facts.known.tolist() == [55, 20, 10]
    assert facts.spent.tolist() == [30, 20, 20]


def test_recency_and_rank_sum(question: Question) -> None:
    assert recency.answer(question).said.tolist() == [-28, -20, -10]
    assert rank_sum.answer(question).said.tolist() == [1 + 3, 2 + 1.5, 3 + 1.5]


def test_who_bought_once_is_alive_for_certain(question: Question) -> None:
    alive = bg_nbd.alive(question).said
    assert alive[1:].tolist() == [1, 1]
    assert alive[0] < 1
    assert np.all(bg_nbd.buys(question).said <= alive)


def test_rates_that_are_drawn_are_found_again() -> None:
    dice = np.random.default_rng(4)
    rows = []
    for rate, out in zip(dice.gamma(2.0, 1 / 60, 4000), dice.beta(1.5, 4.0, 4000), strict=True):
        at, times = 0.0, 1
        while (at_next := at + dice.exponential(1 / rate)) < 200:
            at, times = at_next, times + 1
            if dice.random() < out:
                break
        rows.append((times, at))
    days, between = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    places = np.arange(len(rows))
    found = bg_nbd.fitted(Facts(places, days, between.astype(int), np.full(len(rows), 200), days * 1.0))
    assert found.r / found.alpha == pytest.approx(2 / 60, rel=0.15)
    assert found.a / (found.a + found.b) == pytest.approx(1.5 / 5.5, rel=0.15)


def test_lessons_end_before_the_cut_off(question: Question) -> None:
    (newest, came), *earlier = lessons(question)
    assert newest.who.tolist() == [0]  # before the 30th of January
    assert came.tolist() == [True]
    assert earlier == []


def test_rates_of_spending(question: Question) -> None:
    assert rates.past_rate(question).tolist() == pytest.approx([30 / 55 * 30, 20, 20])
    assert rates.last_window(question).tolist() == [20, 20, 20]


def test_pairs_and_their_rates(question: Question) -> None:
    pairs = pairs_of(question.past)
    assert pairs.days.tolist() == [2, 1, 1, 1, 1, 1]
    assert pairs.waited.tolist() == [28, 28, 20, 20, 10, 10]
    assert refills.own_rate(question).said[:2].tolist() == pytest.approx([1 - np.exp(-30 / 55), 0])


def test_cut_offs_leave_room_on_both_sides(shop: Shop) -> None:
    assert shop.end == datetime(2026, 3, 3, tzinfo=UTC)
    assert [f"{one:%m-%d}" for one in cut_offs(shop, 10, 4, history=30)] == ["02-11", "02-21"]


def test_customers_without_numbers_get_some() -> None:
    assert numbered(["b", "a", "b"]) == [2, 1, 2]
    assert numbered(["10", "9"]) == [10, 9]
