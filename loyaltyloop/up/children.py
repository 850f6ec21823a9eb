"""Child processes, each in a session of its own: a Ctrl-C reaches us alone, and we end them in order."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

TAIL = 12  # lines of a log shown when a child has died
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
LAST_WORD = 3.0  # seconds
RELAY = "flows/handed.py"  # stands for a run that was started warm, see there


@dataclass
class Child:
    """A process that should live as long as `loop up` does."""

    name: str  # as a person knows it: "Prefect server"
    process: subprocess.Popen[bytes]
    log: Path
    patience: float  # seconds it may take to end by itself
    helpers: int = 0  # how many processes of its own it has while it is idle

    @property
    def dead(self) -> bool:
        """Has it ended?"""
        return self.process.poll() is not None

    def last_words(self) -> str:
        """The end of its log."""
        lines = self.log.read_text(errors="replace").splitlines()[-TAIL:]
        return "\n".join(f"    {line}" for line in lines)

    def end(self, hurry: Callable[[], bool]) -> None:
        """Ask it to end, give it its time (a worker waits for the turn at work), then make it end."""
        busy = self._busy()
        if not self.dead:
            self.process.terminate()
        until = time.monotonic() + self.patience
        while not self._has_ended(0.3) and time.monotonic() < until and not hurry():
            # Prefect's worker, asked to end while a run was at work, stays on after it, doing nothing.
            if busy and not self._busy():
                busy, until = False, time.monotonic() + LAST_WORD
        if not self.dead:
            self.kill()

    def _busy(self) -> bool:
        return len(descendants(self.process.pid)) > self.helpers

    def _has_ended(self, seconds: float) -> bool:
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        return self.dead

    def kill(self) -> None:
        """End it and all that it has started. What a turn has committed stays."""
        family = [*descendants(self.process.pid), self.process.pid]
        _signal(family, signal.SIGTERM)  # a run then tells Prefect that it was ended
        self._has_ended(LAST_WORD)
        _signal(family, signal.SIGKILL)
        self.process.wait()


def start_child(
    name: str,
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    log: Path,
    patience: float,
    helpers: int = 0,
) -> Child:
    """Start it; what it prints goes to `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Child(name, process, log, patience, helpers)


def adopt_orphans() -> None:
    """The children of a child that dies become ours, so that they can be ended too (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_orphans(children: Sequence[Child]) -> None:
    """End what other children of ours than these have left behind."""
    left = _left_behind(children)
    _signal(left, signal.SIGTERM)
    until = time.monotonic() + LAST_WORD
    while left and time.monotonic() < until:
        time.sleep(0.1)
        left = _left_behind(children)
    _signal(left, signal.SIGKILL)
    _reap(left, 0)


def _left_behind(children: Sequence[Child]) -> list[int]:
    known = {child.process.pid for child in children}
    known |= {pid for child in known for pid in descendants(child)}
    left = [pid for pid in descendants(os.getpid()) if pid not in known]
    return _reap(left, os.WNOHANG)


def _reap(pids: Sequence[int], how: int) -> list[int]:
    """Those that still live. One that has ended stays listed until its parent, now us, has asked for it."""
    living = []
    for pid in pids:
        with suppress(ChildProcessError):
            if os.waitpid(pid, how)[0]:
                continue
            living.append(pid)
    return living


def _signal(pids: Sequence[int], number: signal.Signals) -> None:
    # Who passes signals on to a run is left out where the run itself has its own: twice would cut it short.
    relays = _relays() if number == signal.SIGTERM else ()
    for pid in [pid for pid in pids if pid not in relays]:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _relays() -> set[int]:
    listed = subprocess.run(["ps", "-axo", "pid=,args="], capture_output=True, text=True, check=True)
    lines = (line.split(None, 1) for line in listed.stdout.splitlines())
    return {int(pid) for pid, *words in lines if words and RELAY in words[0]}


def descendants(pid: int) -> list[int]:
    """All that a process has started, and those in turn. (Prefect's runs are in sessions of their own.)"""
    listed = subprocess.run(["ps", "-axo", "pid=,ppid="], capture_output=True, text=True, check=True)
    children: dict[int, list[int]] = {}
    for line in listed.stdout.splitlines():
        one, parent = line.split()
        children.setdefault(int(parent), []).append(int(one))
    found, look = [], [pid]
    while look:
        born = children.get(look.pop(), [])
        found += born
        look += born
    return found
