"""Requests that nobody means well with: each is refused, counted and logged, and leads nowhere.

Forged tokens, signatures and replays of each kind stand in test_links.py, test_unsubscribing.py,
test_provider_refusals.py and test_shop_hooks.py.
"""

from __future__ import annotations

import gzip
import zlib
from base64 import b64encode
from collections.abc import Iterator
from typing import NamedTuple

import httpx
import orjson
import pytest

from loyaltyloop.store.models import Event
from loyaltyloop.web.service import Service
from tests.integration.store.shop import rows
from tests.integration.web.conftest import WRITE_KEY, served
from tests.integration.web.raw import ask, status
from tests.unit.web.logged import logged

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
KEY = b"Authorization: Basic " + b64encode(f"{WRITE_KEY}:".encode())
EVIL = "evil.example"
BOMB = gzip.compress(b"[" * 50_000_000)


def request(first: bytes, *headers: bytes, body: bytes = b"") -> bytes:
    """A request with a Host, which is the connection's last."""
    lines = [first, b"Host: links.shop.example", b"Connection: close", *headers]
    if body:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def get(target: str, *headers: bytes) -> bytes:
    return request(b"GET " + target.encode("latin-1") + b" HTTP/1.1", *headers)


def post(target: str, body: bytes, *headers: bytes) -> bytes:
    return request(b"POST " + target.encode() + b" HTTP/1.1", *headers, body=body)


class Case(NamedTuple):
    """What is sent; the status of the answer; and the route that it is counted by, if it is HTTP."""

    said: bytes
    status: int
    route: str = "none"


GONE = "This link does not work"
TOKENS = {
    "a line end": "abc%0d%0aLocation:%20https://evil.example",
    "a bare line feed": "abc%0aSet-Cookie:%20a=b",
    "a NUL": "abc%00def",
    "no UTF-8": "%ff%fe%c0%80",
    "an overlong slash": "%c0%af%c0%af",
    "folders": "..%2f..%2f..%2fetc%2fpasswd",
    "folders as they are": "../../../../etc/passwd",
    "an address": "https:%2F%2Fevil.example%2F",
    "an address without scheme": "%2F%2Fevil.example",
    "a script": "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "a template": "%7B%7B7*7%7D%7D",
    "very long": "A" * 7000,
}
REFUSED = {
    "/" + kind + " " + what: Case(get(f"/{kind}/{token}{'.gif' if kind == 'o' else ''}"), 404)
    for kind in "covup"
    for what, token in TOKENS.items()
}
BODIES = {
    "a bomb, gzip": Case(post("/v1/batch", BOMB, KEY, b"Content-Encoding: gzip"), 413, "/v1/batch"),
    "a bomb, deflate": Case(
        post("/v1/batch", zlib.compress(b"[" * 5_000_000), KEY, b"Content-Encoding: deflate"),
        415,
        "/v1/batch",
    ),
    "packed twice": Case(post("/v1/batch", BOMB, KEY, b"Content-Encoding: gzip, gzip"), 415, "/v1/batch"),
    "packing that is none": Case(post("/v1/batch", b"{}", KEY, b"Content-Encoding: gzip"), 400, "/v1/batch"),
    "too large, as it says": Case(
        request(b"POST /v1/track HTTP/1.1", KEY, b"Content-Length: 99999999") + b"{" * 40_000,
        413,
        "/v1/{kind}",
    ),
    "too large, in pieces": Case(
        request(b"POST /v1/track HTTP/1.1", KEY, b"Transfer-Encoding: chunked")
        + b"9000\r\n"
        + b" " * 0x9000
        + b"\r\n0\r\n\r\n",
        413,
        "/v1/{kind}",
    ),
    "too large a form": Case(post("/p/x", b"a=" + b"b" * 20_000), 404, "/p/{token}"),
    "deep": Case(post("/v1/batch", b"[" * 400_000, KEY), 400, "/v1/batch"),
    "no UTF-8": Case(post("/v1/track", b'{"event": "\xff\xfe"}', KEY), 400, "/v1/{kind}"),
    "half a character": Case(post("/v1/track", b'{"event": "\\ud800"}', KEY), 400, "/v1/{kind}"),
    "numbers without end": Case(post("/v1/track", b"1" * 30_000, KEY), 400, "/v1/{kind}"),
    "a hook of nobody's": Case(post("/hooks/shopify", b"{}"), 401, "/hooks/shopify"),
    "a hook that is not set up": Case(post("/hooks/mailgun", b"{}"), 404, "/hooks/mailgun"),
    "no hook": Case(post("/hooks/..%2fv1%2ftrack", b"{}"), 404),
}
HEADS = {
    "two lengths": Case(
        request(b"POST /v1/track HTTP/1.1", b"Content-Length: 5", b"Content-Length: 6"), 400, ""
    ),
    "a length and pieces": Case(
        request(b"POST /v1/track HTTP/1.1", KEY, b"Content-Length: 5", b"Transfer-Encoding: chunked"), 400
    ),
    "pieces of another kind": Case(
        request(b"POST /v1/track HTTP/1.1", b"Transfer-Encoding: gzip, chunked"), 400, ""
    ),
    "a length below nothing": Case(request(b"POST /v1/track HTTP/1.1", b"Content-Length: -1"), 400, ""),
    "a length in words": Case(request(b"POST /v1/track HTTP/1.1", b"Content-Length: +5"), 400, ""),
    "two hosts": Case(get("/healthz", b"Host: evil.example"), 400, ""),
    "no host": Case(b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n", 400, ""),
    "a header over two lines": Case(get("/healthz", b"X-A: b\r\n c: d"), 200, "/healthz"),
    "a NUL in a header": Case(get("/healthz", b"X-A: b\0c"), 400, ""),
    "a header without a name": Case(get("/healthz", b": x"), 400, ""),
    "space before the colon": Case(get("/healthz", b"X-A : b"), 400, ""),
    "headers too large": Case(get("/healthz", b"X-A: " + b"x" * 17_000), 431),
    "many headers": Case(get("/healthz", *[b"X-%d: y" % n for n in range(2000)]), 431),
    "headers without end": Case(b"GET /healthz HTTP/1.1\r\nX-A: " + b"x" * 400_000, 400, ""),
    "a target too long": Case(get("/c/" + "A" * 9000), 414),
    "a query too long": Case(get("/healthz?" + "A" * 9000), 414),
    "another protocol": Case(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 10 + b"\r\n\r\n", 400, ""),
    "an older protocol": Case(b"GET /healthz\r\n\r\n", 400, ""),
    "two keys": Case(post("/v1/track", b"{}", b"Authorization: Basic eDp4", KEY), 401, "/v1/{kind}"),
    "a key that is no base64": Case(
        post("/v1/track", b"{}", b"Authorization: Basic \xff\xfe"), 401, "/v1/{kind}"
    ),
    "a key that is endless": Case(
        post("/v1/track", b"{}", b"Authorization: Basic " + b"A" * 12_000), 401, "/v1/{kind}"
    ),
}
TARGETS = {
    "absolute, of another host": Case(get("http://evil.example/c/x"), 404),
    "a proxy's": Case(request(b"CONNECT evil.example:443 HTTP/1.1"), 404),
    "a star": Case(request(b"OPTIONS * HTTP/1.1"), 404),
    "two slashes": Case(get("//evil.example/%2f.."), 404),
    "folders": Case(get("/../../etc/passwd"), 404),
    "folders, hidden": Case(get("/%2e%2e/%2e%2e/etc/passwd"), 404),
    "no ASCII": Case(get("/\xff\xfe"), 400, ""),
    "a slash too many": Case(get("/healthz/"), 404),
    "another method": Case(request(b"DELETE /v1/track HTTP/1.1"), 405, "/v1/{kind}"),
    "TRACE": Case(request(b"TRACE /healthz HTTP/1.1"), 405, "/healthz"),
    "a method of their own": Case(request(b"ZORK /healthz HTTP/1.1"), 405, "/healthz"),
    "a PUT of a form": Case(request(b"PUT /p/x HTTP/1.1"), 405, "/p/{token}"),
    "an upgrade": Case(
        get("/healthz", b"Upgrade: websocket", b"Sec-WebSocket-Key: eA==", b"Sec-WebSocket-Version: 13"),
        200,
        "/healthz",
    ),
    "a host of their own": Case(
        get("/u/x", b"X-Forwarded-Host: evil.example").replace(b"links.shop.example", b"evil.example"),
        404,
        "/u/{token}",
    ),
}
TABLE = {**REFUSED, **BODIES, **HEADS, **TARGETS}


@pytest.fixture
def url(service: Service) -> Iterator[str]:
    with served(service) as found:
        yield found


def test_each_is_refused_counted_and_logged(service: Service, url: str) -> None:
    """One service for all of them, which stands them all."""
    for what, case in TABLE.items():
        with logged() as stream:
            before = httpx.get(f"{url}/metrics").text
            stream.seek(0)
            stream.truncate()
            answer = ask(url, case.said)
            lines = [orjson.loads(line) for line in stream.getvalue().splitlines()]
            after = httpx.get(f"{url}/metrics").text
        assert status(answer) == case.status, (what, answer[:300])
        head = answer.partition(b"\r\n\r\n")[0].lower()
        assert b"evil" not in answer and b"location" not in head and b"set-cookie" not in head, what
        assert b"Traceback" not in answer and b"passwd" not in answer, what
        assert "evil" not in stream.getvalue() and "passwd" not in stream.getvalue(), what
        if not case.route:
            assert (
                _figure(after, '_ended_total{why="no HTTP"}')
                == _figure(before, '_ended_total{why="no HTTP"}') + 1
            )
            continue
        [line] = [line for line in lines if line["event"] == "request" and line["route"] != "/metrics"]
        assert line["status"] == case.status, what
        if what not in REFUSED:
            assert line["route"] == case.route, what
    assert rows(service.engine, Event) == []
    assert httpx.get(f"{url}/healthz").status_code == 200


def _figure(told: str, name: str) -> float:
    return sum(float(line.rpartition(" ")[2]) for line in told.splitlines() if name in line)


def test_broken_links_of_people_lead_to_a_page(url: str) -> None:
    for what, case in REFUSED.items():
        answer = ask(url, case.said)
        assert b"text/html" in answer and b"content-security-policy: default-src 'none'" in answer.lower(), (
            what
        )


def test_several_requests_at_once_are_answered_in_their_order(url: str) -> None:
    several = request(b"GET /healthz HTTP/1.1").replace(b"Connection: close\r\n", b"") * 3
    answer = ask(url, several + get("/nonsense"))
    assert [int(piece[:3]) for piece in answer.split(b"HTTP/1.1 ")[1:]] == [200, 200, 200, 404]
