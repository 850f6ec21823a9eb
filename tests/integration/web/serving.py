"""`loop web` in a process of its own, which can be killed, and started again where it was."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

WRITE_KEY = "a write key for tests"
PATIENCE = 60.0  # seconds for the service to listen


class Web:
    """The service of one database on one port."""

    def __init__(self, url: str, folder: Path, more: Mapping[str, str]) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            self.port = int(taken.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.deaths = 0
        self._environment = os.environ | {"LOOP_DATABASE_URL": url, "LOOP_WRITE_KEY": WRITE_KEY, **more}
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it listens."""
        loop = Path(sys.executable).with_name("loop")
        command = [str(loop), "--project", str(self._folder), "web", "--port", str(self.port)]
        with (self._folder / "web.log").open("ab") as told:
            self._process = subprocess.Popen(command, env=self._environment, stdout=told, stderr=told)
        until = time.monotonic() + PATIENCE
        while not self._listens():
            assert self._process.poll() is None, (self._folder / "web.log").read_text()
            assert time.monotonic() < until, "nobody listens"
            time.sleep(0.02)

    def _listens(self) -> bool:
        with socket.socket() as tried:
            return not tried.connect_ex(("127.0.0.1", self.port))

    def kill(self) -> None:
        """End it with SIGKILL: it has no time for anything."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self.deaths += 1

    def stop(self) -> None:
        """End it as an operator does."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=PATIENCE)


@contextmanager
def serving(url: str, folder: Path, more: Mapping[str, str] = MappingProxyType({})) -> Iterator[Web]:
    """A service that listens, `more`: with these settings, too; it is gone afterwards."""
    web = Web(url, folder, more)
    web.start()
    try:
        yield web
    finally:
        web.stop()
