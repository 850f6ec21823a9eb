"""An installation without the repository: a new project is written, made live, deployed and run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.commands import ROOT, Ran

pytestmark = pytest.mark.prefect
SOURCES = ("loyaltyloop", "flows", "tasks", "templates/layout")
FILES = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")


def install(source: Path, target: Path) -> None:
    """The package alone, built from a copy of the repository and installed into `target`."""
    for name in SOURCES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, source / name)
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    alone = ("--no-deps", "--no-build-isolation", "--target", str(target))
    subprocess.run([*pip, *alone, str(source)], check=True, capture_output=True)
    shutil.rmtree(source)


def test_a_new_project_of_an_installed_package(tmp_path: Path) -> None:
    install(tmp_path / "source", tmp_path / "installed")
    folder = tmp_path / "shop"
    folder.mkdir()
    own = {name: value for name, value in os.environ.items() if not name.startswith(("LOOP_", "PREFECT_"))}
    environment = own | {"PYTHONPATH": str(tmp_path / "installed"), "COLUMNS": "200"}

    def loop(*words: str) -> Ran:
        command = [sys.executable, "-m", "loyaltyloop", *words]
        done = subprocess.run(
            command, env=environment, cwd=folder, text=True, capture_output=True, check=False
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    assert "  wrote flows/ and tasks/: what Prefect runs\n" in loop("new", "hello_one").out
    assert (folder / "templates/layout/blocks.html").is_file()
    assert "For Prefect to run the new journeys: loop deploy.\n" in loop("apply", "--yes").out
    done = loop("deploy")
    assert (done.code, done.err) == (0, "")
    assert "  hello_one\n" in done.out
    done = loop("run", "hello_one")
    assert (done.code, done.err) == (0, "")
    assert "\nhello_one: nothing to do at " in done.out
