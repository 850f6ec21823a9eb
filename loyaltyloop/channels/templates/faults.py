"""Mistakes in templates, with their place.

Nodes of several files end up in one template, so a node's line carries its file: `file * LINES + line`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from loyaltyloop.errors import FilesError, Problem

ROOT = "templates/"
LINES = 1_000_000


@dataclass
class Sources:
    """The files that a template is put together from, by their number."""

    files: list[tuple[str, str]] = field(default_factory=list)

    def add(self, name: str, source: str) -> int:
        """The place of this file's line 0."""
        self.files.append((name, source))
        return (len(self.files) - 1) * LINES

    def fault(self, place: int, message: str, remedy: str) -> FilesError:
        """A mistake at this place."""
        number, line = divmod(place, LINES)
        name, source = self.files[number] if number < len(self.files) else ("", "")
        return fault(name, source, line, message, remedy)


def fault(name: str, source: str, line: int, message: str, remedy: str) -> FilesError:
    """A mistake in the template of that name, at that line (from 1)."""
    lines = source.splitlines()
    shown = lines[line - 1] if 0 < line <= len(lines) else ""
    column = len(shown) - len(shown.lstrip()) + 1
    problem = Problem(ROOT + name, max(line, 1), column, "template", "error", message, remedy, shown.rstrip())
    return FilesError([problem])
