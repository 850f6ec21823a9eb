"""What `loop up` notes in `var/up.json`, so that other commands find it."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Running:
    """A `loop up` of this project; without `api`, none is at work."""

    api: str | None = None  # address of Prefect's API
    ui: str | None = None
    pid: int | None = None  # of `loop up` itself


def read_running(project: Path) -> Running:
    """The `loop up` at work on this project; an empty record if there is none."""
    try:
        noted = Running(**json.loads(_path(project).read_text()))
    except (FileNotFoundError, ValueError, TypeError):  # none, or cut short by a power cut
        return Running()
    return noted if noted.pid and _alive(noted.pid) else Running()


def note_running(project: Path, running: Running) -> None:
    """Say that this is at work."""
    path = _path(project)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(running)))
    fresh.replace(path)


def forget_running(project: Path) -> None:
    """Say that nothing is at work any more."""
    _path(project).unlink(missing_ok=True)


def _path(project: Path) -> Path:
    return project / "var" / "up.json"


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
