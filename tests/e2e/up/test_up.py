"""`loop up` when something dies, comes back, and is asked to end."""

from __future__ import annotations

import re

import httpx
import psutil
import pytest

from tests.e2e.upped import PATIENCE, Upped, loop, sign_up, until
from tests.e2e.writing import nobody_else_writes

pytestmark = pytest.mark.prefect
PEOPLE = [f"c{number}" for number in range(100, 160)]


def test_a_second_one_is_told_where_the_first_is(upped: Upped) -> None:
    second = loop(upped.folder, "up")
    assert second.returncode == 1
    assert f"at work on this project already (process {upped.process.pid})" in second.stderr


def test_the_web_service_answers(upped: Upped) -> None:
    found = re.search(r"Web service +(http://\S+)", upped.said())
    assert found
    assert httpx.get(f"{found[1]}/healthz").json() == {"status": "ok"}


def test_a_worker_killed_in_the_middle_of_a_turn(upped: Upped) -> None:
    """All stops with a clear word; started again, the turn is done as if nothing had been."""
    upped.ended(upped.press_run("welcome"))
    sign_up(upped.folder, PEOPLE)
    before = len(upped.mails())
    with nobody_else_writes(upped.folder):
        run = upped.press_run("welcome")
        until("a task at work", lambda: upped.tasks_so_far(run))
        family = upped.family()
        _worker(family).kill()
        assert upped.process.wait(PATIENCE) == 1
    assert "The worker has died (exit -9)." in upped.said()
    assert not [process for process in family if process.is_running()]
    assert len(upped.mails()) == before
    upped.start()
    upped.wait_until_up()
    assert upped.ask(f"/flow_runs/{run}")["state"]["type"] == "CRASHED"
    again = upped.ended(upped.press_run("welcome"))
    assert again["state"]["type"] == "COMPLETED", again["state"]
    assert again["name"] == f"{len(PEOPLE)} entered, 150 steps, {len(PEOPLE)} messages handed over"
    assert len(upped.mails()) == before + len(PEOPLE)


def _worker(family: list[psutil.Process]) -> psutil.Process:
    return next(process for process in family if "flows.worker" in process.cmdline())


def test_asked_to_end_it_leaves_nothing_behind(upped: Upped) -> None:
    family = upped.family()
    assert len(family) >= 2
    assert upped.stop() == 0
    assert upped.said().rstrip().endswith("All stopped.")
    assert not [process for process in family if process.is_running()]
    assert not (upped.folder / "var" / "up.json").exists()
