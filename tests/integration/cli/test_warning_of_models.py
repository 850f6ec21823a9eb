"""What `plan`, `apply` and `run` say of models that journeys ask and that were never fitted."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from loyaltyloop.store.database import write
from loyaltyloop.store.predictions.fitted import LIVE, Made, save
from tests.integration.cli.conftest import Loop, write_files
from tests.integration.turn.stage import utc

LOST = """\
journey: lost
about: Whoever is about to be lost.
enter: {when: {predicted: {lapse: {over: 0.6}}}}
steps: [{wait: 1 day}]
"""
TOLD = (
    "Note: no version of lapse is live, asked by lost: until one is, its number is unknown of everybody, and "
    "no comparison with it holds. `loop train --model lapse` fits it, or says why not.\n"
)


def test_models_that_are_not_there_are_told_of_until_they_are(
    loop: Loop, project: Path, engine: Engine
) -> None:
    write_files(project, {"journeys/lost.yaml": LOST})
    run = ("run", "lost", "--plain")
    for command in (("plan",), ("plan", "--json"), ("apply", "--yes"), run, (*run, "--dry-run")):
        ran = loop(*command)
        assert (ran.code, ran.err) == (0, TOLD)
    assert loop("run", "welcome", "--plain").err == ""
    with write(engine) as connection:
        save(connection, Made("lapse", utc("01-01 00:00"), b"no model", b"", {}), utc("01-01 00:00"), LIVE)
    assert [loop(*command).err for command in (("plan",), ("apply", "--yes"))] == ["", ""]
