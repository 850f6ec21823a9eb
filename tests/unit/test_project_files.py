"""What Prefect runs comes into a project that has none, and nothing of the project's own is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from loyaltyloop.errors import UserError
from loyaltyloop.up.project_files import FOLDERS, has_flows, other_flows, write_flows


def test_they_are_written_once(tmp_path: Path) -> None:
    assert not has_flows(tmp_path)
    assert write_flows(tmp_path)
    assert has_flows(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FOLDERS)
    assert not list(tmp_path.rglob("__pycache__"))
    assert other_flows(tmp_path) == ""
    assert not write_flows(tmp_path)


def test_those_of_another_version_are_told_of_and_stay(tmp_path: Path) -> None:
    write_flows(tmp_path)
    (tmp_path / "tasks/send.py").write_text("own = True\n")
    assert "(tasks/send.py differs)" in other_flows(tmp_path)
    assert not write_flows(tmp_path)
    assert (tmp_path / "tasks/send.py").read_text() == "own = True\n"


def test_something_else_of_that_name_stays_and_stops_it(tmp_path: Path) -> None:
    (tmp_path / "tasks").mkdir()
    with pytest.raises(UserError, match="tasks is not what Prefect is to run"):
        write_flows(tmp_path)
    assert not (tmp_path / "flows").exists()
