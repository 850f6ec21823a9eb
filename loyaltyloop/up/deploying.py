"""Deploying: prefect.yaml brought up to date, and Prefect told of it, by Prefect's own command."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from loyaltyloop.deployments import prefect_yaml
from loyaltyloop.errors import FilesError, UserError
from loyaltyloop.journey.model import Journey, Shop
from loyaltyloop.journey.reading.project import collect_files
from loyaltyloop.journey.reading.reader import read_project
from loyaltyloop.settings import Settings

FILE = "prefect.yaml"


class DeployFailed(UserError):
    """Prefect did not take it; its own words are in the text."""


def read_files(project: Path) -> tuple[list[Journey], Shop]:
    """The journeys and the shop as their files say. FilesError if anything is wrong in them."""
    reading = read_project(collect_files(project))
    if reading.shop is None or any(problem.severity == "error" for problem in reading.problems):
        raise FilesError(reading.problems)
    return [reading.journeys[name] for name in sorted(reading.journeys)], reading.shop


def kept_names(settings: Settings) -> list[str]:
    """Journeys whose turns go on, whatever the files say: without a file until the last person has left."""
    from sqlalchemy import make_url

    from loyaltyloop.store.database import read
    from loyaltyloop.store.live.versions import journeys_with_turns
    from loyaltyloop.store.schema import open_store

    url = make_url(settings.database)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return []
    with read(open_store(settings.database)) as connection:
        return journeys_with_turns(connection)


def outdated(project: Path, journeys: Iterable[Journey], shop: Shop) -> bool:
    """Does prefect.yaml say something else than journeys/?"""
    path = project / FILE
    return not path.exists() or path.read_text() != prefect_yaml(journeys, shop)


def write_file(project: Path, journeys: Iterable[Journey], shop: Shop) -> bool:
    """Bring prefect.yaml up to date; was there anything to change?"""
    wanted = list(journeys)
    if not outdated(project, wanted, shop):
        return False
    (project / FILE).write_text(prefect_yaml(wanted, shop))
    return True


def deploy(
    project: Path, environment: Mapping[str, str], keep: Iterable[str], worker: str | None = None
) -> None:
    """Make the server that `environment` names hold what prefect.yaml says, and of ours only `keep`.

    `worker`: one that is about to start; runs that it left when it was killed are given up.
    """
    wanted = json.dumps({"keep": sorted(keep), "worker": worker})
    _run(["-m", "flows.prepare", wanted], project, environment, "prepare the Prefect server")
    # Left for the worker to fill in: set here, the folder would be written into the deployments.
    unplaced = {name: value for name, value in environment.items() if name != "LOOP_PROJECT"}
    _run(["-m", "prefect", "deploy", "--all"], project, unplaced, "deploy")


def _run(arguments: Sequence[str], project: Path, environment: Mapping[str, str], what: str) -> None:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=project,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,  # a Ctrl-C is for us to answer, between two steps
    )
    if done.returncode:
        words = "\n".join(f"    {line}" for line in (done.stdout + done.stderr).splitlines()[-20:])
        raise DeployFailed(f"Could not {what}. Prefect says:\n{words}")
