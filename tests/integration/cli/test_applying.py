"""`loop plan`, `apply`, `pause`, `resume`, `start`."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from loyaltyloop.store.database import read, write
from loyaltyloop.store.inside.entries import entry
from tests.integration.cli.conftest import Loop
from tests.integration.store.shops import NOW, new_customer, place

AT = ("--now", "2026-03-01T12:00:00Z")


def edit(project: Path, old: str, new: str) -> None:
    path = project / "journeys/welcome.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_plan_shows_and_changes_nothing(loop: Loop) -> None:
    for _ in range(2):
        ran = loop("plan")
        assert ran.code == 0
        assert "  + journey added — customers enter from the next turn on, by events not older" in ran.out
        assert "  + template added welcome/hello.html — live at once" in ran.out


def test_plan_as_json(loop: Loop) -> None:
    rows = loop("plan", "--json").data
    assert {(row["journey"], row["change"]) for row in rows} == {
        ("", "shop added"),
        ("", "template added"),
        ("welcome", "template added"),
        ("welcome", "journey added"),
    }
    assert {"journey", "change", "step", "people", "becomes"} <= rows[0].keys()


def test_apply_does_what_plan_said(loop: Loop) -> None:
    planned = loop("plan", "--json").data
    assert loop("apply", "--yes", "--json", *AT).data == planned
    assert loop("plan").out == "Nothing to do: what is live is what the files say.\n"
    assert loop("apply", "--yes", *AT).code == 0
    assert loop("plan", "--json").data == []


def test_apply_asks_and_nobody_is_there(loop: Loop) -> None:
    ran = loop("apply")
    assert ran.code == 2
    assert ran.err == "Nobody can be asked here: look at `loop plan`, then say `loop apply --yes`.\n"
    assert loop("plan", "--json").data != []


def test_a_mistake_in_a_file_stops_it_with_its_place(loop: Loop, project: Path) -> None:
    edit(project, "2 days", "2 dayz")
    for command in (["plan"], ["apply", "--yes"]):
        ran = loop(*command)
        assert ran.code == 1
        assert "journeys/welcome.yaml:7:" in ran.err
        assert "Traceback" not in ran.err


def test_a_refusal_names_the_remedy_and_leaves_with_1(loop: Loop, project: Path, engine: Engine) -> None:
    loop("apply", "--yes", *AT)
    with write(engine) as connection:
        place(connection, "picks", 2)
    edit(project, "send: picks\n", "send: chosen\n")
    ran = loop("plan")
    assert ran.code == 1
    assert "- step removed picks (send): 2 people — nowhere to go — cannot be applied, see below" in ran.out
    assert "write `was: picks`" in ran.err
    assert loop("apply", "--yes").err.startswith(
        "Nothing was changed.\n  - welcome: 2 people stand at 'picks'"
    )
    assert loop("plan", "--finish-old", "welcome").code == 0
    edit(project, "send: chosen\n", "send: chosen\n    was: picks\n")
    ran = loop("apply", "--yes", *AT)
    assert "  ~ step renamed picks (picks → chosen): 2 people — go on in version 2" in ran.out
    assert loop("plan", "--move", "welcom").code == 2


@pytest.mark.parametrize(
    ("answer", "code", "said"), [("y", 0, "changes are live"), ("n", 1, "Nothing was changed")]
)
def test_a_person_is_asked(project: Path, answer: str, code: int, said: str) -> None:
    master, terminal = pty.openpty()
    os.write(master, f"{answer}\n".encode())
    command = [
        sys.executable,
        "-c",
        "from loyaltyloop.cli import main; main()",
        "--project",
        str(project),
        "apply",
    ]
    ran = subprocess.run(command, stdin=terminal, capture_output=True, text=True, timeout=60, check=False)
    os.close(master)
    os.close(terminal)
    assert ran.returncode == code
    assert said in ran.stdout + ran.stderr
    assert "Make it so?" in ran.stdout


def test_pause_and_resume(loop: Loop, engine: Engine) -> None:
    loop("apply", "--yes", *AT)
    with write(engine) as connection:
        place(connection, "hello.wait", 1, state="waiting", due_at=NOW)
    assert loop("pause", "welcome", *AT).out == "welcome stands still: 1 person inside, 1 of them waiting.\n"
    again = loop("pause", "welcome")
    assert (again.code, again.err) == (
        1,
        "The journey 'welcome' is paused, not live: there is nothing to pause.\n",
    )
    assert loop("resume", "welcome").code == 2
    data = loop("resume", "welcome", "--overdue", "shift", "--now", "2026-03-02", "--json").data
    assert data == {"journey": "welcome", "paused_for": 43200, "overdue": 1, "shifted": 1, "expired": 0}


def test_start_by_hand(loop: Loop, engine: Engine) -> None:
    loop("apply", "--yes", *AT)
    with write(engine) as connection:
        new_customer(connection, "ada")
    assert (
        loop("start", "welcome", "--customer", "ada", "--id", "x").out
        == "1 is asked to enter welcome: its rules decide in its next turn.\n"
    )
    assert (
        "Started with this id before: ada" in loop("start", "welcome", "--customer", "ada", "--id", "x").out
    )
    assert loop("start", "welcome", "--customer", "zoe").code == 1
    assert loop("start", "welcome", "--customer", "ada", "--with", "order").code == 2
    with read(engine) as connection:
        assert [row.occurrence for row in connection.execute(select(entry))] == ["x"]


def test_an_instant_that_is_none(loop: Loop) -> None:
    ran = loop("pause", "welcome", "--now", "yesterday")
    assert ran.code == 2
    assert (
        ran.err == "--now: 'yesterday' is no instant; write for example 2026-03-29T09:00:00Z or 2026-03-29.\n"
    )
