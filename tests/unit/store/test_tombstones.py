"""What is told of somebody who was erased, judged call by call, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyaltyloop.store.privacy.tombstones import Mark, Stone, Stones, addresses, by_email, hashed, judged
from loyaltyloop.store.segment import Call

KEY = b"salt"
ERASED = datetime(2026, 5, 2, 12, tzinfo=UTC)
LATER, EARLIER = ERASED + timedelta(days=1), ERASED - timedelta(days=1)
EMAIL = "ada@shopper.example"
GRAVES = [
    ("user", "ada"),
    ("anonymous", "tablet"),
    ("anonymous", by_email(EMAIL)),
    ("phone", "441134960777"),
    ("order", "o1"),
    ("event", "segment\0m1"),
]


def stones() -> Stones:
    return Stones(KEY, {(kind, hashed(KEY, kind, value)): Stone(ERASED) for kind, value in GRAVES})


def told(at: datetime = LATER, **about: Any) -> Call:
    made = Call("segment", "m9", "track", "Viewed", None, None, None, at, at, {})
    return replace(made, **about)


@pytest.mark.parametrize(
    ("call", "fate"),
    [
        (told(user_id="bob"), "stays"),
        (told(user_id="ada"), "goes"),
        (told(user_id="Ada"), "stays"),  # ids are as they are written
        (told(anonymous_id="tablet"), "goes"),
        (told(user_id="bob", anonymous_id="tablet"), "without device"),
        (told(EARLIER, user_id="bob", anonymous_id="tablet"), "without device"),  # people share devices
        (told(EARLIER, type="identify", user_id="new", anonymous_id="tablet"), "goes"),
        (told(type="identify", user_id="new", anonymous_id="tablet"), "without device"),
        (told(type="alias", user_id="bob", previous_id="ada"), "goes"),
        (told(type="alias", user_id="ada", previous_id="bob"), "goes"),
        (told(user_id="bob", order_id="o1"), "goes"),
        (told(user_id="bob", message_id="m1"), "goes"),
        (told(EARLIER, user_id="new", properties={"email": EMAIL}), "goes"),
        (told(ERASED, user_id="new", properties={"email": EMAIL}), "goes"),
        (told(LATER, user_id="new", properties={"email": EMAIL}), "stays"),
        (told(EARLIER, user_id=EMAIL), "goes"),
        (told(EARLIER, user_id="new", properties={"to": [{"x": f"Ada <{EMAIL.upper()}>, you"}]}), "goes"),
        (told(EARLIER, user_id="new", properties={"telephone": "0113 496 0777"}), "stays"),  # no country
        (told(EARLIER, user_id="new", properties={"phone": "+44 (113) 496-0777"}), "goes"),
        (told(EARLIER, user_id="new", properties={"phone": 441134960777}), "goes"),
        (told(EARLIER, user_id="new", properties={"sum": 441134960777}), "stays"),
        (told(user_id="ada", name="Signed Up"), "stays"),
        (told(ERASED, user_id="ada", name="Signed Up"), "goes"),
        (told(user_id="ada", name="Signed Up", message_id="m1"), "goes"),
        (told(user_id="ada", name="Order Completed", order_id="o2"), "stays"),
        (told(user_id="ada", name="Order Completed", order_id="o1"), "goes"),
        (told(user_id="ada", name="Consent Granted"), "goes"),
        (told(anonymous_id=by_email(EMAIL), name="Order Completed", order_id="o2"), "stays"),
    ],
)
def test_what_becomes_of_a_call(call: Call, fate: str) -> None:
    assert judged([call], stones()) == [fate]


def test_an_act_brings_back_what_came_with_it_from_its_time_on() -> None:
    act = told(user_id="ada", name="Signed Up")
    before, with_it = told(LATER - timedelta(seconds=1), user_id="ada"), told(LATER, user_id="ada")
    known = stones()
    assert judged([before, with_it, act], known) == ["goes", "stays", "stays"]
    assert known.back == {("user", hashed(KEY, "user", "ada"))}
    assert judged([with_it, before], known) == ["stays", "goes"]


def test_addresses_are_found_wherever_they_stand() -> None:
    value = {
        "a": ["x@y.example, z@y.example."],
        "mobile_phone": "+49 30 1234567",
        "phones": ["12", None, 3.5],
    }
    assert set(addresses(value)) == {
        Mark("anonymous", by_email("x@y.example")),
        Mark("anonymous", by_email("z@y.example")),
        Mark("phone", "49301234567"),
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)


@given(JSON, st.sampled_from([EARLIER, LATER]))
def test_any_value_is_read(value: Any, at: datetime) -> None:
    call = told(at, user_id="bob", properties={"x": value, "phone": value, "email": value})
    assert judged([call], stones()) == ["stays"]
    hidden = told(EARLIER, user_id="bob", properties={"x": [value, {"deep": f"<{EMAIL}>"}]})
    assert judged([hidden], stones()) == ["goes"]
