"""What holds for every request: limits by address and key, who may see the figures, headers of answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from loyaltyloop.web import operation
from loyaltyloop.web.service import Service
from tests.integration.web.conftest import WRITE_KEY, served
from tests.integration.web.shops import send_once
from tests.integration.web.test_segment import AUTH, signed_up

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FAR = {"X-Forwarded-For": "203.0.113.77"}
ELSEWHERE = {"X-Forwarded-For": "2001:db8::1"}


@dataclass
class Shop:
    """A service whose ticks are the test's, and which lets ten requests through at once, of each kind."""

    service: Service
    web: httpx.Client
    now: list[float]

    def count(self, name: str) -> float:
        told = self.web.get("/metrics").text
        return sum(float(line.rpartition(" ")[2]) for line in told.splitlines() if line.startswith(name))


@pytest.fixture
def shop(service: Service) -> Iterator[Shop]:
    now = [1000.0]
    limits = {f"limit_{name}": 1.0 for name in ("links", "pages", "hooks", "ingest")}
    settings = service.settings.model_copy(update=limits)
    made = replace(service, settings=settings, ticks=lambda: now[0])
    with served(made) as url, httpx.Client(base_url=url, timeout=30) as web:
        yield Shop(made, web, now)


Ask = Callable[[Shop, dict[str, str]], httpx.Response]
ASKED: dict[str, Ask] = {
    "links": lambda shop, who: shop.web.get("/c/forged", headers=who),
    "pages": lambda shop, who: shop.web.post("/u/forged", headers=who),
    "rest": lambda shop, who: shop.web.get("/nonsense", headers=who),
    "hooks": lambda shop, who: send_once(shop.web, "woocommerce", "order.created", b"x", **who),
    "ingest": lambda shop, who: shop.web.post("/v1/track", json=signed_up(), auth=AUTH),
}


@pytest.mark.parametrize("area", sorted(ASKED))
def test_who_asks_too_often_is_told_when_to_come_again(shop: Shop, area: str) -> None:
    ask = ASKED[area]
    assert 429 not in {ask(shop, FAR).status_code for _ in range(10)}
    answer = ask(shop, FAR)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert answer.headers["content-type"].startswith(
        "text/html" if area in ("links", "pages") else "application/json"
    )
    if area != "ingest":
        assert ask(shop, ELSEWHERE).status_code != 429
    assert shop.count(f'loop_web_rate_limited_total{{area="{area}"}}') == 1
    shop.now[0] += 1
    assert [ask(shop, FAR).status_code == 429 for _ in range(2)] == [False, True]


def test_a_key_that_is_made_up_takes_nothing_from_ours(shop: Shop) -> None:
    for _ in range(30):
        shop.web.post("/v1/track", json={}, auth=("made up", ""))
    assert shop.web.post("/v1/track", json=signed_up(), auth=AUTH).status_code == 200


def test_this_machine_is_not_limited(shop: Shop) -> None:
    assert {shop.web.get("/healthz").status_code for _ in range(40)} == {200}


@pytest.mark.parametrize(
    ("proxies", "said", "limited"),
    [
        ("127.0.0.1,::1", "203.0.113.77", True),
        ("127.0.0.1,::1", "198.51.100.{n}, 203.0.113.77", True),  # what the client says of itself
        ("127.0.0.1,203.0.113.0/24", "198.51.100.9, 203.0.113.77", True),  # two proxies of ours
        ("10.0.0.0/8", "203.0.113.77", False),  # not a proxy of ours: nobody is believed
        ("", "203.0.113.77", False),
        ("127.0.0.1", "no address at all {n}", True),
    ],
)
def test_whom_a_proxy_speaks_for(service: Service, proxies: str, said: str, limited: bool) -> None:
    update = {"limit_links": 1.0, "trusted_proxies": proxies}
    made = replace(service, settings=service.settings.model_copy(update=update), ticks=lambda: 0.0)
    with served(made) as url, httpx.Client(base_url=url) as web:
        answers = [web.get("/c/x", headers={"X-Forwarded-For": said.format(n=n)}) for n in range(12)]
    assert (429 in {answer.status_code for answer in answers}) is limited


# ── /metrics ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
def test_figures_are_shown_to_this_machine_alone(web: httpx.Client, header: str) -> None:
    assert web.get("/metrics").status_code == 200
    assert web.get("/metrics", headers={header: "127.0.0.1"}).status_code == 404


def test_or_to_who_knows_the_token(service: Service) -> None:
    service.settings.metrics_token = SecretStr("a tokén")
    with served(service) as url, httpx.Client(base_url=url) as web:
        for said in ("", "Bearer another", "Basic a tokén", "Bearer"):
            answer = web.get("/metrics", headers={b"Authorization": said.encode()})
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        right: Any = {
            b"Authorization": "Bearer a tokén".encode(),
            **{k.encode(): v.encode() for k, v in FAR.items()},
        }
        answer = web.get("/metrics", headers=right)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert 'loop_web_others_total{area="metrics",outcome="wrong token"} 4.0' in answer.text


def test_figures_of_what_happened(service: Service, web: httpx.Client) -> None:
    calls = [signed_up(), {"type": "track", "userId": "ben"}, "nonsense"]
    web.post("/v1/batch", json={"batch": calls}, auth=AUTH)
    web.get("/c/forged")
    told = web.get("/metrics").text.splitlines()
    for line in (
        'loop_web_events_total{outcome="accepted",reason=""} 1.0',
        'loop_web_events_total{outcome="rejected",reason="event name"} 1.0',
        'loop_web_events_total{outcome="rejected",reason="no object"} 1.0',
        'loop_web_requests_total{method="POST",route="/v1/batch",status="200"} 1.0',
        'loop_web_request_seconds_count{method="GET",route="/c/{token}"} 1.0',
        'loop_web_links_total{kind="c",outcome="forged"} 1.0',
        "loop_web_commit_events_sum 1.0",
        "loop_web_commit_seconds_count 1.0",
        "loop_web_waiting_requests 0.0",
        "loop_web_database_up 1.0",
        "loop_web_connections 1.0",
    ):
        assert line in told, line


def test_a_database_that_is_gone(service: Service, web: httpx.Client) -> None:
    service.engine.dispose()
    gone = Path(service.engine.url.database or "")
    gone.rename(gone.with_suffix(".gone"))
    gone.mkdir()  # no file that could be opened
    answer = web.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"status": "no database"})
    assert "loop_web_database_up 0.0" in web.get("/metrics").text.splitlines()
    answer = web.post("/v1/track", json=signed_up(), auth=AUTH)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert "loop_web_commits_failed_total 1.0" in web.get("/metrics").text.splitlines()


# ── bodies and headers ──────────────────────────────────────────────────────


def test_bodies_of_all_requests_have_one_bound(
    service: Service, web: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operation, "HELD", 1_000_000)
    answer = web.post("/hooks/shopify", content=b"x" * 2_000_000)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert web.post("/hooks/shopify", content=b"x" * 900_000).status_code == 401  # what was held is let go
    assert web.post("/hooks/shopify", content=b"x" * 900_000).status_code == 401


PATHS = [
    "/healthz",
    "/metrics",
    "/openapi.json",
    "/nonsense",
    "/c/x",
    "/o/x.gif",
    "/v/x",
    "/u/x",
    "/p/x",
    "/v1/track",
]


@pytest.mark.parametrize("secure", [True, False])
def test_every_answer_is_kept_private_and_plain(service: Service, secure: bool) -> None:
    update = {"public_url": "https://links.shop.example" if secure else "http://127.0.0.1:8300"}
    made = replace(service, settings=service.settings.model_copy(update=update))
    with served(made) as url, httpx.Client(base_url=url) as web:
        for path in PATHS:
            for answer in (web.get(path), web.post(path, content=b"{}"), web.options(path)):
                said = answer.headers
                assert said.get_list("x-content-type-options") == ["nosniff"], path
                assert "default-src 'none'" in said["content-security-policy"]
                assert "frame-ancestors 'none'" in said["content-security-policy"]
                assert "no-store" in said["cache-control"]
                assert said["referrer-policy"] == "no-referrer"
                assert ("strict-transport-security" in said) is secure
                assert "set-cookie" not in said and "server" not in said
                assert len(said["x-request-id"]) == 16
                assert WRITE_KEY not in str(said)


def test_who_opens_the_service_itself_is_told_what_it_is(web: httpx.Client) -> None:
    answer = web.get("/")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert "/healthz says whether it is well" in answer.text
