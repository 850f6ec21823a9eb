"""Runs that are forks of a warm process: as if each had been started for itself, whatever dies."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from flows import handed
from flows.handed import line

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="runs are forks on Linux alone")

# What a run does, as its environment says. Prefect's engine in the real thing.
RUN = """
import os, signal, sys, time
print("out", os.getcwd(), os.environ["WHO"], flush=True)
print("err", file=sys.stderr, flush=True)
if "TOLD" in os.environ:
    signal.signal(signal.SIGTERM, lambda *_: (print("told to end", flush=True), sys.exit(7)))
if "SLEEPS" in os.environ:
    open(os.environ["SLEEPS"], "w").write(str(os.getpid()))
    time.sleep(60)
if "DIES" in os.environ:
    os.kill(os.getpid(), signal.SIGKILL)
if "OOPS" in os.environ:
    raise ValueError("oops")
sys.exit(int(os.environ.get("CODE", "0")))
"""


class Place:
    """A project's folder with flows of its own, a warm process, and the socket by which it is found."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / "warm"
        (folder / "flows").mkdir()
        (folder / "prefect").mkdir()
        for name in ("__init__.py", "warm.py"):
            shutil.copy(ROOT / "flows" / name, folder / "flows" / name)
        (folder / "the_run.py").write_text(RUN)
        (folder / "prefect" / "__init__.py").write_text("")
        (folder / "prefect" / "engine.py").write_text('print("cold")')
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen()
        self.askers: list[subprocess.Popen[str]] = []
        self.start()

    def start(self) -> None:
        number = self.listener.fileno()
        self.warm = subprocess.Popen(
            [sys.executable, "-m", "flows.warm", str(number), "0", "the_run", "json"],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.PIPE,
            pass_fds=[number],
        )

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": f"{self.folder}:{ROOT}"}

    def ask(self, **variables: str) -> subprocess.Popen[str]:
        """What Prefect's worker starts for a run."""
        handed = str(ROOT / "flows" / "handed.py")
        asker = subprocess.Popen(
            [sys.executable, "-I", "-S", handed, str(self.path)],
            cwd=self.folder / "flows",
            env=self.environment | {"WHO": "ada"} | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.askers.append(asker)
        return asker

    def end(self) -> None:
        for asker in self.askers:
            asker.kill()
            for pipe in (asker.stdout, asker.stderr):
                assert pipe
                pipe.close()
            asker.wait()
        assert self.warm.stdin
        self.warm.stdin.close()
        self.listener.close()
        assert self.warm.wait(20) in (0, -signal.SIGKILL)


@pytest.fixture
def place() -> Iterator[Place]:
    with tempfile.TemporaryDirectory(prefix="loop-") as folder:  # a short name, as sockets need
        found = Place(Path(folder))
        yield found
        found.end()


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def asleep(place: Place, name: str = "pid", **variables: str) -> tuple[subprocess.Popen[str], psutil.Process]:
    """A run that is at work, and whoever stands for it."""
    file = place.folder / name
    asker = place.ask(SLEEPS=str(file), **variables)
    until(lambda: file.exists() and file.read_text())
    return asker, psutil.Process(int(file.read_text()))


def gone(run: psutil.Process) -> bool:
    return not run.is_running() or run.status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize(
    ("variables", "code"), [({}, 0), ({"CODE": "3"}, 3), ({"OOPS": "1"}, 1), ({"DIES": "1"}, -signal.SIGKILL)]
)
def test_a_run_has_its_own_environment_and_output_and_end(
    place: Place, variables: dict[str, str], code: int
) -> None:
    out, err = (asker := place.ask(**variables)).communicate(timeout=20)
    assert out == f"out {place.folder / 'flows'} ada\n"
    assert err.startswith("err\n")
    assert ("ValueError: oops" in err) is ("OOPS" in variables)
    assert asker.returncode == code


def test_a_run_that_is_over_at_once_is_told_of_line_by_line() -> None:
    """Its process and its end may be told together; taken for no answer, it would be started again, cold."""
    warm, asker = socket.socketpair()
    with warm, asker:
        warm.sendall(b"12\n-9\n")
        warm.close()
        assert [line(asker), line(asker), line(asker)] == [b"12\n", b"-9\n", b""]


def test_several_at_once_and_each_a_process_in_a_session_of_its_own(place: Place) -> None:
    askers = [asleep(place, str(number)) for number in range(3)]
    pids = {run.pid for _, run in askers}
    assert len(pids) == len({os.getsid(pid) for pid in pids} - {os.getsid(0)}) == 3
    assert {run.ppid() for _, run in askers} == {place.warm.pid}
    place.ask().communicate(timeout=20)
    for asker, run in askers:
        run.kill()
        assert asker.wait(20) == -signal.SIGKILL


def test_signals_go_on_to_the_run(place: Place) -> None:
    asker, run = asleep(place, TOLD="1")
    asker.terminate()
    assert "told to end" in asker.communicate(timeout=20)[0]
    assert asker.returncode == 7
    assert gone(run)


def test_a_signal_after_the_runs_end_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait(20)
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]

    def told(_warm: socket.socket) -> bytes:
        for number in numbers:
            signal.raise_signal(number)
        return b"7\n"

    monkeypatch.setattr(handed, "line", told)
    try:
        with socket.socket() as warm:
            assert handed.wait(warm, ended.pid) == 7
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def test_whoever_stands_for_it_is_killed(place: Place) -> None:
    asker, run = asleep(place)
    asker.kill()
    until(lambda: gone(run))
    place.ask().communicate(timeout=20)


def test_the_warm_process_is_killed(place: Place) -> None:
    asker, run = asleep(place)
    place.warm.kill()
    assert asker.wait(20) == 1
    until(lambda: gone(run))


def test_the_worker_is_killed(place: Place) -> None:
    """The run at work ends in peace; then the warm process does."""
    asker, run = asleep(place, TOLD="1")
    assert place.warm.stdin
    place.warm.stdin.close()
    time.sleep(0.2)
    assert run.is_running()
    assert place.warm.poll() is None
    asker.terminate()
    assert asker.wait(20) == 7
    assert place.warm.wait(20) == 0


def test_where_there_is_none_it_starts_cold(place: Place) -> None:
    place.path.unlink()
    assert place.ask().communicate(timeout=20)[0] == "cold\n"


def test_what_was_edited_is_imported_anew(place: Place) -> None:
    place.ask().communicate(timeout=20)
    asker, run = asleep(place)
    edited = place.folder / "flows" / "__init__.py"
    os.utime(edited, (1, 1))
    assert place.ask().communicate(timeout=20)[0] == "cold\n", "while a run is at work"
    run.kill()
    asker.wait(20)
    assert place.ask().communicate(timeout=20)[0] == "cold\n", "and then it begins anew"
    assert place.ask().communicate(timeout=20)[0].startswith("out ")


@pytest.mark.parametrize(
    "said", [b"", b"\0", b"\xff" * 100, b"\0\0\0\x05hello"], ids=["nothing", "short", "large", "no files"]
)
def test_what_is_no_request_does_no_harm(place: Place, said: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.connect(str(place.path))
        stranger.sendall(said)
    assert place.ask().communicate(timeout=20)[0].startswith("out ")
