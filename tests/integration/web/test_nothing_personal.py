"""No line of the log and no figure tells of whom a request was, whatever is sent and whatever fails."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import httpx
import orjson
import pytest

from loyaltyloop.channels.values import tokens
from loyaltyloop.store.segment import Call
from loyaltyloop.web import writer
from loyaltyloop.web.providers.routes import HOOKS
from loyaltyloop.web.service import Service
from tests.integration.web.conftest import WRITE_KEY, served
from tests.integration.web.post import Post
from tests.integration.web.providers import one_of, post_of
from tests.integration.web.providers import send as send_of_provider
from tests.integration.web.shops import HEADERS, sign
from tests.unit.web.logged import logged

MARK = "Zoraida"  # in whatever a sender may choose
ADDRESS = "203.0.113.77"
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
AGENT = {
    "User-Agent": MARK,
    "X-Forwarded-For": ADDRESS,
    "Referer": f"https://x.example/{MARK}",
    "Cookie": MARK,
}
TRAITS = {"email": f"{MARK}@example.com", "firstName": MARK, "phone": "+4915112345678"}
CALLS = [
    {"type": "identify", "userId": MARK, "traits": TRAITS},
    {"type": "track", "userId": MARK, "event": MARK, "properties": {"name": MARK}},
    {"type": "track", "userId": [MARK], "event": MARK},
    {"type": MARK, "userId": MARK},
    {"type": "track", "userId": MARK, "event": "A", "timestamp": MARK},
    MARK,
]


def requests(web: httpx.Client, post: Post) -> Iterator[httpx.Response]:
    """Every kind of request, right and wrong, full of what must not be told."""
    yield web.post("/v1/batch", json={"batch": CALLS}, auth=(WRITE_KEY, ""))
    yield web.post("/v1/track", json=CALLS[2], auth=(WRITE_KEY, ""))
    yield web.post("/v1/track", json=CALLS[1], auth=(MARK, MARK))
    yield web.post(f"/v1/{MARK}", json=CALLS[1], auth=(WRITE_KEY, ""))
    yield web.post("/v1/track", content=f'{{"{MARK}'.encode(), auth=(WRITE_KEY, ""))
    for kind in tokens._KINDS:
        number = 0 if kind in tokens.NUMBERED else None
        token = tokens.make(post.secret, kind, post.keys["ada"], number)
        for path in (f"/{kind}/{token}", f"/{kind}/{token[:-1]}", f"/{kind}/{MARK}"):
            yield web.get(f"{path}.gif" if kind == "o" else path, params={"who": MARK})
            yield web.post(path, data={"do": "save", "birthday": MARK, "language": MARK})
    for source, (_, topic, _) in HEADERS.items():
        for body in (orjson.dumps({"id": MARK, "customer": TRAITS, "line_items": MARK}), MARK.encode()):
            about = {topic: "orders/create" if source == "shopify" else "order.created"}
            signed = {HEADERS[source][0]: sign(source, body)}
            yield web.post(f"/hooks/{source}", content=body, headers=about | signed)
            yield web.post(f"/hooks/{source}", content=body, headers={**about, HEADERS[source][0]: MARK})
    for provider in sorted(HOOKS):
        yield send_of_provider(web, one_of(provider, post.keys["ada"]))
        yield web.post(f"/hooks/{provider}", content=MARK.encode(), headers={"Authorization": MARK})
    yield web.get(f"/{MARK}?{MARK}")
    yield web.request(MARK.upper(), "/healthz")
    yield web.get("/healthz", headers={"Accept": MARK})
    yield web.get("/c/" + MARK * 2000)


def is_silent(said: str, post: Post) -> None:
    key = post.keys["ada"]
    secret = [tokens.make(post.secret, kind, key) for kind in ("u", "p", "v", "o")]
    links = [path[3:] for path in post.links()]
    passed = b64encode(f"{WRITE_KEY}:".encode()).decode()
    for word in (
        MARK.lower(),
        ADDRESS,
        "127.0.0.1",
        "ada@",
        key,
        WRITE_KEY,
        passed,
        *secret,
        *links,
        "151123",
    ):
        at = said.lower().find(word.lower())
        assert at < 0, f"{word!r} in {said[max(at - 300, 0) : at + 100]!r}"


@SQLITE
def test_whatever_is_sent(service: Service, tmp_path: Path) -> None:
    post = post_of(service, tmp_path)
    with logged() as stream, served(post.service) as url:
        with httpx.Client(base_url=url, headers=AGENT, timeout=30) as web:
            answers = list(requests(web, post))
        told = httpx.get(f"{url}/metrics").text
    lines = [orjson.loads(line) for line in stream.getvalue().splitlines()]
    asked = [line for line in lines if line["event"] == "request"]
    assert {answer.status_code for answer in answers} >= {200, 302, 400, 401, 404, 405, 414}
    assert all(answer.status_code < 500 for answer in answers)
    assert len(asked) == len(answers) + 1
    assert {line["request"] for line in asked} >= {answer.headers["x-request-id"] for answer in answers}
    assert [asked[0][name] for name in ("route", "status", "accepted", "rejected")] == [
        "/v1/batch",
        200,
        2,
        4,
    ]
    assert "loop_web_events_total" in told
    is_silent(stream.getvalue(), post)
    is_silent(told, post)


@SQLITE
@pytest.mark.parametrize("how", ["no tables", "a mistake of ours"])
def test_whatever_fails(service: Service, tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    post = post_of(service, tmp_path)

    def fail(_connection: object, calls: list[Call]) -> None:
        raise RuntimeError(f"{MARK}: {calls}")

    if how == "no tables":
        with service.engine.begin() as connection:
            for table in ("event", "message"):
                connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO gone_{table}")
    else:
        monkeypatch.setattr(writer, "record", fail)
    with logged() as stream, served(post.service) as url:
        with httpx.Client(base_url=url, headers=AGENT, timeout=30) as web:
            answers = list(requests(web, post))
        told = httpx.get(f"{url}/metrics").text
    assert any(answer.status_code >= 500 for answer in answers)
    is_silent("".join(answer.text for answer in answers if answer.status_code >= 500), post)
    is_silent(told, post)
    is_silent(stream.getvalue(), post)
