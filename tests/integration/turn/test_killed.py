"""A worker killed in the middle of a turn loses nothing and repeats nothing; the large one: tests/heavy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine

from tests.heavy.killing import files, instants, run, steps, told, unfinished
from tests.heavy.scene import prepare


def test_a_turn_killed_thrice_ends_as_if_undisturbed(
    engine: Engine, database_url: str, copy_of: Callable[[str], str], tmp_path: Path
) -> None:
    prepare(engine, 500)
    once, killed = copy_of(database_url), copy_of(database_url)
    undisturbed = run(once, str(tmp_path / "once"))
    points = instants(3, undisturbed.seconds, seed=1)
    disturbed = run(killed, str(tmp_path / "killed"), steps(points))
    assert disturbed.kills
    assert told(killed) == told(once)
    assert files(tmp_path / "killed") == files(tmp_path / "once")
    assert not unfinished(killed)
