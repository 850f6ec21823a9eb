"""A call of the Segment API is one record, or is rejected with its reason."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.store.canonical import to_json
from loyaltyloop.store.segment import Call, Rejected, read_call

LATENESS = Duration.of("10 minutes")
TRACK = {"type": "track", "event": "Signed Up", "userId": "ada", "timestamp": "2026-05-01T09:00:00Z"}


def read(raw: object, **more: Any) -> Call:
    found = read_call(raw, lateness=LATENESS, **more)
    assert isinstance(found, Call), found
    return found


def reason(raw: object) -> str:
    found = read_call(raw, lateness=LATENESS)
    assert isinstance(found, Rejected), found
    return found.reason


def test_a_track_call() -> None:
    call = read(TRACK | {"messageId": "m", "properties": {"order_id": 17}, "anonymousId": "a"})
    assert (call.source, call.message_id, call.type, call.name) == ("segment", "m", "track", "Signed Up")
    assert (call.user_id, call.anonymous_id, call.order_id) == ("ada", "a", "17")
    assert call.at == call.arrived_at == datetime(2026, 5, 1, 9, tzinfo=UTC)


def test_names_of_the_first_specification_are_brought_up_to_date() -> None:
    assert read(TRACK | {"event": "Completed Order"}).name == "Order Completed"
    assert read(TRACK | {"event": " Viewed Product "}).name == "Product Viewed"


def test_the_senders_wrong_clock_is_corrected() -> None:
    raw = TRACK | {
        "originalTimestamp": "2026-05-01T06:58:00Z",
        "sentAt": "2026-05-01T07:00:00Z",
        "receivedAt": "2026-05-01T10:00:00+01:00",
    }
    call = read(raw)
    assert call.at == datetime(2026, 5, 1, 8, 58, tzinfo=UTC)
    assert call.arrived_at == datetime(2026, 5, 1, 9, tzinfo=UTC)


def test_a_request_arrives_when_it_is_made_and_its_timestamp_is_the_senders() -> None:
    now = datetime(2026, 5, 1, 12, tzinfo=UTC)
    call = read(TRACK | {"sentAt": "2026-05-01T09:00:30Z"}, received=now)
    assert (call.at, call.arrived_at) == (datetime(2026, 5, 1, 11, 59, 30, tzinfo=UTC), now)


def test_the_same_content_has_the_same_id_however_it_travelled() -> None:
    again = TRACK | {"receivedAt": "2026-05-01T09:01:00Z", "sentAt": "2026-05-01T09:00:01Z"}
    assert read(TRACK).message_id == read(again).message_id
    assert read(TRACK).message_id != read(TRACK | {"properties": {"a": 1}}).message_id


def test_pages_and_groups_keep_their_name_and_id() -> None:
    page = {"type": "page", "name": "Home", "anonymousId": "a", "timestamp": "2026-05-01T09:00:00Z"}
    assert read(page).properties == {"name": "Home"}
    group = TRACK | {"type": "group", "groupId": 7, "traits": {"plan": "x"}}
    assert read(group).properties == {"groupId": 7, "plan": "x"}


def test_of_the_context_only_what_is_used_is_kept() -> None:
    context = {"ip": "192.0.2.1", "userAgent": "x", "timezone": "Europe/Paris", "campaign": {"name": "may"}}
    assert read(TRACK | {"context": context}).context == {
        "timezone": "Europe/Paris",
        "campaign": {"name": "may"},
    }
    assert read(TRACK | {"context": {"ip": "192.0.2.1"}}).context is None


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"type": "batch"}, "type is 'batch': write its calls one a line"),
        ({"type": "buy"}, "type is 'buy': it must be one of identify, track, page, screen, group, alias"),
        ({"userId": None}, "neither userId nor anonymousId: whose is it?"),
        ({"userId": 1.5}, "userId is 1.5: an id is text or a whole number"),
        ({"userId": ["a"]}, "userId is no text"),
        ({"userId": "x" * 256}, "userId is longer than 255 characters"),
        ({"event": " "}, "a track call needs the name of its event"),
        ({"properties": [1]}, "properties is no JSON object"),
        ({"properties": {"order_id": True}}, "properties: order_id is True: an id is text or a whole number"),
        ({"properties": {"a": "x\0"}}, "text with a NUL character"),
        ({"properties": {"a": "\ud800"}}, "text with half a surrogate pair, which is no character"),
        ({"properties": {"a" * 256: 1}}, "a name longer than 255 characters"),
        ({"timestamp": None}, "neither timestamp nor receivedAt: when did it happen?"),
        (
            {"timestamp": "2026-05-01 09:00"},
            "timestamp is '2026-05-01 09:00': write an instant such as 2026-01-31T10:00:00Z",
        ),
        (
            {"timestamp": "1970-01-01T00:00:00Z"},
            "1970-01-01T00:00:00Z is before 1995: a placeholder, not the time it happened",
        ),
        (
            {"receivedAt": "2026-05-01T08:49:59Z"},
            "it happened at 2026-05-01T09:00:00Z, after it arrived (2026-05-01T08:49:59Z): in the future",
        ),
        ({"type": "alias"}, "an alias needs userId (the new id) and previousId (the old one)"),
    ],
)
def test_what_cannot_be_taken_says_why(change: dict[str, Any], text: str) -> None:
    assert reason(TRACK | change) == text


def test_a_little_ahead_of_its_arrival_is_lateness_of_clocks() -> None:
    assert read(TRACK | {"receivedAt": "2026-05-01T08:50:00Z"}).at == datetime(2026, 5, 1, 9, tzinfo=UTC)


def test_what_is_no_object_is_no_call() -> None:
    for raw in (None, 3, "track", [TRACK]):
        assert reason(raw) == "no JSON object: one call of the Segment API is wanted"


def test_deep_nesting_is_refused() -> None:
    deep: Any = 1
    for _ in range(40):
        deep = [deep]
    assert reason(TRACK | {"properties": {"a": deep}}) == "nested deeper than 32 levels"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from([*TRACK, "properties", "receivedAt", "sentAt", "messageId"]), JSON))
def test_anything_is_a_call_or_a_reason(change: dict[str, Any]) -> None:
    found = read_call(TRACK | change, lateness=LATENESS)
    match found:
        case Call():
            to_json(found.properties).encode()
        case Rejected():
            assert found.reason
