"""Who only reads makes nothing: in a folder without a database none is there afterwards either."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loyaltyloop.cli import main
from tests.integration.cli.conftest import TEMPLATE, write_files
from tests.integration.store.shops import SHOP, WELCOME

READING = [
    (("messages",), "No messages."),
    (("messages", "--json"), []),
    (("report",), "Nothing is live yet: `loop apply` makes it so."),
    (("report", "--json"), []),
    (("explain", "ada"), "There is no customer 'ada'"),
    (("privacy", "export", "ada"), "ada"),
    (("privacy", "consent", "ada"), "ada"),
    (("privacy", "requests"), "Nobody has asked for anything."),
]


def ran(capsys: pytest.CaptureFixture[str], folder: Path, *words: str) -> str:
    """All that was printed; whatever it ends with but a crash."""
    try:
        main(["--project", str(folder), *words])
    except SystemExit as left:
        assert left.code == 1
    shown = capsys.readouterr()
    return shown.out + shown.err


@pytest.mark.parametrize(("words", "said"), READING, ids=range(len(READING)))
def test_reading_an_empty_folder_leaves_it_empty(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    said: object,
) -> None:
    monkeypatch.delenv("LOOP_DATABASE_URL", raising=False)
    told = ran(capsys, tmp_path, *words)
    assert list(tmp_path.iterdir()) == []
    assert json.loads(told) == said if isinstance(said, list) else str(said) in told


@pytest.mark.parametrize("words", [("check",), ("plan",), ("apply", "--yes"), ("import", "customers.csv")])
def test_an_empty_folder_is_told_how_a_project_begins(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
) -> None:
    monkeypatch.delenv("LOOP_DATABASE_URL", raising=False)
    (tmp_path / "customers.csv").write_text("user_id\nada\n")
    assert "`loop new NAME` begins a project here, with a journey of that name." in ran(
        capsys, tmp_path, *words
    )


def test_a_plan_makes_no_database(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOOP_DATABASE_URL", raising=False)
    write_files(tmp_path, {"journeys/shop.yaml": SHOP, "journeys/welcome.yaml": WELCOME})
    write_files(tmp_path, {"templates/welcome/hello.html": TEMPLATE.replace("layout/email.html", "x")})
    assert "journey" in ran(capsys, tmp_path, "plan")
    assert not (tmp_path / "var").exists()


def test_a_setting_that_nobody_reads_is_told_once(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOOP_DATABASE_URL", raising=False)
    (tmp_path / ".env").write_text("LOOP_DATABSE_URL=postgresql://ada:hidden@db.example/shop\n")
    told = ran(capsys, tmp_path, "privacy", "requests")
    warning = f"Warning: {tmp_path / '.env'}: nothing reads LOOP_DATABSE_URL. Did you mean LOOP_DATABASE_URL?"
    assert told.count(warning) == 1
    assert "hidden" not in told
