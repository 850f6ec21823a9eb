"""Messages are claimed in one order over all channels, a customer's next one after the former left."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from loyaltyloop.channels.claiming.line import Line

EMAIL = {"email": 2}


def test_nobody_twice_at_a_time() -> None:
    line = Line((key, customer, "email") for key, customer in zip("abcde", (1, 1, 2, 1, 3), strict=True))
    assert [line.take(EMAIL) for _ in range(4)] == [["a", "c"], ["b", "e"], ["d"], []]


def test_all_channels_are_in_one_order() -> None:
    line = Line([("a", 1, "sms"), ("b", 2, "email"), ("c", 3, "sms"), ("d", 4, "email")])
    assert line.take({"email": 9, "sms": 1}) == ["a", "b", "d"]


def test_a_channel_that_is_busy_holds_up_its_own_and_what_stands_behind() -> None:
    line = Line([("a", 1, "sms"), ("b", 1, "email"), ("c", 2, "email"), ("d", 2, "sms")])
    assert line.take(EMAIL) == ["c"]
    assert line.take(EMAIL) == []
    assert line.wanted() == {"sms"}
    assert line.take({"sms": 9}) == ["a", "d"]
    assert line.take(EMAIL) == ["b"]


def test_a_channel_that_is_left_out_holds_up_nothing() -> None:
    line = Line([("a", 1, "sms"), ("b", 1, "sms"), ("c", 1, "email"), ("d", 2, "email"), ("e", 2, "sms")])
    line.leave_out("sms")
    assert line.wanted() == {"email"}
    assert line.take(EMAIL) == ["c", "d"]
    assert line.wanted() == frozenset()


CHANNELS = ("email", "sms", "call")
Rooms = st.dictionaries(st.sampled_from(CHANNELS), st.integers(1, 4))


@given(
    st.lists(st.tuples(st.integers(1, 4), st.sampled_from(CHANNELS)), max_size=40),
    st.lists(Rooms, max_size=9),
)
def test_all_are_claimed_each_customers_in_order(
    members: list[tuple[int, str]], rooms: list[dict[str, int]]
) -> None:
    messages = [(f"{number:03}", *each) for number, each in enumerate(members)]
    whose = {key: (customer, channel) for key, customer, channel in messages}
    line = Line(messages)
    found = []
    for room in [*rooms, *[dict.fromkeys(CHANNELS, 9)] * len(members)]:
        keys = line.take(room)
        found.append(keys)
        assert keys == sorted(keys)
        assert len({whose[key][0] for key in keys}) == len(keys)
        for channel in CHANNELS:
            assert sum(whose[key][1] == channel for key in keys) <= room.get(channel, 0)
    assert sorted(key for keys in found for key in keys) == sorted(whose)
    for customer in range(5):
        own = [key for keys in found for key in keys if whose[key][0] == customer]
        assert all(first < later for first, later in pairwise(own))
