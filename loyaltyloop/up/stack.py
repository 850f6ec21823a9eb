"""The processes of `loop up`: Prefect's server, a worker, the web service; ended in reverse."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from loyaltyloop.deployments import POOL
from loyaltyloop.errors import UserError
from loyaltyloop.up.children import Child, adopt_orphans, end_orphans, start_child
from loyaltyloop.up.environment import prefect_environment
from loyaltyloop.up.stops import Stops

HOST = "127.0.0.1"
PORT = 4200
WEB_PORT = 8300  # where LOOP_PUBLIC_URL leads unless it is set
SERVER_PATIENCE = 120.0  # seconds until a server must answer; 4 to 8 on an idle machine
TURN_PATIENCE = 60.0  # seconds that a turn at work may take to end when we are to stop


class UpFailed(UserError):
    """Something did not start, or has died."""


@dataclass
class Stack:
    """What is at work, in the order in which it was started."""

    project: Path
    port: int
    web_port: int
    environ: Mapping[str, str]
    children: list[Child] = field(default_factory=list)

    @property
    def ui(self) -> str:
        """Where a browser finds Prefect."""
        return f"http://{HOST}:{self.port}"

    @property
    def web(self) -> str:
        """Where the web service listens."""
        return f"http://{HOST}:{self.web_port}"

    @property
    def worker(self) -> str:
        """The name of our worker: the same each time on this machine."""
        return f"loop up on {socket.gethostname()}"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of all that talks to our server."""
        api = f"{self.ui}/api"
        given = {**self.environ, "PREFECT_SERVER_UI_API_URL": api}
        return prefect_environment(self.project, given, api=api)

    def start_server(self, stops: Stops) -> None:
        """Start Prefect's server and wait until it answers."""
        adopt_orphans()
        command = ["-m", "prefect", "server", "start", "--host", HOST, "--port", str(self.port)]
        server = self._start("Prefect server", command, "server.log", patience=20)
        _wait(server, f"{self.ui}/api/health", stops)

    def start_web(self, stops: Stops) -> None:
        """Start the web service and wait until it answers."""
        command = ["-m", "loyaltyloop", "--project", str(self.project), "web", "--port", str(self.web_port)]
        web = self._start("web service", command, "web.log", patience=20)
        _wait(web, f"{self.web}/healthz", stops)

    def start_worker(self) -> None:
        """Start a worker that takes the runs of our pool."""
        command = f"-m flows.worker --pool {POOL} --name".split()
        warm = int(sys.platform == "linux")  # one more process, see flows/warm.py
        self._start("worker", [*command, self.worker], "worker.log", TURN_PATIENCE, helpers=warm)

    def watch(self, stops: Stops) -> None:
        """Until somebody asks to stop (Stopped), or a child ends that nobody has asked to (UpFailed)."""
        while True:
            for child in self.children:
                if child.dead:
                    raise died(child)
            stops.pause(0.5)

    def stop(self, hurry: Callable[[], bool]) -> None:
        """End all, last started first: the worker lets the turn at work end, unless `hurry()`."""
        while self.children:
            self.children[-1].end(hurry)
            self.children.pop()
            end_orphans(self.children)

    def _start(self, name: str, command: list[str], log: str, patience: float, helpers: int = 0) -> Child:
        child = start_child(
            name,
            [sys.executable, *command],
            folder=self.project,
            environment=self.environment,
            log=self.project / "var" / "log" / log,
            patience=patience,
            helpers=helpers,
        )
        self.children.append(child)
        return child


def died(child: Child) -> UpFailed:
    """The clear word for a child that has died."""
    code = child.process.returncode
    return UpFailed(f"The {child.name} has died (exit {code}). The end of {child.log}:\n{child.last_words()}")


def _wait(child: Child, url: str, stops: Stops) -> None:
    """Until a child answers there. UpFailed if it dies, or takes too long."""
    until = time.monotonic() + SERVER_PATIENCE
    while not _answers(url):
        if child.dead:
            raise died(child)
        if time.monotonic() > until:
            raise UpFailed(f"The {child.name} does not answer in {SERVER_PATIENCE:.0f} s: see {child.log}")
        stops.pause(0.2)


def choose_port(wanted: int | None, usual: int = PORT, option: str = "--port") -> int:
    """The port asked for, else the usual one, else a free one. UpFailed if the one asked for is taken."""
    if wanted is not None:
        if not _free(wanted):
            raise UpFailed(
                f"Port {wanted} is taken by another program: leave {option} out to get a free one."
            )
        return wanted
    return usual if _free(usual) else _any_free()


def _free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _any_free() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.HTTPError:
        return False
