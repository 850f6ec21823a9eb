"""A process in which everything is imported already: each run is a fork of it, which begins at once.

Python and what a turn imports take seconds to start; a fork takes milliseconds, and is a process of its own
all the same. Linux alone: elsewhere a fork of a process that has used the system's libraries may die.
`flows/worker.py` starts it, `flows/handed.py` asks it.

It runs nothing itself, opens nothing and has no threads of ours; and it ends with its worker.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import runpy
import selectors
import signal
import socket
import struct
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import loyaltyloop

ENGINE = "prefect.engine"  # what `python -m` runs for a run of Prefect's
# What a run imports, directly or when it comes to it.
PRELOADED = (
    "prefect.flow_engine",
    "prefect.task_engine",
    "prefect.concurrency.services",
    "prefect.utilities.visualization",
    "sqlalchemy.dialects.sqlite",
    "sqlalchemy.dialects.postgresql",
    "psycopg",
    "prefect.deployments.steps.pull",
    "prefect.runner.storage",
    "flows.compiled",
    "flows.deliver",
    "tasks.graph",
    "loyaltyloop.turn.engine",
)
PATIENCE = 5.0  # seconds that a request may take to be told
LENGTH = struct.Struct("!I")
PR_SET_PDEATHSIG = 1  # linux/prctl.h
COLD = b"cold\n"


@dataclass
class Run:
    """A run at work: its process, and who asked for it."""

    pid: int
    exited: int  # a descriptor that can be read when it has ended
    asker: socket.socket


class Warm:
    """Takes requests at `listener`, until `worker` (a descriptor) is closed and all runs have ended."""

    def __init__(self, listener: socket.socket, worker: int, module: str) -> None:
        self._listener, self._worker, self._module = listener, worker, module
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)
        self._selector.register(worker, selectors.EVENT_READ)
        self._ending = False
        self._runs: list[Run] = []
        self._files = _files()

    def serve(self) -> None:
        """Until the worker has ended."""
        while not (self._ending and not self._runs):
            for key, _ in self._selector.select():
                if key.fileobj is self._listener:
                    self._take()
                elif key.fileobj == self._worker:
                    self._end()
                elif key.data in self._runs:
                    self._look(key.data, key.fileobj)

    def _end(self) -> None:
        self._ending = True
        self._selector.unregister(self._worker)
        self._selector.unregister(self._listener)
        self._listener.close()

    def _take(self) -> None:
        asker, _ = self._listener.accept()
        try:
            asker.settimeout(PATIENCE)
            wanted, descriptors = receive(asker)
        except (OSError, ValueError):
            asker.close()
            return
        pid = self._fork(asker)
        if pid == 0:  # from here on nothing of ours may catch what the run raises
            _run(wanted, descriptors, self._module)
        _close(descriptors)
        if pid is None:
            with suppress(OSError):
                asker.sendall(COLD)
            asker.close()

    def _fresh(self) -> bool:
        """Is what was imported what lies there now? If not, all is imported anew when no run is at work."""
        if self._files == _files():
            return True
        if not self._runs:
            os.set_inheritable(self._worker, True)
            os.set_inheritable(self._listener.fileno(), True)
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
        return False

    def _fork(self, asker: socket.socket) -> int | None:
        """0 in the fork. None: there is none, and the run starts cold."""
        if not (_there(asker) and self._fresh()):
            return None
        warm = os.getpid()
        try:
            with (
                warnings.catch_warnings()
            ):  # of threads: the only ones are OpenBLAS's, which minds forks itself
                warnings.simplefilter("ignore", DeprecationWarning)
                pid = os.fork()
        except OSError:  # no more processes: Prefect's own way will say so
            return None
        if pid == 0:
            _end_with(warm)
            self._let_go(asker)
            return 0
        run = Run(pid, os.pidfd_open(pid), asker)
        self._runs.append(run)
        self._selector.register(run.exited, selectors.EVENT_READ, run)
        self._selector.register(asker, selectors.EVENT_READ, run)
        with suppress(OSError):
            asker.sendall(f"{pid}\n".encode())
        return pid

    def _let_go(self, asker: socket.socket) -> None:
        """Close, in the fork, all that is the parent's, so that nothing closes it again under a new owner."""
        self._selector.close()
        for one in (self._listener, asker, *(run.asker for run in self._runs)):
            if one.fileno() >= 0:
                os.close(one.detach())
        for descriptor in (self._worker, *(run.exited for run in self._runs)):
            os.close(descriptor)

    def _look(self, run: Run, readable: object) -> None:
        if readable is run.asker:  # who asked has died: nobody waits for it any more
            self._selector.unregister(run.asker)
            signal.pidfd_send_signal(run.exited, signal.SIGKILL)
            return
        _, status = os.waitpid(run.pid, 0)
        self._runs.remove(run)
        with suppress(KeyError):
            self._selector.unregister(run.asker)
        self._selector.unregister(run.exited)
        os.close(run.exited)
        with suppress(OSError):
            run.asker.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
        run.asker.close()


def receive(asker: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """The environment and folder of a run, and where its output goes. ValueError if it is cut short."""
    head, descriptors, _, _ = socket.recv_fds(asker, LENGTH.size, 2)
    for descriptor in descriptors:
        os.set_inheritable(descriptor, False)
    if len(head) != LENGTH.size or len(descriptors) != 2:
        _close(descriptors)
        raise ValueError("no request")
    (length,) = LENGTH.unpack(head)
    body = b""
    while len(body) < length:
        part = asker.recv(min(length - len(body), 65536))
        if not part:
            _close(descriptors)
            raise ValueError("cut short")
        body += part
    return json.loads(body), descriptors


def _there(asker: socket.socket) -> bool:
    """Does it still wait? One that has lost patience has started the run itself."""
    asker.setblocking(False)
    try:
        return asker.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    finally:
        asker.settimeout(PATIENCE)


def _end_with(warm: int) -> None:
    """In the fork: die when the warm process dies, as nobody would hear how the run has ended."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != warm:  # it has died before it could be asked for
        os._exit(1)


def _run(wanted: dict[str, Any], descriptors: list[int], module: str) -> NoReturn:
    """The run, in the fork: as if the process had been started for it."""
    os.setsid()
    null = os.open(os.devnull, os.O_RDONLY)
    for place, descriptor in enumerate((null, *descriptors)):
        if descriptor != place:
            os.dup2(descriptor, place)
            os.close(descriptor)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(wanted["environment"])
    os.chdir(wanted["folder"])
    sys.argv = [module]
    sys.modules.pop(module, None)  # it may have been imported by another; now it is the program
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    sys.exit()  # with all that a process does at its end


def _files() -> dict[str, float]:
    """When the modules that people edit or upgrade were changed last."""
    flows = Path(__file__).parent
    roots = tuple(f"{one}/" for one in (flows, flows.with_name("tasks"), Path(loyaltyloop.__file__).parent))
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    return {file: _changed(Path(file)) for file in files if file and file.startswith(roots)}


def _changed(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def main(listener: int, worker: int, module: str, preloaded: Sequence[str]) -> None:
    """Import everything, then take requests for runs of `module`. Both others are descriptors."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for name in preloaded:
        import_module(name)
    gc.collect()
    gc.freeze()  # what is there is shared with all forks, and never looked through again
    Warm(socket.socket(fileno=listener), worker, module).serve()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), "".join(sys.argv[3:4]) or ENGINE, sys.argv[4:] or PRELOADED)
