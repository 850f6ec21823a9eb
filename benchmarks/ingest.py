"""Ingest: what an event costs the service, beside a bare endpoint that inserts the same rows.

Each is a process of its own on an empty database; a third one posts batches over loopback. Measured is the
CPU of the process that answers, and beside it that of the PostgreSQL server.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import psutil
from sqlalchemy import Engine

from benchmarks.databases import Server
from benchmarks.ingest_calls import SIZE
from loyaltyloop.store.database import read

KEY = "a write key for measuring"
CONNECTIONS = 4
WARM = 5  # batches before anything is measured: imports, statements, caches


@dataclass(frozen=True)
class Taken:
    """CPU microseconds an event, of the answering process and of the database server; events a second."""

    process: float
    server: float
    rate: float

    @property
    def both(self) -> float:
        """Whoever's it is."""
        return self.process + self.server


def ingest(server: Server, batches: int, rounds: int = 2) -> tuple[Taken, Taken]:
    """(the service, the floor): means of some rounds, in turns, as the machine may be slower now and then."""
    both = [(ours(server, batches), bare(server, batches)) for _ in range(rounds)]
    return _mean([one for one, _ in both]), _mean([other for _, other in both])


def _mean(found: Sequence[Taken]) -> Taken:
    return Taken(*(fmean(getattr(each, name) for each in found) for name in ("process", "server", "rate")))


def ours(server: Server, batches: int) -> Taken:
    """`loop web`, as it is started for real."""
    with tempfile.TemporaryDirectory(prefix="loop-bench-") as folder, server.database() as engine:
        port = _free_port()
        command = [_loop(), "--project", folder, "web", "--port", str(port)]
        environment = {"LOOP_DATABASE_URL": _url(engine), "LOOP_WRITE_KEY": KEY}
        return _taken(server, engine, port, command, environment, batches)


def bare(server: Server, batches: int) -> Taken:
    """The floor."""
    with server.database() as engine:
        port = _free_port()
        command = [sys.executable, "-m", "benchmarks.ingest_bare", _url(engine), str(port)]
        return _taken(server, engine, port, command, {}, batches)


def _taken(
    server: Server,
    engine: Engine,
    port: int,
    command: Sequence[str],
    environment: Mapping[str, str],
    batches: int,
) -> Taken:
    events = batches * SIZE
    with _running(command, environment, port) as process:
        _send(port, WARM, seed=1)
        before, served = _cpu(process), server.cpu_of_server()
        seconds = _send(port, batches, seed=2)
        used, serving = _cpu(process) - before, server.cpu_of_server() - served
    _check(engine, events + WARM * SIZE)
    return Taken(used / events * 1e6, serving / events * 1e6, events / seconds)


@contextmanager
def _running(command: Sequence[str], environment: Mapping[str, str], port: int) -> Iterator[psutil.Process]:
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(command, env=os.environ | environment, stdout=told, stderr=told)
        try:
            _wait_for(port)
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait(timeout=60)


def _wait_for(port: int) -> None:
    for _ in range(600):
        with socket.socket() as tried:
            if not tried.connect_ex(("127.0.0.1", port)):
                return
        time.sleep(0.1)
    raise RuntimeError("nobody listens")


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _send(port: int, batches: int, seed: int) -> float:
    """Seconds that so many batches took."""
    numbers = (str(port), KEY, str(batches), str(CONNECTIONS), str(seed))
    command = [sys.executable, "-m", "benchmarks.ingest_load", *numbers]
    return float(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)


def _check(engine: Engine, events: int) -> None:
    """Figures of work that was not done are none."""
    with read(engine) as connection:
        found = connection.exec_driver_sql("SELECT count(*) FROM event").scalar_one()
    if found != events:
        raise RuntimeError(f"{events} events should be there: {found}")


def _url(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def _loop() -> str:
    return str(Path(sys.executable).with_name("loop"))


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
