"""`loop run` without a server, on PostgreSQL: the flow's tasks work under the session's own lock."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.upped import loop, make_project, sign_up

pytestmark = pytest.mark.prefect


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_one_turn_embedded(database_url: str, tmp_path: Path) -> None:
    project = make_project(tmp_path / "shop", database_url)
    sign_up(project, ["c1", "c2", "c3"], database_url)
    done = loop(project, "run", "welcome", "--customer", "c2", "--json", LOOP_DATABASE_URL=database_url)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert {"stage": "who enters", "path": "", "people": 1} in told["rows"]
    assert {"stage": "deliver messages", "path": "handed_over", "people": 1} in told["rows"]
    assert len(list((project / "var" / "outbox").rglob("*.eml"))) == 1
