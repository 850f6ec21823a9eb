"""Segment's HTTP API: what is accepted is committed, and each call is answered by itself."""

from __future__ import annotations

import gzip
from typing import Any

import httpx
import pytest

from loyaltyloop.store.models import Event
from loyaltyloop.web.service import Service
from tests.integration.store.shop import rows
from tests.integration.web.conftest import WRITE_KEY

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


def test_what_is_too_large_or_packed_is_refused_and_not_read(service: Service, web: httpx.Client) -> None:
    large = web.post("/v1/track", content=b"{" + b" " * 40_000, auth=AUTH)
    assert large.status_code == 413
    packed = gzip.compress(b"[" * 5_000_000)
    answer = web.post("/v1/batch", content=packed, headers={"Content-Encoding": "gzip"}, auth=AUTH)
    assert answer.status_code == 415
    assert rows(service.engine, Event) == []


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b'{"batch": 1}', b"\xff", b"[" * 100_000, b"null"])
def test_no_json_is_no_batch(web: httpx.Client, body: bytes) -> None:
    answer = web.post("/v1/batch", content=body, auth=AUTH)
    assert answer.status_code == 400
    assert not answer.json()["success"]


def test_an_unknown_call(web: httpx.Client) -> None:
    assert web.post("/v1/nonsense", json=signed_up(), auth=AUTH).status_code == 404
