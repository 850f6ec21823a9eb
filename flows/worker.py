"""A worker of Prefect's that starts runs warm: `python -m flows.worker --pool loop`.

It does what `prefect worker start --type process` does, and each run is a process of its own; but that is a
fork of one in which everything is imported already (`flows/warm.py`). A run with variables of its own starts
cold.
"""

from __future__ import annotations

import shlex
import socket
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from prefect.cli import app
from prefect.workers.process import ProcessJobConfiguration, ProcessWorker

HANDED = Path(__file__).with_name("handed.py")
BACKLOG = 64


class Warmth:
    """The warm process of this worker, and the socket by which runs find it; begun anew when it has died."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "warm"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen(BACKLOG)
        self._process = self._start()

    def keep(self) -> bool:
        """Is it at work? If not, it is started anew."""
        if self._process.poll() is None:
            return True
        self._process = self._start()
        return False

    def _start(self) -> subprocess.Popen[bytes]:
        listener = self._listener.fileno()
        return subprocess.Popen(
            [sys.executable, "-m", "flows.warm", str(listener), "0"],
            stdin=subprocess.PIPE,
            pass_fds=[listener],
            start_new_session=True,
        )

    def end(self) -> None:
        """Let it end: it does when the runs at work have ended."""
        self._listener.close()
        if self._process.stdin is not None:
            self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(5)

    @property
    def command(self) -> str:
        """What Prefect starts for a run."""
        return shlex.join([sys.executable, "-I", "-S", str(HANDED), str(self.path)])


class _Configuration(ProcessJobConfiguration):
    """Of one run."""

    def prepare_for_flow_run(self, *given: Any, **named: Any) -> None:
        """Start it warm, unless its deployment or whoever asked for it wants a command or variables."""
        if self.command is None and not self.env and (warmth := Worker.warmth) and warmth.keep():
            self.command = warmth.command
        super().prepare_for_flow_run(*given, **named)


with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it takes the place of Prefect's own, which is what is wanted here

    class Worker(ProcessWorker):
        """Prefect's own worker, with another command for its runs."""

        type = "process"
        job_configuration = _Configuration
        warmth: Warmth | None = None


@contextmanager
def warmed() -> Iterator[None]:
    """With a warm process, where there can be one."""
    if sys.platform != "linux":
        yield
        return
    with tempfile.TemporaryDirectory(prefix="loop-") as folder:  # of this user alone, and a short name
        Worker.warmth = Warmth(Path(folder))
        try:
            yield
        finally:
            Worker.warmth.end()
            Worker.warmth = None


def main() -> None:
    """Prefect's command, with its options: `prefect worker start --type process ...`."""
    sys.argv = ["prefect", "worker", "start", "--type", "process", *sys.argv[1:]]
    with warmed():
        app()


if __name__ == "__main__":
    main()
