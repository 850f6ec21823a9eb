"""A database that cannot be used: one clear word, exit 1, no password."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from loyaltyloop.cli import main
from tests.unit.journey.projects import HERE


@pytest.fixture
def closed_port() -> int:
    """A port at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def refused(capsys: pytest.CaptureFixture[str], url: str, *words: str) -> str:
    """What `loop` says with this database, on stderr."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as left:
        patch.setenv("LOOP_DATABASE_URL", url)
        main(["--project", str(HERE / "good"), *words])
    shown = capsys.readouterr()
    assert (left.value.code, shown.out) == (1, "")
    assert "Unexpected" not in shown.err
    return shown.err


@pytest.mark.parametrize(
    "words", [("messages",), ("plan",), ("walk", "--from", "2026-03-02", "--to", "2026-03-03")]
)
def test_a_server_that_does_not_answer(
    capsys: pytest.CaptureFixture[str], closed_port: int, words: tuple[str, ...]
) -> None:
    url = f"postgresql://ada:hidden@127.0.0.1:{closed_port}/shop"
    said = refused(capsys, url, *words)
    assert said.startswith(
        f"The database at 127.0.0.1:{closed_port} cannot be used: connection failed: connection to server at "
    )
    assert said.endswith("say its right host, port, user, password and database?\n")
    assert "hidden" not in said


@pytest.mark.parametrize("words", [("messages",), ("plan",), ("run", "welcome", "--plain"), ("web",)])
def test_a_file_that_is_no_database(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: tuple[str, ...]
) -> None:
    path = tmp_path / "loop.db"
    path.write_bytes(b"no database, whatever its name says " * 200)
    said = refused(capsys, f"sqlite:///{path}", *words)
    assert said == (
        f"The database {path} cannot be used: file is not a database.\n"
        "    Put a good copy of the file there, or name another in LOOP_DATABASE_URL.\n"
    )


def test_a_folder_that_cannot_be(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = refused(capsys, f"sqlite:///{tmp_path}/file/loop.db", "messages")
    assert said.startswith(f"The database {tmp_path}/file/loop.db cannot be used: ")
    said = refused(capsys, f"sqlite:///{tmp_path}", "messages")
    assert said.startswith(f"The database {tmp_path} cannot be used: unable to open database file.")
