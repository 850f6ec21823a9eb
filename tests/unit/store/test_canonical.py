"""JSON has one form: what goes in comes out of any database the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyaltyloop.store.canonical import Refused, canonical, digest, to_json


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (1.0, 1),
        (-0.0, 0),
        (0.1 + 0.2, 0.3),
        (2**63 - 1, 2**63 - 1),
        (2**63, 9.22337203685478e18),
        (1e300, 1e300),
        ((1, [2.5]), [1, [2.5]]),
        ({"b": True, "a": None}, {"b": True, "a": None}),
    ],
)
def test_numbers_and_lists(value: Any, found: Any) -> None:
    assert canonical(value) == found
    assert to_json(canonical(value)) == to_json(found)


@pytest.mark.parametrize("value", ["a\0b", "\udc00", float("nan"), float("inf"), {"a": b"bytes"}, 10**400])
def test_what_no_database_keeps_is_refused(value: Any) -> None:
    with pytest.raises(Refused):
        canonical([value])


def test_the_same_content_has_the_same_digest() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}) != digest({"a": 1})


@settings(max_examples=200, deadline=None)
@given(st.floats(-1e307, 1e307) | st.integers(-(10**30), 10**30))
def test_a_number_survives_its_text(value: float) -> None:
    once = canonical(value)
    assert canonical(json.loads(to_json(once))) == once
