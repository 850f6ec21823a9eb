"""`loop new`: what it writes can be checked, applied and walked at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.cli.conftest import Loop


def test_a_new_journey_passes_check_and_can_be_applied(loop: Loop, project: Path) -> None:
    loop("apply", "--yes")
    ran = loop("new", "winback")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "  wrote journeys/winback.yaml",
        "  wrote templates/winback/hello.html",
        "  wrote templates/winback/reminder.html",
        "  wrote prefect.yaml",
        "  wrote flows/ and tasks/: what Prefect runs",
        "Edit journeys/winback.yaml, then: loop check, loop plan, loop apply.",
    ]
    assert "winback" in (project / "prefect.yaml").read_text()
    checked = loop("check", "--format", "json", "journeys/winback.yaml", "templates/winback")
    assert (checked.code, checked.data) == (0, [])
    rows = loop("apply", "--yes", "--json").data
    assert [(row["journey"], row["change"]) for row in rows] == [
        ("winback", "template added"),
        ("winback", "template added"),
        ("winback", "journey added"),
    ]


def test_in_an_empty_folder(tmp_path: Path) -> None:
    def loop(*arguments: str) -> str:
        command = [
            sys.executable,
            "-c",
            "from loyaltyloop.cli import main; main()",
            "--project",
            str(tmp_path),
        ]
        ran = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=60, check=True)
        return ran.stdout

    assert "journeys/shop.yaml is made up" in loop("new", "welcome")
    letter = tmp_path / "templates/welcome/hello.html"
    asked = '{% from "layout/blocks.html" import button %}\n{% block body %}{{ button("See", shop.url) }}'
    letter.write_text(letter.read_text().replace("{% block body %}", asked))
    assert loop("check", "journeys", "templates").endswith("No mistakes found.\n")
    assert "changes are live" in loop("apply", "--yes")
    assert loop("plan") == "Nothing to do: what is live is what the files say.\n"
    assert loop("deploy", "--check") == "prefect.yaml is up to date.\n"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Win Back", "For example 'win_back'."),
        ("9lives", "with a letter first."),
        ("shop", "journeys/shop.yaml is what all journeys share"),
        ("../x", "For example 'x'."),
    ],
)
def test_names_that_are_none(loop: Loop, name: str, said: str) -> None:
    ran = loop("new", name)
    assert ran.code == 2
    assert said in ran.err


def test_nothing_is_overwritten(loop: Loop, project: Path) -> None:
    before = (project / "journeys/welcome.yaml").read_text()
    ran = loop("new", "welcome")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "journeys/welcome.yaml is there already: choose another name, or edit that file.\n"
    assert (project / "journeys/welcome.yaml").read_text() == before


def test_a_layout_of_ones_own_stays(loop: Loop, project: Path) -> None:
    layout = project / "templates/layout"
    before = {path.name: path.read_text() for path in layout.iterdir()}
    assert "email.html" in before
    loop("new", "winback")
    assert {path.name: path.read_text() for path in layout.iterdir()} == before


def test_a_mistake_elsewhere_does_not_stop_it(loop: Loop, project: Path) -> None:
    (project / "journeys/welcome.yaml").write_text("journey: welcome\n")
    ran = loop("new", "winback")
    assert ran.code == 0
    assert "prefect.yaml stays as it is" in ran.out
