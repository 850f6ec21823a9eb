"""The group of commands, and those that need no database."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from rich.console import Console

from loyaltyloop.cli.base import NOT_YET, Commands, group, main, progress
from tests.unit.journey.projects import BROKEN, HERE, broken

GOOD = HERE / "good"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `loop`: exit code, stdout, stderr."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = 0
        try:
            main(list(arguments))
        except SystemExit as leave:
            code = int(leave.code or 0)
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run


def project(folder: Path, rule: str) -> str:
    for path, data in broken(rule).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return str(folder)


def test_check_of_a_good_project(run: Run) -> None:
    assert run("--project", str(GOOD), "check") == (0, "No mistakes found.\n", "")


def test_check_prints_every_problem_and_counts(run: Run, tmp_path: Path) -> None:
    code, out, err = run("--project", project(tmp_path, "one-verb"), "check")
    assert code == 1 and err == ""
    assert out == (BROKEN / "one-verb" / "expected.txt").read_text() + "\n4 errors\n"


def test_warnings_alone_do_not_count(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("--project", project(tmp_path, "opened"), "check")
    assert code == 0 and out.endswith("\n1 warning\n")


def test_check_as_json(run: Run, tmp_path: Path) -> None:
    code, out, err = run("--project", project(tmp_path, "did-since"), "check", "--format", "json")
    assert code == 1 and err == ""
    assert json.loads(out) == [
        {
            "file": "journeys/letters.yaml",
            "line": 8,
            "column": 16,
            "rule": "did-since",
            "severity": "error",
            "message": "since when did they do 'Order Completed'?",
            "remedy": "Write 'since: entered', 'since: ever', the name of a step, or 'within: 30 days'.",
        }
    ]


def test_json_is_short_for_the_format(run: Run, tmp_path: Path) -> None:
    folder = project(tmp_path, "did-since")
    assert run("--project", folder, "check", "--json") == run(
        "--project", folder, "check", "--format", "json"
    )
    assert run("--project", str(GOOD), "check", "--json") == (0, "[]\n", "")


def test_check_for_github(run: Run, tmp_path: Path) -> None:
    _, out, _ = run("--project", project(tmp_path, "file-name"), "check", "--format", "github")
    assert out == (
        "::error file=journeys/newsletter.yaml,line=1,col=10,title=file-name::"
        "the journey 'letters' stands in the file newsletter.yaml. "
        "Call the file letters.yaml%2C or write 'journey%3A newsletter'.\n"
    )


def test_paths_limit_what_is_shown(run: Run, tmp_path: Path) -> None:
    folder = project(tmp_path, "one-verb")
    assert run("--project", folder, "check", "templates") == (0, "No mistakes found.\n", "")
    assert run("--project", folder, "check", "journeys/letters.yaml")[0] == 1
    code, _, err = run("--project", folder, "check", "journeys/lettters.yaml")
    assert code == 2 and "There is no file or folder 'journeys/lettters.yaml'." in err


def test_a_path_that_is_not_there_is_wrong_usage_though_there_is_no_mistake(run: Run) -> None:
    code, out, err = run("--project", str(GOOD), "check", "journeys", "nope.yaml")
    assert code == 2 and out == "" and "There is no file or folder 'nope.yaml'." in err


def test_a_path_beside_the_project_is_wrong_usage(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing that lies elsewhere was checked, so nothing can be said of it."""
    folder = project(tmp_path / "shop", "one-verb")
    (tmp_path / "templates" / "spring").mkdir(parents=True)
    (tmp_path / "journeys").mkdir()
    monkeypatch.chdir(tmp_path)
    code, out, err = run("--project", folder, "check", "templates/spring")
    assert code == 2 and out == "" and "'templates/spring' lies outside the project" in err
    assert run("--project", folder, "check", "journeys")[0] == 1  # the project's own, which is meant


def test_a_folder_without_journeys(run: Run, tmp_path: Path) -> None:
    code, out, err = run("--project", str(tmp_path), "check")
    assert code == 1 and out == "" and "There are no journeys in" in err and "Traceback" not in err


@pytest.mark.parametrize("option", [[], ["--shop"]])
def test_schema(run: Run, option: list[str]) -> None:
    code, out, _ = run("schema", *option)
    assert code == 0
    Draft202012Validator.check_schema(json.loads(out))


def test_map(run: Run) -> None:
    code, out, _ = run("--project", str(GOOD), "map", "welcome")
    assert code == 0 and out.startswith("%% welcome: ")


def test_map_of_what_there_is_not(run: Run, tmp_path: Path) -> None:
    code, _, err = run("--project", str(GOOD), "map", "welcom")
    assert (code, err) == (1, "There is no journey 'welcom'. Did you mean 'welcome'?\n")
    code, _, err = run("--project", project(tmp_path, "one-verb"), "map", "letters")
    assert code == 1 and "journeys/letters.yaml:6:5" in err


@pytest.mark.parametrize("name", NOT_YET)
def test_commands_that_are_not_there_yet(run: Run, name: str) -> None:
    code, out, err = run(name, "anything", "--at", "all")
    assert code == 2 and out == "" and f"'loop {name}' is not there yet" in err


def test_an_unknown_command(run: Run) -> None:
    code, _, err = run("chek")
    assert code == 2 and "There is no command 'chek'. Did you mean 'check'?" in err


def test_wrong_usage(run: Run) -> None:
    assert run("check", "--format", "xml")[0] == 2
    assert run("--project", "/nowhere/at/all", "check")[0] == 2


def test_every_command_has_help_with_an_example(run: Run) -> None:
    assert isinstance(group, Commands)
    for name in group.list_commands(group.make_context("loop", ["check"], resilient_parsing=True)):
        code, out, _ = run(name, "--help")
        assert code == 0 and "xample" in out, name


@pytest.mark.parametrize("width", ["60", "80", "200"])
def test_the_list_of_commands_is_cut_nowhere(run: Run, monkeypatch: pytest.MonkeyPatch, width: str) -> None:
    monkeypatch.setenv("COLUMNS", width)
    code, out, _ = run("--help")
    commands = out.partition("Commands:")[2]
    assert code == 0 and not [line for line in commands.splitlines() if line.endswith("...")]
    told = " ".join(commands.split())
    assert "explain Tell what happened to CUSTOMER (a user id or an address), why, why not, and what" in told
    assert max(map(len, out.splitlines())) <= int(width)


def test_an_unexpected_error_is_one_clear_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken_down(_: object) -> None:
        raise RuntimeError("the lights went out\nand more")

    monkeypatch.setattr("loyaltyloop.cli.check.files_of", broken_down)
    code, _, err = run("--project", str(GOOD), "check")
    assert code == 1
    assert err.splitlines() == [
        "Unexpected: RuntimeError: the lights went out",
        "Run it again with 'loop --debug ...' to see where.",
    ]
    with pytest.raises(RuntimeError):
        main(["--debug", "--project", str(GOOD), "check"])


def test_a_progress_bar_shows_any_name_of_a_file() -> None:
    said = StringIO()
    with progress() as bar:
        bar.add_task("[/odd] :smile:.csv: 1 rows")
        Console(file=said, width=80).print(bar.get_renderable())
    assert "[/odd] :smile:.csv: 1 rows" in said.getvalue()


@pytest.mark.parametrize("arguments", [["check"], ["map", "welcome"], ["schema"]])
def test_what_is_quick_loads_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import sys\nfrom loyaltyloop.cli import main\n"
        f"main(['--project', {str(GOOD)!r}, *{arguments!r}])\n"
        "heavy = {'sqlalchemy', 'sqlmodel', 'prefect', 'sklearn', 'numpy', 'httpx', 'pydantic_settings',\n"
        "         'rich', 'jsonschema', 'cronsim', 'alembic', 'asyncio'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
