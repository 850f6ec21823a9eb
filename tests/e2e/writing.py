"""Holding a project's SQLite database, so that whoever wants to write stands still."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def nobody_else_writes(folder: Path) -> Iterator[None]:
    """Within it nobody else gets to write."""
    connection = sqlite3.connect(folder / "var" / "loop.db", isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.rollback()
    finally:
        connection.close()
