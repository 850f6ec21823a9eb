"""Simple lists, and how good a list was, against the same counted one customer at a time."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyloop.scores.purchases.past import Ints, Lines, Past, past_of, seconds_of
from loyaltyloop.scores.training.toplists import bestsellers, bought_since, ndcg, own_frequency, recall

SINCE = datetime(2010, 9, 1, tzinfo=UTC)
UNTIL = datetime(2010, 10, 1, tzinfo=UTC)
TOP = 3
# Who, what, and on which day after or before `SINCE`; each an order of its own.
LINES = st.lists(st.tuples(st.integers(1, 5), st.sampled_from("abcdef"), st.integers(-40, 29)), max_size=40)


def made(lines: list[tuple[int, str, int]]) -> Past:
    at = [seconds_of(SINCE + timedelta(days=day, hours=1)) for _, _, day in lines]
    names = [f"o{number:03}" for number in range(len(lines))]
    columns = ([what for _, what, _ in lines], [who for who, _, _ in lines], at, at)
    return past_of(UNTIL, Lines(names, *columns, [1] * len(lines), [1.0] * len(lines)), {})


@given(LINES)
def test_lists_and_measures(lines: list[tuple[int, str, int]]) -> None:
    past = made(lines)
    before = past.before(SINCE)
    bought = bought_since(past, SINCE)
    old = [(who, what) for who, what, day in lines if day < 0]
    truth = {who: {what for one, what, day in lines if one == who and day >= 0} for who, _ in old}
    people = sorted(who for who, products in truth.items() if products)
    assert past.customers[bought.people].tolist() == people

    orders = Counter(what for _, what in old)
    best = sorted(orders, key=lambda name: (-orders[name], name))
    for row, who in enumerate(people):
        own = Counter(what for one, what in old if one == who)
        wanted = sorted(orders, key=lambda name: (-own[name], -orders[name], name))[:TOP]
        assert names(past, own_frequency(before, bought.people, TOP)[row]) == wanted
        assert names(past, bestsellers(before, bought.people, TOP)[row]) == best[:TOP]
        hits = [name in truth[who] for name in wanted]
        gain = sum(hit / log2(place + 2) for place, hit in enumerate(hits))
        ideal = sum(1 / log2(place + 2) for place in range(min(TOP, len(truth[who]))))
        lists = own_frequency(before, bought.people, TOP)
        assert ndcg(lists, bought)[row] == pytest.approx(gain / ideal)
        assert recall(lists, bought)[row] == pytest.approx(sum(hits) / len(truth[who]))


def names(past: Past, places: Ints) -> list[str]:
    return [past.products[place] for place in places.tolist() if place >= 0]
