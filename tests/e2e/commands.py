"""Real `loop` commands in processes of their own, in a project's folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ran:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """Its JSON document."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Project:
    """A project's folder, its database and its key."""

    folder: Path
    url: str

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a command; `done` waits for it."""
        own = {"LOOP_DATABASE_URL": self.url, "LOOP_SECRET_KEY": "the same in both", "LOOP_EMAIL": "eml"}
        command = [sys.executable, "-m", "loyaltyloop", "--project", str(self.folder), *words]
        environment = {**os.environ, **own, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, env=environment, cwd=self.folder, text=True, stdout=pipe, stderr=pipe
        )

    def loop(self, *words: str) -> Ran:
        """Run a command to its end."""
        return done(self.start(*words))


def done(process: subprocess.Popen[str]) -> Ran:
    """Wait for a command."""
    out, err = process.communicate()
    return Ran(process.returncode, out, err)
