"""Segment's own libraries for Node and for browsers, installed by npm from the lock in tests/heavy/node."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "node"
PATIENCE = 300.0  # seconds for npm


def node() -> str:
    """Where Node is; without it the test is skipped."""
    found = shutil.which("node")
    if found is None or shutil.which("npm") is None:
        pytest.skip("no Node here: install node 20 or newer with npm, to try Segment's libraries for it")
    return found


def installed(folder: Path) -> Path:
    """A folder with the libraries of tests/heavy/node, in the versions of its lock."""
    node()
    made = folder / "node"
    shutil.copytree(HERE, made, ignore=shutil.ignore_patterns("node_modules"))
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=made, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    return made
