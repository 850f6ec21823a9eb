"""What Prefect's worker starts for a run: it hands the run to the warm process, and lives as long as the run.

Signals go on to the run, and it ends as the run has ended. Where there is no warm process the run starts
cold, in this one. It imports as little as can be: `python -I -S flows/handed.py SOCKET`.
"""

import json
import os
import signal
import socket
import struct
import sys
from contextlib import suppress

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
PATIENCE = 20.0  # seconds until the fork must be there; a warm process that has just begun imports first


def cold() -> None:
    """The run as Prefect would have started it."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    os.execv(sys.executable, [sys.executable, "-m", "prefect.engine"])


def ask(path: str) -> "tuple[socket.socket, int]":
    """The connection to the warm process, and the run's process id. OSError or ValueError: there is none."""
    warm = socket.socket(socket.AF_UNIX)
    warm.settimeout(PATIENCE)
    warm.connect(path)
    body = json.dumps({"environment": dict(os.environ), "folder": os.getcwd()}).encode()  # noqa: PTH109
    socket.send_fds(warm, [struct.pack("!I", len(body))], [1, 2])
    warm.sendall(body)
    return warm, int(line(warm))


def line(warm: socket.socket) -> bytes:
    """What it says next; empty where it has ended."""
    found = b""
    while not found.endswith(b"\n"):
        part = warm.recv(1)  # not beyond the line: what comes next may be there already
        if not part:
            return b""
        found += part
    return found


def wait(warm: socket.socket, pid: int) -> int:
    """The run's exit code, negative for a signal; 1 where the warm process died, and the run with it."""

    def pass_on(number: int, _frame: object) -> None:
        with suppress(ProcessLookupError):  # the run has ended: how, is just being told
            os.kill(pid, number)

    for number in SIGNALS:
        signal.signal(number, pass_on)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    warm.settimeout(None)
    return int(line(warm) or 1)


def leave(code: int) -> None:
    """End as the run did."""
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)


if __name__ == "__main__":
    # Until it is known to whom they go on: a run may be at work before its number is read.
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        asked = ask(sys.argv[1])
    except (OSError, ValueError):
        cold()
    else:
        leave(wait(*asked))
