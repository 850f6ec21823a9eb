"""`make latency`: from a request that brings an event to the message that it causes, handed over; real clock.

Everything is real: `loop up` on a project of its own, an event by HTTP, Prefect's events and automations, a
run in a process of its own, a mail server on this machine that notes when it took each message.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import httpx
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from benchmarks.databases import KINDS, server

ROOT = Path(__file__).parents[1]
KEY = "a write key for measuring"
PATIENCE = 120.0  # seconds until a message must be there
SHOP = """
shop: Sample shop
url: https://shop.example
timezone: Europe/London
currency: GBP
country: GB
sender: {name: Sample shop, email: hello@shop.example, postal_address: "1 Sample Street, London"}
turns: {every: 7 days, at_least_apart: 1 second}
"""
WELCOME = """
journey: welcome
about: Greet a new customer.
purpose: service
enter: {event: Signed Up}
steps:
  - send: hello
    template: welcome/hello
  - wait: 30 days
"""
TEMPLATE = """{% extends "layout/email.html" %}
{% block subject %}Hello{% endblock %}
{% block body %}<p>Hello, and thank you for coming.</p>{% endblock %}
"""


@dataclass
class Sink:
    """A mail server that takes everything, and notes by recipient when it had the whole message."""

    taken: dict[str, float] = field(default_factory=dict)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        now = time.time()
        for to in envelope.rcpt_tos:
            self.taken.setdefault(to, now)
        return "250 OK"


@dataclass(frozen=True)
class Try:
    """One event: when it was sent, and after how many seconds what had happened."""

    sent: float
    handed_over: float
    answered: float
    scheduled: float
    pending: float
    running: float
    name: str

    @property
    def parts(self) -> dict[str, float]:
        """How many seconds what took."""
        return {
            "request answered (committed)": self.answered,
            "run scheduled by Prefect's automation": self.scheduled - self.answered,
            "taken by the worker": self.pending - self.scheduled,
            "process at work": self.running - self.pending,
            "message handed over": self.handed_over - self.running,
            "in all": self.handed_over,
        }

    def told(self) -> str:
        """In one line."""
        return " ".join(f"{seconds:7.2f}" for seconds in self.parts.values()) + f"  {self.name}"


def make_project(folder: Path) -> None:
    """A small shop; flows, tasks and layouts are the repository's."""
    for name in ("flows", "tasks"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "journeys").mkdir()
    (folder / "templates" / "welcome").mkdir(parents=True)
    shutil.copytree(ROOT / "templates" / "layout", folder / "templates" / "layout")
    (folder / "journeys" / "shop.yaml").write_text(SHOP)
    (folder / "journeys" / "welcome.yaml").write_text(WELCOME)
    (folder / "templates" / "welcome" / "hello.html").write_text(TEMPLATE)


@dataclass
class Up:
    """`loop up` at work."""

    folder: Path
    environment: dict[str, str]
    log: Path

    def loop(self, *words: str) -> None:
        """One command; it must do well."""
        command = [sys.executable, "-m", "loyaltyloop", *words]
        subprocess.run(command, cwd=self.folder, env=self.environment, check=True, capture_output=True)

    @contextmanager
    def running(self) -> Iterator[tuple[str, str]]:
        """Up until the end; the addresses of Prefect's API and of the web service."""
        with self.log.open("w") as output:
            ports = ["--port", str(_free_port()), "--web-port", str(_free_port())]
            command = [sys.executable, "-m", "loyaltyloop", "up", *ports]
            process = subprocess.Popen(
                command, cwd=self.folder, env=self.environment, stdout=output, stderr=output
            )
        try:
            while "Loyalty Loop is up." not in self.log.read_text():
                if process.poll() is not None:
                    raise click.ClickException(self.log.read_text())
                time.sleep(0.2)
            said = self.log.read_text()
            web = said.split("Web service", 1)[1].split()[0]
            noted = json.loads((self.folder / "var" / "up.json").read_text())
            yield str(noted["api"]), web
        finally:
            process.terminate()
            process.wait()


def measure(api: str, web: str, sink: Sink, tries: int, dice: random.Random) -> Iterator[Try]:
    """One after another, each when the last run has ended, and at no particular moment."""
    with httpx.Client(timeout=30) as client:
        for number in range(tries):
            yield _one(client, api, web, sink, number)
            time.sleep(1 + 3 * dice.random())


def _one(client: httpx.Client, api: str, web: str, sink: Sink, number: int) -> Try:
    to = f"c{number}@customers.example"
    who = {"userId": f"c{number}"}
    calls = [
        {"type": "identify", **who, "traits": {"email": to}},
        {"type": "track", "event": "Signed Up", **who},
    ]
    began = time.time()
    answer = client.post(f"{web}/v1/batch", json={"batch": calls}, auth=(KEY, ""))
    answered = time.time()
    answer.raise_for_status()
    while to not in sink.taken:
        if time.time() > began + PATIENCE:
            raise click.ClickException(f"no message for the {number + 1}. event after {PATIENCE:.0f} s")
        time.sleep(0.01)
    states = _states(client, api, number)
    at = {name: stamp - began for name, stamp in states.items() if isinstance(stamp, float)}
    return Try(
        began,
        sink.taken[to] - began,
        answered - began,
        at["SCHEDULED"],
        at["PENDING"],
        at["RUNNING"],
        str(states["name"]),
    )


def _states(client: httpx.Client, api: str, number: int) -> dict[str, Any]:
    """When the run that the event of this number has woken came into each of its states; it has ended."""
    ended = {"state": {"type": {"any_": ["COMPLETED"]}}}
    body = {"flow_runs": ended, "sort": "END_TIME_DESC", "limit": 1}
    until = time.time() + PATIENCE
    while len(runs := client.post(f"{api}/flow_runs/filter", json={**body, "limit": 200}).json()) <= number:
        if time.time() > until:
            raise click.ClickException(f"{number + 1} events, and {len(runs)} runs have ended")
        time.sleep(0.1)
    found: dict[str, Any] = {"name": runs[0]["name"]}
    for state in client.get(f"{api}/flow_run_states/", params={"flow_run_id": runs[0]["id"]}).json():
        stamp = datetime.fromisoformat(state["timestamp"].replace("Z", "+00:00")).timestamp()
        found[state["type"]] = max(found.get(state["type"], 0.0), stamp)
    return found


def tell(kind: str, tries: Sequence[Try]) -> str:
    """Medians and 95th percentiles, and where the time goes."""
    lines = [f"{kind}: {len(tries)} tries, seconds", f"{'':42}{'median':>8}{'p95':>8}{'most':>8}"]
    for name in tries[0].parts:
        seconds = [one.parts[name] for one in tries]
        figures = (statistics.median(seconds), _p95(seconds), max(seconds))
        lines.append(f"{name:42}" + "".join(f"{figure:8.2f}" for figure in figures))
    return "\n".join(lines)


def _p95(seconds: Sequence[float]) -> float:
    return sorted(seconds)[min(round(0.95 * len(seconds)), len(seconds) - 1)]


@click.command()
@click.option("--tries", type=click.IntRange(2), default=50, show_default=True)
@click.option("--database", type=click.Choice(KINDS), multiple=True, default=KINDS, show_default=True)
@click.option("--seed", default=1, show_default=True)
def main(tries: int, database: Sequence[str], seed: int) -> None:
    """From the request to the message handed over, through `loop up`."""
    for kind in database:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            databases = stack.enter_context(server(kind))
            engine = stack.enter_context(databases.database(schema=False))
            sink = Sink()
            port = _free_port()
            mail = Controller(sink, hostname="127.0.0.1", port=port)
            mail.start()
            stack.callback(mail.stop)
            make_project(folder)
            environment = _environment(engine.url.render_as_string(False), port)
            if kind == "postgresql":  # as for real, Prefect's server has a database there, too
                beside = stack.enter_context(databases.database(schema=False)).url
                address = beside.set(drivername="postgresql+asyncpg").render_as_string(False)
                environment["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = address
            up = Up(folder, environment, folder / "up.log")
            up.loop("apply", "--yes")
            api, web = stack.enter_context(up.running())
            found = []
            for one in measure(api, web, sink, tries, random.Random(seed)):
                found.append(one)
                click.echo(f"{datetime.now(UTC):%H:%M:%S} {one.told()}", err=True)
            click.echo(tell(kind, found))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(database: str, port: int) -> dict[str, str]:
    own = {name: text for name, text in os.environ.items() if not name.startswith(("LOOP_", "PREFECT_"))}
    return own | {
        "PYTHONPATH": str(ROOT),
        "LOOP_DATABASE_URL": database,
        "LOOP_WRITE_KEY": KEY,
        "LOOP_EMAIL": "smtp",
        "LOOP_SMTP_PORT": str(port),
        "LOOP_SMTP_TLS": "none",
    }


if __name__ == "__main__":
    main()
