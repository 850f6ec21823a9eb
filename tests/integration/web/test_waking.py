"""What arrives by HTTP wakes the journeys that listen for it, after its commit; nothing waits for that."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, func, select

from loyaltyloop.journey.conditions.listening import Listening
from loyaltyloop.store.database import read, write_shop
from loyaltyloop.store.live import changes
from loyaltyloop.store.live.pausing import pause
from loyaltyloop.store.models import Event
from loyaltyloop.web.service import Service, present
from loyaltyloop.web.waking.agenda import Wake
from loyaltyloop.web.waking.listeners import LOOK_AGAIN, Directory
from loyaltyloop.web.waking.prefect import PrefectBell
from loyaltyloop.web.waking.waker import CannotWake, Waker
from tests.integration.store.shops import SHOP, reading
from tests.integration.web.conftest import WRITE_KEY, served

AUTH = (WRITE_KEY, "")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OTHER = """
journey: other
about: Somebody else.
purpose: service
enter: {event: Signed In}
steps: [{send: hello, template: welcome/hello}]
"""


@pytest.fixture
def live(engine: Engine) -> Engine:
    """A database in which a journey is live that Signed Up enters."""
    changes.apply(engine, reading(), NOON)
    return engine


class Bell:
    """Remembers whom it woke, and how many events were committed by then."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.rung, self.seconds = engine, list[tuple[str, str, int]](), 0.0

    def __call__(self, wakes: Sequence[Wake]) -> None:
        time.sleep(self.seconds)
        with read(self.engine) as connection:
            events = connection.execute(select(func.count()).select_from(Event)).scalar_one()
        self.rung += [(wake.journey, wake.why, events) for wake in wakes]


@contextmanager
def waking(service: Service, ring: Callable[[Sequence[Wake]], None]) -> Iterator[httpx.Client]:
    waker = Waker(Directory(service.engine), ring, present)
    with served(replace(service, waker=waker)) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client


def sign_up(client: httpx.Client, *people: str) -> None:
    calls = [{"type": "track", "event": "Signed Up", "userId": one, "messageId": one} for one in people]
    assert client.post("/v1/batch", json={"batch": calls}, auth=AUTH).status_code == 200


def until(holds: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_burst_of_requests_is_one_wake_after_the_commits(live: Engine, service: Service) -> None:
    bell = Bell(live)
    with waking(service, bell) as client:
        for number in range(20):
            sign_up(client, f"c{number}")
        until(lambda: bell.rung)
    (name, why, events), *others = bell.rung
    assert (name, why) == ("welcome", "Signed Up")
    assert events >= 1, "after the commit, never before"
    assert len(others) <= 1, "the rest wait until turns may be that close"


def test_a_bell_that_hangs_slows_down_no_request(live: Engine, service: Service) -> None:
    bell = Bell(live)
    bell.seconds = 1.5
    with waking(service, bell) as client:
        sign_up(client, "ada")
        time.sleep(0.5)  # by now it hangs
        began = time.monotonic()
        for number in range(10):
            sign_up(client, f"c{number}")
        assert time.monotonic() - began < 1, "ten requests, while nobody answers"
        assert not bell.rung
        until(lambda: bell.rung)


def test_what_is_applied_later_is_listened_for(live: Engine) -> None:
    directory, now = Directory(live), NOON
    assert sorted(directory.look(now).by_journey) == ["welcome"]
    assert directory.look(now).apart == timedelta(minutes=1)
    shop = SHOP + "turns: {at_least_apart: 10 seconds}\n"
    changes.apply(live, reading(extra={"journeys/other.yaml": OTHER, "journeys/shop.yaml": shop}), NOON)
    assert sorted(directory.look(now).by_journey) == ["welcome"], "not looked at each time"
    found = directory.look(now + LOOK_AGAIN)
    assert found.by_journey["other"] == Listening(frozenset(["Signed In"]))
    assert "Signed Up" in found.by_journey["welcome"].events
    assert found.apart == timedelta(seconds=10)
    with write_shop(live) as connection:
        pause(connection, "other", NOON)
    assert sorted(directory.look(now + 2 * LOOK_AGAIN).by_journey) == ["welcome"]


def test_nothing_is_applied_yet(engine: Engine) -> None:
    assert Directory(engine).look(NOON).by_journey == {}


# ── Prefect's API ──


class FakePrefect:
    """Takes events as Prefect does, on a real socket; its answer can be chosen, and it may go and come."""

    def __init__(self) -> None:
        self.status, self.told, self.headers = 204, list[dict[str, Any]](), dict[str, str]()
        self._port = 0
        self.start()

    def start(self) -> None:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                fake.headers = {name.lower(): text for name, text in self.headers.items()}
                if self.path == "/api/events" and fake.status == 204:
                    fake.told += json.loads(body)
                self.send_response(fake.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        self._port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self._port}/api"


@pytest.fixture
def prefect() -> Iterator[FakePrefect]:
    found = FakePrefect()
    yield found
    found.stop()


def test_prefect_goes_and_comes_back(live: Engine, service: Service, prefect: FakePrefect) -> None:
    prefect.stop()
    known = {"PREFECT_API_KEY": "k"}
    with PrefectBell(lambda: prefect.api, present, known) as bell, waking(service, bell) as client:
        for number in range(5):
            sign_up(client, f"c{number}")
        time.sleep(0.5)
        assert client.get("/healthz").status_code == 200
        prefect.start()
        until(lambda: prefect.told)
    (told,) = prefect.told
    assert told["resource"]["prefect.resource.id"] == "loyalty-loop.journey.welcome"
    assert told["payload"] == {"by": "Signed Up"}
    assert prefect.headers["authorization"] == "Bearer k"


@pytest.mark.parametrize(
    ("status", "why"),
    [(503, "Prefect answers 503"), (401, "Prefect answers 401"), (302, "Prefect answers 302")],
)
def test_what_prefect_refuses(prefect: FakePrefect, status: int, why: str) -> None:
    prefect.status = status
    with PrefectBell(lambda: prefect.api, present, {}) as bell, pytest.raises(CannotWake, match=why):
        bell([Wake("welcome", ("Signed Up",))])


@pytest.mark.parametrize("api", ["http://127.0.0.1:1/api", "no address", "http://[::1/api", "ftp://x/api"])
def test_no_prefect_there(api: str) -> None:
    with PrefectBell(lambda: api, present, {}) as bell, pytest.raises(CannotWake) as told:
        bell([Wake("welcome", ("Signed Up",))])
    assert api not in str(told.value)


def test_without_a_server_nobody_is_told() -> None:
    with PrefectBell(lambda: None, present, {}) as bell:
        bell([Wake("welcome", ("Signed Up",))])
