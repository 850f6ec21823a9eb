"""Who may send events, and what is believed of whom."""

from __future__ import annotations

import base64
import gzip
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.conditions.events import EVENTS
from loyaltyloop.settings import Settings
from loyaltyloop.store.privacy.tombstones import by_email
from loyaltyloop.store.segment import Call, Rejected, read_call
from loyaltyloop.web.bodies import Unreadable, unpack_gzip
from loyaltyloop.web.keys import key_of_body, key_of_header, sender_of_key
from loyaltyloop.web.public_calls import SEEN, SOURCE, as_public, left_out

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize(
    ("header", "key"),
    [
        ("", None),
        (basic("the key:"), "the key"),
        (basic("the key:a password"), "the key"),
        (basic("the key"), "the key"),
        (basic("ünd:"), "ünd"),
        (basic("k:").replace("Basic", "bAsIc"), "k"),
        ("Bearer the key", ""),
        ("Basic", ""),
        ("Basic !!!", ""),
        (f"Basic {base64.b64encode(bytes([255])).decode()}", ""),
    ],
)
def test_the_key_of_a_header(header: str, key: str | None) -> None:
    assert key_of_header(header) == key


@pytest.mark.parametrize("said", [None, [], "k", {}, {"writeKey": 1}, {"writeKey": None}])
def test_no_key_of_a_body(said: Any) -> None:
    assert key_of_body(said) == ""


def test_whose_key_it_is() -> None:
    both = Settings(write_key=SecretStr("ours"), public_key=SecretStr("theirs"))
    assert sender_of_key(both, "ours") == "server"
    assert sender_of_key(both, "theirs") == "public"
    assert sender_of_key(both, "nobody's \ud800") is None
    same = Settings(write_key=SecretStr("k"), public_key=SecretStr("k"))
    assert sender_of_key(same, "k") == "server"
    for key in ("", "k"):
        assert sender_of_key(Settings(), key) is None


def read(**said: Any) -> Call:
    call = read_call({"userId": "ada", **said}, lateness=Duration.of("10 minutes"), received=NOW)
    assert isinstance(call, Call)
    return call


@pytest.mark.parametrize("name", [*sorted(SEEN), "Quiz Finished", "Viewed Product"])
def test_what_happens_in_a_page_is_believed(name: str) -> None:
    call = read(type="track", event=name, properties={"product_id": "1"})
    believed = as_public(call)
    assert isinstance(believed, Call)
    assert (believed.source, believed.properties) == (SOURCE, {"product_id": "1"})
    assert not left_out(call, believed)


@pytest.mark.parametrize("name", [*sorted(EVENTS - SEEN), "Completed Order"])
def test_what_only_the_shop_or_the_customer_can_say_is_not(name: str) -> None:
    assert isinstance(as_public(read(type="track", event=name)), Rejected)


def test_all_that_is_seen_has_a_meaning() -> None:
    assert SEEN < EVENTS


def test_nobody_is_renamed_readdressed_or_joined() -> None:
    said = read(type="identify", anonymousId="a", traits={"email": "evil@example.com"}, messageId="1")
    believed = as_public(said)
    assert isinstance(believed, Call)
    assert (believed.user_id, believed.anonymous_id, believed.properties) == ("ada", None, {})
    assert left_out(said, believed)
    assert left_out(said, replace(believed, properties=said.properties))  # the device, too
    alone = read_call({"type": "identify", "anonymousId": "a"}, lateness=Duration.of("1 hour"), received=NOW)
    assert isinstance(alone, Call)
    assert as_public(alone) == replace(alone, source=SOURCE)
    group = as_public(read(type="group", groupId="g", traits={"plan": "x"}))
    assert isinstance(group, Call)
    assert group.properties == {"groupId": "g"}
    assert isinstance(as_public(read(type="alias", previousId="ben")), Rejected)


@pytest.mark.parametrize("name", [by_email("ada@example.com"), "shopify:order:1001", "woocommerce:cart:a1"])
def test_an_id_that_only_the_shop_gives_is_nobodys_to_speak_under(name: str) -> None:
    """Whoever knows an address knows its guest's id, and numbers of orders can be guessed."""
    calls = [
        {"type": "track", "event": "Signed Up", "anonymousId": name},
        {"type": "page", "anonymousId": name, "userId": "ben"},
        {"type": "identify", "anonymousId": name},
    ]
    for said in calls:
        call = read_call(said, lateness=Duration.of("1 hour"), received=NOW)
        assert isinstance(call, Call)
        assert isinstance(as_public(call), Rejected)


@given(st.binary(max_size=2000), st.integers(0, 2000))
def test_gzip_is_unpacked_as_far_as_it_may_be_large(body: bytes, most: int) -> None:
    assert unpack_gzip(gzip.compress(body), most) == (body if len(body) <= most else None)


def test_a_bomb_is_not_unpacked() -> None:
    packed = gzip.compress(bytes(50_000_000))
    assert len(packed) < 60_000
    assert unpack_gzip(packed, 1000) is None


PACKED = gzip.compress(b"{}", mtime=0)


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"nonsense", id="nonsense"),
        pytest.param(zlib.compress(b"{}"), id="of another kind"),
        pytest.param(PACKED[:-1], id="cut off"),
        pytest.param(PACKED[:-8] + bytes(8), id="with a wrong sum"),
        pytest.param(PACKED + b"\0", id="with something behind"),
        pytest.param(PACKED * 2, id="twice"),
    ],
)
def test_what_is_no_gzip(packed: bytes) -> None:
    with pytest.raises(Unreadable):
        unpack_gzip(packed, 1000)


@pytest.mark.parametrize(
    "origins",
    ["*", "shop.example", "https://shop.example/", "https://Shop.example", "ftp://x", "null", "https://"],
)
def test_what_is_no_origin(origins: str) -> None:
    with pytest.raises(ValidationError):
        Settings(allowed_origins=f"https://fine.example, {origins}")


def test_origins() -> None:
    assert Settings(allowed_origins="https://a.example, http://b.example:8080").origins == [
        "https://a.example",
        "http://b.example:8080",
    ]
