"""Weights, facts, candidates and features beside the same counted slowly, on shops drawn at random."""

from __future__ import annotations

from collections import defaultdict
from math import exp, log1p

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from loyaltyloop.scores.purchases.looks import Kind, Looks, no_looks
from loyaltyloop.scores.purchases.past import Past, seconds_of
from loyaltyloop.scores.ranking.batch import Batch
from loyaltyloop.scores.ranking.candidates import SOURCES, candidates, highest
from loyaltyloop.scores.ranking.cohort import cohort_of
from loyaltyloop.scores.ranking.facts import FACTS
from loyaltyloop.scores.ranking.features import FEATURES, Judged, features
from loyaltyloop.scores.ranking.near import alike, cosine, ease
from loyaltyloop.scores.ranking.shelf_side import item_side
from tests.unit.scores.ranking.shops import NOW, catalogue, days_ago, of_rows

Rows = list[tuple[str, str, int, int]]


@st.composite
def orders(draw: st.DrawFn) -> Rows:
    """Up to 25 orders of up to five customers, of up to six products."""
    rows: Rows = []
    for number in range(draw(st.integers(1, 25))):
        customer, day = draw(st.integers(1, 5)), draw(st.integers(1, 200))
        products = draw(st.sets(st.sampled_from(["p1", "p2", "p3", "p4", "p5", "p6"]), min_size=1))
        rows += [(f"o{number}", one, customer, days_ago(day)) for one in sorted(products)]
    return rows


def batch_of(past: Past, looks: Looks | None = None) -> Batch:
    side = item_side(past, catalogue(past))
    return Batch(cohort_of(side, past, looks or no_looks()), 0, len(past.customers))


def ages(past: Past) -> dict[tuple[int, int], list[float]]:
    """Days since each purchase, by (customer's place, product's place)."""
    found: dict[tuple[int, int], list[float]] = defaultdict(list)
    for who, what, at in zip(past.who.tolist(), past.what.tolist(), past.at.tolist(), strict=True):
        found[who, what].append((seconds_of(NOW) - at) / 86400)
    return found


@settings(max_examples=15, deadline=None)
@given(orders())
def test_features_of_what_is_owned(rows: Rows) -> None:
    past = of_rows(rows)
    batch = batch_of(past)
    who, what = candidates(batch)
    x = features(Judged(batch, who, what))
    column = {name: x[:, place] for place, name in enumerate(FEATURES)}
    bought = ages(past)
    number = {one: len(set(past.order[past.who == one].tolist())) for one in range(len(past.customers))}
    for row, pair in enumerate(zip(who.tolist(), what.tolist(), strict=True)):
        mine = bought.get(pair, [])
        last = min(age for (one, _), some in bought.items() if one == pair[0] for age in some)
        expected = {
            "orders_with": len(mine),
            "rate": len(mine) / number[pair[0]],
            "faded_30": sum(exp(-age / 30) for age in mine),
            "last": log1p(min(mine, default=1000.0)),
            "first": log1p(max(mine, default=1000.0)),
            "in_last": float(min(mine, default=1000.0) == last),
            "orders": log1p(number[pair[0]]),
            "since_last": log1p(last),
        }
        assert {name: column[name][row] for name in expected} == pytest.approx(expected, abs=1e-4)


@settings(max_examples=15, deadline=None)
@given(orders())
def test_candidates_are_what_is_owned_and_the_best_of_each_source(rows: Rows) -> None:
    past = of_rows(rows)
    batch = batch_of(past)
    who, what = candidates(batch)
    pairs = list(zip(who.tolist(), what.tolist(), strict=True))
    assert pairs == sorted(set(pairs))
    assert set(ages(past)) <= set(pairs)
    of_sources = set().union(
        *(zip(*map(np.ndarray.tolist, source(batch)), strict=True) for source in SOURCES.values())
    )
    assert set(pairs) == of_sources


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_the_highest_are_those_of_a_full_sort(data: st.DataObject) -> None:
    past = of_rows([(f"o{one}", f"p{one % 6}", one % 3, days_ago(one + 1)) for one in range(9)])
    batch = batch_of(past)
    width = len(batch.side.shelf)
    numbers = st.lists(st.integers(-1, 3), min_size=3 * width, max_size=3 * width)
    scores = np.array(data.draw(numbers), np.float32).reshape(3, width)
    most = data.draw(st.integers(1, width + 1))
    rows, what = highest(batch, scores, most)
    owned = set(ages(past))
    for row in range(3):
        left = [one for one in range(width) if scores[row, one] > 0 and (row, one) not in owned]
        best = sorted(left, key=lambda one: (-scores[row, one], one))[:most]
        assert sorted(what[rows == row].tolist()) == sorted(best)


@settings(max_examples=15, deadline=None)
@given(orders())
def test_facts_of_products(rows: Rows) -> None:
    past = of_rows(rows)
    side = item_side(past, catalogue(past))
    by_product: dict[str, list[tuple[str, int, float]]] = defaultdict(list)
    for order, product, customer, at in rows:
        by_product[product].append((order, customer, (seconds_of(NOW) - at) / 86400))
    all_orders = {(order, at) for order, _, _, at in rows}
    lately = [order for order, at in all_orders if (seconds_of(NOW) - at) / 86400 <= 30]
    for place, product in enumerate(side.products):
        mine = by_product[product]
        expected = {
            "sold": len(mine) / len(all_orders),
            "sold_30": sum(age <= 30 for *_, age in mine) / max(1, len(lately)),
            "buyers": log1p(len({customer for _, customer, _ in mine})),
            "last_sold": log1p(min(age for *_, age in mine)),
            "first_sold": log1p(max(age for *_, age in mine)),
        }
        assert {name: side.fact(name)[place] for name in expected} == pytest.approx(expected, abs=1e-5)
    assert np.isfinite(side.facts).all()
    assert side.facts.shape == (len(side.products), len(FACTS))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(st.integers(0, 1), min_size=5, max_size=5), min_size=3, max_size=12))
def test_weights_are_those_of_the_formulas(table: list[list[int]]) -> None:
    bought = np.array(table, np.float64)
    gram = bought.T @ bought
    inverse = np.linalg.inv(gram + 3.0 * np.eye(5))
    wanted = -inverse / np.diag(inverse)
    np.fill_diagonal(wanted, 0.0)
    rows = sparse.csr_matrix(bought)
    assert np.allclose(ease(rows, 3.0, 5).matrix.toarray(), wanted, atol=1e-4)
    counts = np.maximum(1.0, np.diag(gram))
    both = np.where(gram >= 2, gram / np.sqrt(np.outer(counts, counts)), 0.0)
    np.fill_diagonal(both, 0.0)
    assert np.allclose(cosine(rows, 5).matrix.toarray(), both, atol=1e-4)


def test_few_weights_are_kept_for_each_product() -> None:
    bought = sparse.csr_matrix(np.tri(30, 12))
    kept = ease(bought, 2.0, 3).matrix
    assert (np.diff(kept.tocsc().indptr) <= 3).all()
    whole = ease(bought, 2.0, 12).matrix.toarray()
    third = np.sort(np.abs(whole), axis=0)[-3]
    assert (np.abs(kept.tocoo().data) >= third[kept.tocoo().col] - 1e-6).all()
    assert (cosine(sparse.csr_matrix((4, 0)), 3).matrix.shape) == (0, 0)


def test_names_that_share_rare_words_are_alike() -> None:
    names = ["Lunch bag red", "LUNCH BAG, black", "Red bag", "Clock", ""]
    found = alike(names, 4).matrix.toarray()
    assert np.allclose(found, found.T)
    assert (found[3:] == 0).all()
    assert (np.diag(found) == 0).all()
    assert found[0, 1] > found[1, 2] > 0
    weight = np.log(6 / np.array([3.0, 4.0, 3.0, 2.0]))  # lunch, bag, red, black
    lengths = np.sqrt((weight[[0, 1, 2]] ** 2).sum() * (weight[[0, 1, 3]] ** 2).sum())
    assert found[0, 1] == pytest.approx((weight[[0, 1]] ** 2).sum() / lengths, abs=1e-4)
    assert alike([], 3).matrix.shape == (0, 0)
    assert alike(["", ""], 3).matrix.nnz == 0


def test_what_was_looked_at_is_a_candidate_and_counts() -> None:
    past = of_rows([("o1", "p1", 1, days_ago(9)), ("o2", "p2", 2, days_ago(9)), ("o3", "p3", 3, days_ago(9))])
    at = np.array([days_ago(14), days_ago(0.001)])
    both = np.array([Kind.VIEWED, Kind.ADDED], np.int32)
    looks = Looks(np.array([0, 1], np.int32), np.array([2, 0], np.int32), at, both)
    batch = batch_of(past, looks)
    assert [one.tolist() for one in SOURCES["viewed"](batch)] == [[0], [2]]
    assert [one.tolist() for one in SOURCES["cart"](batch)] == [[1], [0]]
    pairs = Judged(batch, np.array([0, 0, 1]), np.array([1, 2, 0]))
    x = features(pairs)
    names = list(FEATURES)
    assert x[:, names.index("viewed")].tolist() == pytest.approx([0, exp(-1), 0], abs=1e-3)
    assert x[:, names.index("added")].tolist() == pytest.approx([0, 0, 1], abs=1e-3)


def test_of_very_much_that_was_looked_at_the_newest_are_candidates() -> None:
    past = of_rows([(f"o{one}", f"p{one:03}", 1 + one % 2, days_ago(30)) for one in range(150)])
    numbers = np.array([*range(150), *range(20)], np.int32)
    who = np.repeat(np.array([0, 1], np.int32), [150, 20])
    at = np.array([days_ago(20 - one / 10) for one in numbers.tolist()])
    looks = Looks(who, numbers, at, np.full(170, Kind.ADDED, np.int32))
    rows, found = SOURCES["cart"](batch_of(past, looks))
    assert found[rows == 0].tolist() == list(range(50, 150))
    assert found[rows == 1].tolist() == list(range(20))


@settings(max_examples=15, deadline=None)
@given(orders())
def test_what_is_popular_in_a_country(rows: Rows) -> None:
    countries = {1: "GB", 2: "GB", 3: "DE", 4: None, 5: None}
    past = of_rows(rows, countries)
    side = item_side(past, catalogue(past))
    season = [row for row in rows if (seconds_of(NOW) - row[3]) / 86400 <= 90]
    orders = {(order, customer) for order, _, customer, _ in season}
    assert side.here.shape == (len(side.countries) + 1, len(side.shelf))
    for column, place in enumerate(side.shelf.tolist()):
        buys = [customer for _, product, customer, _ in season if product == side.products[place]]
        shop = len(buys) / max(1, len(orders))
        expected = [shop]
        for country in reversed(side.countries):
            mine = sum(countries[customer] == country for customer in buys)
            here = sum(countries[customer] == country for _, customer in orders)
            expected.insert(0, (mine + 20 * shop) / (here + 20))
        assert side.here[:, column].tolist() == pytest.approx(expected, abs=1e-5)
