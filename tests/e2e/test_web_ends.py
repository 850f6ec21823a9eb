"""`loop web` ends cleanly: what it has acknowledged is stored, and whoever waits has an answer."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import orjson
import pytest
from sqlalchemy import Engine, text

from loyaltyloop.store.database import write
from loyaltyloop.web import server as servers
from loyaltyloop.web.server import GRACE, LAST_RESORT, Server, listen
from tests.e2e.upped import LOOP, environment, free_port, until

KEY = "a write key for tests"
SENDERS = 6


class Web:
    """A real `loop web` on a database of the test's."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "web.log"
        settings = {
            "LOOP_DATABASE_URL": engine.url.set(drivername=engine.url.get_backend_name()).render_as_string(
                hide_password=False
            ),
            "LOOP_WRITE_KEY": KEY,
        }
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [*LOOP, "--project", str(folder), "web", "--port", str(self.port)],
                env={**environment(), **settings},
                stdout=subprocess.DEVNULL,
                stderr=output,
            )
        until("the web service", self._answers)

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/healthz").status_code == 200
        return False

    def lines(self) -> list[dict[str, object]]:
        return [orjson.loads(line) for line in self.log.read_bytes().splitlines()]


@contextmanager
def web_on(folder: Path, engine: Engine) -> Iterator[Web]:
    web = Web(folder, engine)
    try:
        yield web
    finally:
        if web.process.poll() is None:
            web.process.kill()
            web.process.wait()


class Sender(threading.Thread):
    """Sends batches as fast as it can, until nobody answers; `known`: the ids that were acknowledged."""

    def __init__(self, web: Web, number: int) -> None:
        super().__init__(daemon=True)
        self.web, self.number = web, number
        self.known: set[str] = set()
        self.strange: list[object] = []

    def run(self) -> None:
        with httpx.Client(base_url=self.web.url, auth=(KEY, ""), timeout=60) as client:
            for batch in range(100_000):
                ids = [f"{self.number}-{batch}-{each}" for each in range(5)]
                calls = [{"type": "track", "event": "A", "userId": "ada", "messageId": one} for one in ids]
                try:
                    answer = client.post("/v1/batch", json={"batch": calls})
                except httpx.TransportError:
                    return
                if answer.status_code == 200:
                    self.known.update(ids)
                else:
                    self.strange.append((answer.status_code, answer.text))


def stored(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.execute(text("SELECT message_id FROM event")).scalars())


def test_a_signal_under_load(engine: Engine, tmp_path: Path) -> None:
    with web_on(tmp_path, engine) as web:
        senders = [Sender(web, number) for number in range(SENDERS)]
        for sender in senders:
            sender.start()
        until("events", lambda: len(senders[0].known) > 50)
        web.process.send_signal(signal.SIGTERM)
        assert web.process.wait(GRACE + 10) == 0, web.log.read_text()
        for sender in senders:
            sender.join(60)
    acknowledged = set[str]().union(*(sender.known for sender in senders))
    assert len(acknowledged) > 250
    assert acknowledged == stored(engine)
    assert not any(sender.strange for sender in senders)
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{web.url}/healthz")
    assert {line["level"] for line in web.lines()} == {"info"}
    assert {line["event"] for line in web.lines()} == {"request"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_another_signal_hastens(engine: Engine, tmp_path: Path) -> None:
    with web_on(tmp_path, engine) as web, write(engine):
        sender = Sender(web, 0)  # its first batch waits for the lock
        sender.start()
        time.sleep(1)
        web.process.send_signal(signal.SIGTERM)
        time.sleep(1)
        assert web.process.poll() is None  # it waits for the request at work
        began = time.monotonic()
        web.process.send_signal(signal.SIGTERM)
        assert web.process.wait(GRACE) == 1  # somebody got no answer
        assert time.monotonic() - began < GRACE / 2
        sender.join(60)
    assert sender.known == set()


def test_nothing_holds_it_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where neither a thread nor the database lets it end, it ends all the same; all is not well then."""
    ended = threading.Event()
    codes: list[int] = []

    def leave(code: int) -> None:
        codes.append(code)
        ended.set()

    monkeypatch.setattr(servers, "LAST_RESORT", 0.05)
    monkeypatch.setattr(os, "_exit", leave)
    server = Server.__new__(Server)
    server.should_exit = server.force_exit = False
    server.handle_exit(signal.SIGTERM, None)
    assert (server.should_exit, server.force_exit) == (True, False)
    assert ended.wait(10) and codes == [1]
    server.handle_exit(signal.SIGTERM, None)
    assert server.force_exit
    assert GRACE < LAST_RESORT < 20  # `loop up` waits so long for the web service


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*LOOP, "--project", str(tmp_path), "web", "--port", str(port)],
            env=environment(),
            capture_output=True,
            text=True,
        )
    assert done.returncode == 1
    assert f"Nobody can listen on 127.0.0.1, port {port}" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
