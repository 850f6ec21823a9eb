"""Events by HTTP wake a journey through Prefect: no schedule, no press of a button, within seconds."""

from __future__ import annotations

import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from tests.e2e.upped import Json, Upped, until
from tests.e2e.writing import nobody_else_writes

pytestmark = pytest.mark.prefect
UNHEARD = "journeys cannot be woken: Prefect does not answer"
SOON = 60.0  # seconds, on a machine with much else to do; on an idle one it takes two


def _letters(upped: Upped, more: int) -> None:
    until(f"{more} letters", lambda: len(upped.mails()) >= more, SOON)


def _woken(upped: Upped) -> list[Json]:
    """Runs that Prefect's automation has asked for."""
    return [run for run in upped.runs("welcome") if (run["created_by"] or {}).get("type") == "AUTOMATION"]


def test_each_journey_has_its_automation(upped: Upped) -> None:
    found = {one["name"]: one for one in upped.ask("/automations/filter", {})}
    assert "Wake welcome" in found
    trigger = found["Wake welcome"]["trigger"]
    assert trigger["match"] == {"prefect.resource.id": "loyalty-loop.journey.welcome"}
    assert trigger["within"] == 0


def test_an_event_becomes_a_letter_within_seconds(upped: Upped) -> None:
    upped.ended(upped.press_run("welcome"))  # whatever came before
    before = len(upped.mails())
    upped.signs_up(["c201"])
    _letters(upped, before + 1)
    run = until("its end", lambda: next((run for run in _woken(upped) if run["end_time"]), None))
    assert run["name"] == "1 entered, 3 steps, 1 message handed over (woken by Signed Up)"
    assert run["parameters"]["woken_by"] == "Signed Up"


def test_a_burst_is_few_runs(upped: Upped) -> None:
    before, runs = len(upped.mails()), len(_woken(upped))
    people = [f"c{number}" for number in range(1000, 1200)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda start: upped.signs_up(people[start : start + 5]), range(0, 200, 5)))
    _letters(upped, before + 200)
    assert 1 <= len(_woken(upped)) - runs <= 4


def test_an_event_beside_a_turn_at_work_is_not_lost(upped: Upped) -> None:
    """The turn has begun and waits for the database, and so does the event: whichever is first."""
    until("the end of what came before", lambda: not _running(upped))
    before = len(upped.mails())
    with ThreadPoolExecutor(1) as pool:
        with nobody_else_writes(upped.folder):
            upped.press_run("welcome")
            run = until("a turn at work", lambda: _at_work(upped))
            if sys.platform == "linux":
                assert any(_is_fork(process) for process in upped.family()), "it was started warm"
            asked = pool.submit(upped.signs_up, ["c203"])
            time.sleep(0.5)
        asked.result()
    upped.ended(run)
    _letters(upped, before + 1)


def _running(upped: Upped) -> list[Json]:
    return upped.runs("welcome", state={"type": {"any_": ["PENDING", "RUNNING"]}})


def _at_work(upped: Upped) -> str | None:
    """The run at work: pressed, or woken by what came before; beside that one the pressed one is skipped."""
    return next((str(run["id"]) for run in _running(upped) if upped.tasks_so_far(run["id"])), None)


def _is_fork(process: psutil.Process) -> bool:
    parent = process.parent()
    return parent is not None and "flows.warm" in parent.cmdline()


def test_prefect_does_not_answer_for_a_while(upped: Upped) -> None:
    before = len(upped.mails())
    server = [process for process in upped.family() if _is_server(process)]
    assert server
    for process in server:
        process.send_signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        for number in range(5):
            upped.signs_up([f"c{301 + 2 * number}"])
        assert time.monotonic() - began < 10, "the shop is answered all the same"
        until("the waker to lose patience", lambda: UNHEARD in _log(upped), SOON)
        assert len(upped.mails()) == before
    finally:
        for process in server:
            process.send_signal(signal.SIGCONT)
    _letters(upped, before + 5)
    assert "customers.example" not in _log(upped)


def _log(upped: Upped) -> str:
    return (upped.folder / "var" / "log" / "web.log").read_text()


def _is_server(process: psutil.Process) -> bool:
    words = " ".join(process.cmdline())
    return "prefect" in words and ("server start" in words or "uvicorn" in words)
