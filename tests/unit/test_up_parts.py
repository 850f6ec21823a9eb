"""The environment of Prefect, what `loop up` notes, and its children."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from loyaltyloop.up.children import Child, descendants, start_child
from loyaltyloop.up.environment import prefect_environment, quiet
from loyaltyloop.up.running import Running, forget_running, note_running, read_running
from loyaltyloop.up.stack import Stack, UpFailed, choose_port
from loyaltyloop.up.stops import Stopped, Stops


def test_prefect_lives_in_the_project_and_tells_nobody(tmp_path: Path) -> None:
    made = prefect_environment(tmp_path, {"PATH": "/bin"})
    assert made["PREFECT_HOME"] == str(tmp_path / "var" / "prefect")
    assert (made["PREFECT_SERVER_ANALYTICS_ENABLED"], made["DO_NOT_TRACK"]) == ("false", "1")
    assert made["LOOP_PROJECT"] == str(tmp_path)
    assert "PREFECT_API_URL" not in made
    assert (tmp_path / "var" / "prefect").is_dir()


def test_what_the_user_has_set_wins(tmp_path: Path) -> None:
    own = {"PREFECT_HOME": "/own", "PREFECT_API_URL": "http://own/api"}
    assert prefect_environment(tmp_path, own).items() >= own.items()
    assert (
        quiet({"PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "INFO"})["PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"]
        == "INFO"
    )


def test_other_commands_find_the_server_of_loop_up(tmp_path: Path) -> None:
    note_running(tmp_path, Running("http://up/api", "http://up", os.getpid()))
    assert prefect_environment(tmp_path, {})["PREFECT_API_URL"] == "http://up/api"
    forget_running(tmp_path)
    assert read_running(tmp_path) == Running()


def test_a_loop_up_that_was_killed_is_not_at_work(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    note_running(tmp_path, Running("http://up/api", "http://up", gone.pid))
    assert read_running(tmp_path) == Running()


def test_a_note_cut_short_is_none(tmp_path: Path) -> None:
    note_running(tmp_path, Running("http://up/api", "http://up", os.getpid()))
    path = tmp_path / "var" / "up.json"
    path.write_text(path.read_text()[:10])
    assert read_running(tmp_path) == Running()


def test_a_port_that_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UpFailed, match=f"Port {port} is taken"):
            choose_port(port)
        assert choose_port(None) != port


def _child(tmp_path: Path, program: str, patience: float = 5) -> Child:
    return start_child(
        "child",
        [sys.executable, "-c", program],
        folder=tmp_path,
        environment=os.environ,
        log=tmp_path / "log",
        patience=patience,
    )


STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
print("ready", flush=True)
time.sleep(60)
"""


def _ready(child: Child) -> None:
    while "ready" not in child.log.read_text():
        assert not child.dead, child.last_words()


def test_a_child_that_does_not_want_to_end_is_ended_with_its_children(tmp_path: Path) -> None:
    child = _child(tmp_path, STUBBORN, patience=0.1)
    _ready(child)
    family = descendants(child.process.pid)
    assert len(family) == 1
    child.end(hurry=lambda: False)
    assert child.process.returncode == -9
    assert not set(family) & set(descendants(os.getpid()))


def test_a_child_that_ends_when_asked_is_not_killed(tmp_path: Path) -> None:
    child = _child(tmp_path, "import time; print('ready', flush=True); time.sleep(60)")
    _ready(child)
    child.end(hurry=lambda: False)
    assert child.process.returncode == -15


def test_a_child_that_dies_is_told_with_its_last_words(tmp_path: Path) -> None:
    stack = Stack(tmp_path, 1, 2, {})
    stack.children.append(_child(tmp_path, "print('what went wrong'); raise SystemExit(3)"))
    stack.children[0].process.wait()
    with Stops() as stops, pytest.raises(UpFailed, match=r"(?s)The child has died \(exit 3\).*    what went"):
        stack.watch(stops)


def test_a_request_to_stop_is_heard_once_and_hurry_twice() -> None:
    with Stops() as stops:
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Stopped):
            stops.pause(5)
        os.kill(os.getpid(), signal.SIGINT)
        assert stops.count == 2
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
