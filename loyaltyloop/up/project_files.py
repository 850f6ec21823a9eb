"""flows/ and tasks/, what Prefect runs: files of the project, since two installed packages of those names
would collide with other people's. Here a project gets them; and the layout of its messages.
"""

from __future__ import annotations

from collections.abc import Iterator
from filecmp import cmp
from importlib.metadata import version
from pathlib import Path
from shutil import copytree, ignore_patterns

import loyaltyloop
from loyaltyloop.errors import UserError

FOLDERS = ("flows", "tasks")
LAYOUT = "templates/layout"
WRITTEN = "flows/ and tasks/: what Prefect runs"
_INSTALLED = "project_files"  # within the package, as setup.py puts them there
_TELLING = ("flows/compiled.py", "tasks/graph.py")  # a folder of that name without it is something else


def write_flows(project: Path) -> bool:
    """Put them into a project that has none; was it so? UserError where something else has their names."""
    if has_flows(project):
        return False
    if taken := [name for name in FOLDERS if (project / name).exists()]:
        raise UserError(
            f"{project / taken[0]} is not what Prefect is to run: Loyalty Loop keeps its flows in flows/ and "
            f"its tasks in tasks/. Give yours another name."
        )
    for name in FOLDERS:
        copytree(_shipped() / name, project / name, ignore=ignore_patterns("__pycache__"))
    return True


def layout() -> dict[str, str]:
    """What all templates share, by its path in a project: a layout, its styles, building blocks."""
    shared = (_shipped() / LAYOUT).glob("*.*")
    return {f"{LAYOUT}/{path.name}": path.read_text(encoding="utf-8") for path in sorted(shared)}


def has_flows(project: Path) -> bool:
    """Are they there?"""
    return all((project / path).is_file() for path in _TELLING)


def other_flows(project: Path) -> str:
    """A word where the project's are not those of this installation; empty where they are."""
    if not (other := next(_other(project), "")):
        return ""
    return (
        f"flows/ and tasks/ are not those of Loyalty Loop {version('loyaltyloop')} ({other} differs). Unless "
        "you have changed them yourself, delete both folders and run `loop deploy` again."
    )


def _other(project: Path) -> Iterator[str]:
    shipped = _shipped()
    for folder in (shipped / name for name in FOLDERS):
        for path in sorted(folder.glob("*.py")):
            own = project / folder.name / path.name
            if not own.is_file() or not cmp(path, own, shallow=False):
                yield f"{folder.name}/{path.name}"


def _shipped() -> Path:
    """The folder that holds all of it: within the package, or, in a checkout, around it."""
    package = Path(loyaltyloop.__file__).parent
    return next(place for place in (package / _INSTALLED, package.parent) if has_flows(place))
