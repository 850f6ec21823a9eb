"""Segment's HTTP API: what is accepted is committed, and each call is answered by itself."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest
from pydantic import SecretStr
from sqlalchemy import Engine

from loyaltyloop.store.models import Event
from loyaltyloop.web.service import Service
from tests.integration.store.shop import rows
from tests.integration.web.conftest import WRITE_KEY, served

AUTH = (WRITE_KEY, "")


def signed_up(who: str = "ada", **more: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Signed Up", "userId": who, "messageId": f"m-{who}", **more}


def test_a_batch_is_answered_call_by_call(service: Service, web: httpx.Client) -> None:
    calls = [signed_up(), {"type": "track", "userId": "ben"}, "nonsense"]
    answer = web.post("/v1/batch", json={"batch": calls}, auth=AUTH)
    assert answer.status_code == 200
    assert [item["status"] for item in answer.json()["items"]] == ["accepted", "rejected", "rejected"]
    assert not answer.json()["success"]
    assert [(event.name, event.user_id) for event in rows(service.engine, Event)] == [("Signed Up", "ada")]


def test_what_is_doubtful_of_a_call_is_said_to_who_sent_it(service: Service, web: httpx.Client) -> None:
    damaged = signed_up(event="Order Completed", properties={"order_id": "1", "total": "12,50"})
    calls = [signed_up("ben"), damaged, signed_up("cyd", event="Order Complete")]
    answer = web.post("/v1/batch", json={"batch": calls}, auth=AUTH).json()
    assert [item.get("note") for item in answer["items"]] == [
        None,
        "total '12,50': write a number such as 12.50",
        "'Order Complete' is no event that Loyalty Loop knows (did you mean 'Order Completed'?)",
    ]
    assert answer["success"]
    assert {words[2]: number for words, number in service.counts.items() if words[0] == "event"} == {
        "": 1,
        "amount": 1,
        "event name": 1,
    }
    assert len(rows(service.engine, Event)) == 3


def test_the_same_call_again_adds_nothing(service: Service, web: httpx.Client) -> None:
    for _ in range(2):
        assert web.post("/v1/track", json=signed_up(), auth=AUTH).json()["success"]
    assert len(rows(service.engine, Event)) == 1


@pytest.mark.parametrize("auth", [None, ("another key", ""), ("", WRITE_KEY)])
def test_who_does_not_know_the_key(web: httpx.Client, auth: Any) -> None:
    answer = web.post("/v1/track", json=signed_up(), auth=auth)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Basic"


def test_alive_and_connected(web: httpx.Client) -> None:
    assert web.get("/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("path", "content", "packing", "status"),
    [
        ("track", b"{" + b" " * 40_000, "identity", 413),
        ("batch", gzip.compress(b" " * 5_000_000), "gzip", 413),
        ("batch", gzip.compress(b'{"batch": []}')[:-1], "gzip", 400),
        ("batch", b'{"batch": []}', "gzip", 400),
        ("batch", b'{"batch": []}', "br", 415),
        ("batch", gzip.compress(gzip.compress(b"{}")), "gzip, gzip", 415),
    ],
    ids=["a large call", "a bomb", "cut off", "not packed", "another packing", "packed twice"],
)
def test_what_is_too_large_or_packed_wrongly_is_refused(
    service: Service, web: httpx.Client, path: str, content: bytes, packing: str, status: int
) -> None:
    headers = {"Content-Encoding": packing}
    assert web.post(f"/v1/{path}", content=content, headers=headers, auth=AUTH).status_code == status
    assert rows(service.engine, Event) == []


def test_a_call_that_is_nested_deeply_takes_no_other_with_it(service: Service, web: httpx.Client) -> None:
    for depth in (40, 254, 1000):
        deep = (
            b'{"type":"track","event":"X","userId":"a","properties":' + b'{"a":' * depth + b"1" + b"}" * depth
        )
        told = web.post(
            "/v1/batch", content=b'{"batch":[%b},%b]}' % (deep, orjson.dumps(signed_up())), auth=AUTH
        )
        items = told.json()["items"]
        assert (told.status_code, [item["status"] for item in items]) == (200, ["rejected", "accepted"])
        assert items[0]["reason"] == "nested deeper than 32 levels"
    assert len(rows(service.engine, Event)) == 1


def test_a_packed_batch(service: Service, web: httpx.Client) -> None:
    packed = gzip.compress(orjson.dumps({"batch": [signed_up(), signed_up("ben")]}))
    answer = web.post("/v1/batch", content=packed, headers={"Content-Encoding": "gzip"}, auth=AUTH)
    assert answer.json()["success"]
    assert len(rows(service.engine, Event)) == 2


@pytest.mark.parametrize("key", [WRITE_KEY, "another", "", None, 1])
def test_the_key_in_the_body_where_no_header_has_it(service: Service, web: httpx.Client, key: Any) -> None:
    answer = web.post("/v1/track", json=signed_up(writeKey=key))
    assert answer.status_code == (200 if key == WRITE_KEY else 401)
    assert web.post("/v1/track", json=signed_up(writeKey=WRITE_KEY), auth=("no", "")).status_code == 401
    assert len(rows(service.engine, Event)) == (key == WRITE_KEY)


def test_a_clock_that_is_wrong_is_corrected_and_nobody_says_when_it_arrived(
    engine: Engine, service: Service
) -> None:
    """`sentAt` beside the batch holds for the calls that have none of their own."""
    calls = [
        signed_up("a", timestamp="2031-01-01T00:00:00Z"),
        signed_up("b", originalTimestamp="2030-12-31T23:00:00Z", timestamp="2026-01-01T00:00:00Z"),
        signed_up("c", timestamp="2026-03-01T00:00:00Z", sentAt="2026-03-01T00:00:10Z"),
        signed_up("d"),
    ]
    batch = {"batch": [{**one, "receivedAt": "2001-01-01T00:00:00Z"} for one in calls]}
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    with served(replace(service, clock=lambda: now)) as url:
        sent = batch | {"sentAt": "2031-01-01T00:00:05Z"}
        assert httpx.post(f"{url}/v1/batch", json=sent, auth=AUTH).json()["success"]
    found = {event.user_id: (now - event.at, event.arrived_at) for event in rows(engine, Event)}
    expected = {"a": 5, "b": 3605, "c": 10, "d": 0}
    assert found == {who: (timedelta(seconds=ago), now) for who, ago in expected.items()}


# ── browsers ────────────────────────────────────────────────────────────────

SITE = "https://shop.example"


@pytest.fixture
def pages(service: Service) -> Iterator[httpx.Client]:
    """A client of a service that pages of SITE may post to."""
    more = {"public_key": SecretStr("seen by all"), "allowed_origins": SITE}
    open_to_pages = replace(service, settings=service.settings.model_copy(update=more))
    with served(open_to_pages) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


def test_pages_post_by_short_names_what_somebody_does(service: Service, pages: httpx.Client) -> None:
    asked = {
        "Origin": SITE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-retry-count",
    }
    before = pages.options("/v1/t", headers=asked)
    assert (before.status_code, before.headers["access-control-allow-origin"]) == (200, SITE)
    viewed = signed_up(event="Product Viewed", writeKey="seen by all", properties={"product_id": "7"})
    answer = pages.post("/v1/t", content=orjson.dumps(viewed), headers={"Origin": SITE})
    assert answer.headers["access-control-allow-origin"] == SITE
    assert answer.json() == {"success": True, "items": [{"status": "accepted", "messageId": "m-ada"}]}
    said = {"userId": "ada", "anonymousId": "a", "messageId": "i", "traits": {"email": "x@example.com"}}
    who = pages.post("/v1/i", json=said, auth=("seen by all", ""), headers={"Origin": SITE}).json()
    assert "note" in who["items"][0]
    ordered = signed_up(event="Order Completed")
    refused = pages.post("/v1/b", json={"batch": [ordered]}, auth=("seen by all", "")).json()
    assert (refused["success"], refused["items"][0]["status"]) == (False, "rejected")
    kept = [(event.source, event.type, event.properties) for event in rows(service.engine, Event)]
    assert kept == [("public", "track", {"product_id": "7"}), ("public", "identify", {})]


def test_pages_of_others_and_the_secret_key_in_a_page(service: Service, pages: httpx.Client) -> None:
    other = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in pages.options("/v1/t", headers=other).headers
    elsewhere = {"Origin": SITE, "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in pages.options("/healthz", headers=elsewhere).headers
    secret = pages.post("/v1/t", json=signed_up(), auth=AUTH, headers={"Origin": SITE})
    assert secret.status_code == 403
    assert rows(service.engine, Event) == []


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b'{"batch": 1}', b"\xff", b"[" * 100_000, b"null"])
def test_no_json_is_no_batch(web: httpx.Client, body: bytes) -> None:
    answer = web.post("/v1/batch", content=body, auth=AUTH)
    assert answer.status_code == 400
    assert not answer.json()["success"]


def test_an_unknown_call(web: httpx.Client) -> None:
    assert web.post("/v1/nonsense", json=signed_up(), auth=AUTH).status_code == 404
