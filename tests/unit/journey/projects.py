"""The good project and the broken ones beside this file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from loyaltyloop.errors import Problem
from loyaltyloop.journey.check import check_reading
from loyaltyloop.journey.reading.project import collect_files
from loyaltyloop.journey.reading.reader import read_project

HERE = Path(__file__).parent
BROKEN = HERE / "broken"


def good() -> dict[str, bytes]:
    """The files of a project without mistakes."""
    return collect_files(HERE / "good")


def broken(rule: str) -> dict[str, bytes]:
    """The good project with the files of one mistake laid over it."""
    return good() | collect_files(BROKEN / rule)


def expected(rule: str) -> str:
    """What is printed for it."""
    return (BROKEN / rule / "expected.txt").read_text(encoding="utf-8")


def check_files(files: Mapping[str, str | bytes]) -> list[Problem]:
    """All problems of these files, by file and line."""
    return check_reading(read_project(files))


def rules() -> list[str]:
    """Every rule that has a broken project."""
    return sorted(folder.name for folder in BROKEN.iterdir())
