"""Who is slow, silent or one of too many does not keep others waiting, and is let go in time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import httpx
import pytest

from loyaltyloop.web import operation
from loyaltyloop.web.server import Patience
from loyaltyloop.web.service import Service
from tests.integration.web.conftest import served
from tests.integration.web.raw import ask, connect, rest, status, trickle

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HEAD = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
HOOK = b"POST /hooks/shopify HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
SOON = 10.0  # seconds; on a machine with much else to do


@pytest.fixture
def url(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A service of little patience, for twelve connections."""
    monkeypatch.setattr(operation, "BODY_PATIENCE", 0.7)
    settings = service.settings.model_copy(update={"connections": 12})
    with served(replace(service, settings=settings), Patience(head=0.7, answer=0.7)) as found:
        yield found


def figure(url: str, line: str) -> bool:
    """Is this line among the figures, by and by?"""
    until = time.monotonic() + SOON
    while time.monotonic() < until:
        if line in httpx.get(f"{url}/metrics").text.splitlines():
            return True
        time.sleep(0.1)
    return False


def test_a_head_that_never_ends(url: str) -> None:
    with connect(url) as line:
        assert trickle(line, HEAD + b"X-Slow: " + b"x" * 1000, 0.05, SOON) < SOON
    assert figure(url, 'loop_web_connections_ended_total{why="slow head"} 1.0')


def test_a_connection_that_says_nothing_is_told_so(url: str) -> None:
    with connect(url) as line:
        assert status(rest(line)) == 408


def test_the_second_request_of_a_connection_has_no_more_time(url: str) -> None:
    with connect(url) as line:
        line.sendall(HEAD + b"\r\n")
        assert status(line.recv(65_536)) == 200
        assert trickle(line, HEAD + b"X-Slow: " + b"x" * 1000, 0.05, SOON) < SOON


def test_a_body_that_does_not_come(url: str) -> None:
    with connect(url) as line:
        line.sendall(HOOK + b"{")
        assert status(rest(line)) == 408
    counted = 'loop_web_requests_total{method="POST",route="/hooks/shopify",status="408"} 1.0'
    assert figure(url, counted)


def test_who_does_not_read_the_answer(url: str) -> None:
    with connect(url) as line:
        line.setsockopt(1, 8, 2048)  # SOL_SOCKET, SO_RCVBUF
        # Many answers are waiting to be read; a pipe only holds so much.
        for _ in range(400):
            try:
                line.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n")
            except OSError:
                break
        assert figure(url, 'loop_web_connections_ended_total{why="slow reader"} 1.0')


def test_others_are_answered_meanwhile(url: str) -> None:
    with ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(connect(url)).sendall(HOOK)
        assert httpx.get(f"{url}/healthz").status_code == 200


def test_too_many_connections(url: str) -> None:
    with ExitStack() as stack:
        for _ in range(12):
            stack.enter_context(connect(url)).sendall(HEAD)
        time.sleep(0.2)
        answer = ask(url, HEAD + b"Connection: close\r\n\r\n")
    assert status(answer) == 503 and b"Retry-After: 1" in answer
    until = time.monotonic() + SOON
    while time.monotonic() < until:  # and who comes later finds a place
        if status(ask(url, HEAD + b"Connection: close\r\n\r\n")) == 200:
            return
    raise AssertionError("no place became free")
