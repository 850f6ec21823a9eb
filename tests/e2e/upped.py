"""A small project, the `loop` command on it, and Prefect's API beside it. Nothing here imports Prefect."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil
from sqlalchemy import Engine

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.reading.project import collect_files
from loyaltyloop.journey.reading.reader import read_project
from loyaltyloop.store.database import open_engine, write_shop
from loyaltyloop.store.events.ingest import record
from loyaltyloop.store.live import changes
from loyaltyloop.store.schema import create_schema
from loyaltyloop.store.segment import Call, read_call

ROOT = Path(__file__).parents[2]
LOOP = (sys.executable, "-c", "from loyaltyloop.cli import main; main()")
KEY = "a write key for tests"
PATIENCE = 240.0  # seconds, on a machine with much else to do; on an idle one a run takes six
T = TypeVar("T")
Json = Any

SHOP = """
shop: Sample shop
url: https://shop.example
timezone: Europe/London
currency: GBP
country: GB
sender: {name: Sample shop, email: hello@shop.example, postal_address: "1 Sample Street, London"}
turns: {every: 7 days, at_least_apart: 5 seconds}
"""
WELCOME = """
journey: welcome
about: Greet a new customer and learn where they live.
purpose: service
enter: {event: Signed Up}
steps:
  - send: hello
    template: welcome/hello
  - branch: where
    paths:
      home:
        when: {customer: {country: GB}}
        steps: [{set: {tags: {add: [home]}}}]
      away: {}
  - wait: 3 hours
  - send: more
    template: welcome/hello
"""
TEMPLATE = """{% extends "layout/email.html" %}
{% block subject %}Hello{% endblock %}
{% block body %}<p>Hello, and thank you for coming.</p>{% endblock %}
"""


def make_project(folder: Path, url: str | None = None) -> Path:
    """A project as a user has it: journeys and templates of its own, flows and tasks as they come."""
    folder.mkdir(exist_ok=True)
    for name in ("flows", "tasks"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "journeys").mkdir()
    (folder / "templates" / "welcome").mkdir(parents=True)
    shutil.copytree(ROOT / "templates" / "layout", folder / "templates" / "layout")
    (folder / "journeys" / "shop.yaml").write_text(SHOP)
    (folder / "journeys" / "welcome.yaml").write_text(WELCOME)
    (folder / "templates" / "welcome" / "hello.html").write_text(TEMPLATE)
    apply(folder, url)
    return folder


def database(folder: Path) -> str:
    return f"sqlite:///{folder / 'var' / 'loop.db'}"


def apply(folder: Path, url: str | None = None) -> None:
    """Make the project's files live."""
    with _opened(url or database(folder)) as engine:
        create_schema(engine)
        changes.apply(engine, read_project(collect_files(folder)), datetime.now(UTC))


@contextmanager
def _opened(url: str) -> Iterator[Engine]:
    """A database; no connection to it stays open."""
    engine = open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def sign_up(folder: Path, ids: Sequence[str], url: str | None = None) -> None:
    """These customers become known and sign up, now."""
    now = datetime.now(UTC).isoformat()
    calls = [call for name in ids for call in (_identify(name, now), _track(name, now))]
    read = [read_call(call, lateness=Duration.of("10 minutes")) for call in calls]
    assert all(isinstance(call, Call) for call in read), read
    with _opened(url or database(folder)) as engine, write_shop(engine) as connection:
        record(connection, [call for call in read if isinstance(call, Call)])


def _identify(name: str, now: str) -> dict[str, Json]:
    country = "GB" if int(name[1:]) % 2 else "FR"
    traits = {"email": f"{name}@customers.example", "country": country}
    stamps = {"timestamp": now, "receivedAt": now, "messageId": f"i-{name}"}
    return {"type": "identify", "userId": name, "traits": traits, **stamps}


def _track(name: str, now: str) -> dict[str, Json]:
    stamps = {"timestamp": now, "receivedAt": now, "messageId": f"t-{name}"}
    return {"type": "track", "event": "Signed Up", "userId": name, "properties": {}, **stamps}


def environment() -> dict[str, str]:
    """As a person has it, without settings of ours or of Prefect."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("LOOP_", "PREFECT_"))}
    return {**kept, "PYTHONPATH": str(ROOT)}


def loop(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """One `loop` command in the project's folder."""
    given = {**environment(), **variables}
    return subprocess.run([*LOOP, *arguments], cwd=folder, env=given, capture_output=True, text=True)


def until(what: str, found: Callable[[], T | None], seconds: float = PATIENCE) -> T:
    """Wait for something to be there."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := found():
            return answer
        time.sleep(0.25)
    raise AssertionError(f"not there after {seconds:.0f} seconds: {what}")


class Upped:
    """`loop up` at work on a project."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.output = folder / "up.log"
        self.start()

    def start(self) -> None:
        self.port, self.web_port = free_port(), free_port()
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [*LOOP, "up", "--port", str(self.port), "--web-port", str(self.web_port)],
                cwd=self.folder,
                env=environment() | {"LOOP_WRITE_KEY": KEY},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_up(self) -> None:
        def said() -> bool:
            assert self.process.poll() is None, self.said()
            return "Loyalty Loop is up." in self.said()

        until("loop up", said)

    def said(self) -> str:
        return self.output.read_text()

    def family(self) -> list[psutil.Process]:
        """All that it has started."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self) -> int:
        """SIGTERM, as a service manager does; the exit code."""
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def end(self) -> None:
        """Whatever has happened: leave nothing behind."""
        if self.process.poll() is None:
            self.stop()

    def signs_up(self, ids: Sequence[str]) -> None:
        """These customers become known and sign up, by HTTP; answered when it is committed."""
        now = datetime.now(UTC).isoformat()
        calls = [call for name in ids for call in (_identify(name, now), _track(name, now))]
        url = f"http://127.0.0.1:{self.web_port}/v1/batch"
        answer = httpx.post(url, json={"batch": calls}, auth=(KEY, ""), timeout=PATIENCE)
        assert answer.status_code == 200, answer.text
        assert answer.json()["success"], answer.text

    # ── Prefect's API ──

    def ask(self, path: str, body: Json = None) -> Json:
        """GET, or POST where there is a body."""
        answer = until("an answer", lambda: self._ask(path, body))
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def _ask(self, path: str, body: Json) -> httpx.Response | None:
        url = f"http://127.0.0.1:{self.port}/api{path}"
        try:
            answer = httpx.get(url, timeout=60) if body is None else httpx.post(url, json=body, timeout=60)
        except httpx.ReadTimeout:
            if body is not None:
                raise
            return None  # its own database lets it wait for a minute now and then: asked again
        return None if answer.status_code == 503 else answer  # busy: asked again

    def deployment(self, name: str) -> Json:
        return self.ask(f"/deployments/name/{name.replace(' ', '%20')}/{name.replace(' ', '%20')}")

    def press_run(self, name: str, **parameters: Json) -> str:
        """What the UI's button does; the run's id."""
        body = {"parameters": parameters, "state": {"type": "SCHEDULED"}}
        return str(self.ask(f"/deployments/{self.deployment(name)['id']}/create_flow_run", body)["id"])

    def ended(self, run: str, seconds: float = PATIENCE) -> Json:
        """The run, when it has ended."""

        def found() -> Json:
            read = self.ask(f"/flow_runs/{run}")
            return read if read["state_type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED") else None

        return until(f"the end of run {run}", found, seconds)

    def runs_of_flow(self, flow: str, /, **runs: Json) -> list[Json]:
        """Also those that were started without a deployment."""
        return list(self.ask("/flow_runs/filter", {"flows": {"name": {"any_": [flow]}}, "flow_runs": runs}))

    def mails(self) -> list[Path]:
        """What has left."""
        return sorted((self.folder / "var" / "outbox").rglob("*.eml"))

    def runs(self, deployment: str, /, **runs: Json) -> list[Json]:
        wanted = {"deployments": {"id": {"any_": [self.deployment(deployment)["id"]]}}}
        return list(self.ask("/flow_runs/filter", {**wanted, "flow_runs": runs, "sort": "START_TIME_ASC"}))

    def tasks_so_far(self, run: str) -> list[Json]:
        """The task runs of a run that may be at work."""
        return list(self.ask("/task_runs/filter", {"flow_runs": {"id": {"any_": [run]}}}))

    def tasks(self, run: str) -> list[Json]:
        """The task runs of a run, when their records have arrived."""
        wanted = {"flow_runs": {"id": {"any_": [run]}}, "sort": "EXPECTED_START_TIME_ASC"}

        def found() -> list[Json]:
            read = self.ask("/task_runs/filter", wanted)
            return read if read and all(one["state_type"] == "COMPLETED" for one in read) else []

        return until("task runs", found)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
