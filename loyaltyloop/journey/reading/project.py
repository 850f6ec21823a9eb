"""The files of a project on disk: the only place of the language that touches the file system."""

from __future__ import annotations

from pathlib import Path

from loyaltyloop.journey.reading.source import LARGEST


def collect_files(folder: Path) -> dict[str, bytes]:
    """`journeys/*.yaml` and `templates/**` below the folder, by path with `/`.

    Of a file that is far too large only as much is read as shows that it is.
    """
    found = [*folder.glob("journeys/*.yaml"), *folder.glob("journeys/*.yml"), *folder.glob("templates/**/*")]
    files = sorted(path for path in found if path.is_file() and not path.name.startswith("."))
    return {path.relative_to(folder).as_posix(): _read(path) for path in files}


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST + 1)
