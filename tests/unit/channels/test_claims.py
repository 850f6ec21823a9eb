"""Messages are claimed in their order, and a customer's next one after the former has left."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from loyaltyloop.channels.outbox import claims


def test_nobody_twice_at_a_time() -> None:
    messages = [("a", 1), ("b", 1), ("c", 2), ("d", 1), ("e", 3)]
    assert list(claims(messages, 2)) == [["a", "c"], ["b", "e"], ["d"]]


@given(st.lists(st.integers(1, 4), max_size=40), st.integers(1, 5))
def test_all_are_claimed_each_customers_in_order(customers: list[int], size: int) -> None:
    messages = [(f"{number:03}", customer) for number, customer in enumerate(customers)]
    whose = dict(messages)
    found = list(claims(messages, size))
    assert sorted(key for keys in found for key in keys) == sorted(whose)
    assert all(0 < len(keys) <= size for keys in found)
    assert all(len({whose[key] for key in keys}) == len(keys) for keys in found)
    for customer in set(customers):
        own = [key for keys in found for key in keys if whose[key] == customer]
        assert all(first < later for first, later in pairwise(own))
