"""A file as a tree of values, each with its place: what problems point at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from loyaltyloop.errors import Problem, Severity

Path = tuple[str | int, ...]
Plain = str | bool | int | Decimal | None

WIDEST_SHOWN = 200  # characters of a line that are worth showing


@dataclass
class Node:
    """A value and its place (1-based). `keys` holds the place of each key of a mapping."""

    value: Plain | list[Node] | dict[str, Node]
    line: int
    column: int
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)
    size: int = 1  # nodes below and this one, aliases expanded

    def plain(self) -> Any:
        """The value as plain Python: dict, list, text, numbers."""
        match self.value:
            case dict() as mapping:
                return {key: node.plain() for key, node in mapping.items()}
            case list() as items:
                return [node.plain() for node in items]
            case scalar:
                return scalar


@dataclass
class Source:
    """One file: its lines, and its tree once composed."""

    file: str
    lines: list[str]
    root: Node = field(default_factory=lambda: Node(None, 1, 1))

    def plain(self) -> Any:
        """The whole file as plain Python."""
        return self.root.plain()

    def walk(self, path: Path) -> Iterator[tuple[Node, tuple[int, int]]]:
        """Every node on the way with its place (a key's, in a mapping), as far as the path leads.

        Number 0 of what is no list is the thing itself: some words take one value or a list.
        """
        node, mark = self.root, (self.root.line, self.root.column)
        yield node, mark
        for part in path:
            match node.value:
                case dict() as mapping if isinstance(part, str) and part in mapping:
                    mark, node = node.keys[part], mapping[part]
                case list() as items if isinstance(part, int) and part < len(items):
                    node = items[part]
                    mark = (node.line, node.column)
                case list():
                    return
                case _ if part != 0:
                    return
            yield node, mark

    def mark(self, path: Path, at: Literal["key", "value"] = "key") -> tuple[int, int]:
        """Line and column of what a path leads to; of the nearest thing around it where it leads nowhere."""
        node, mark = list(self.walk(path))[-1]
        return mark if at == "key" else (node.line, node.column)

    def problem(
        self,
        path: Path,
        rule: str,
        severity: Severity,
        message: str,
        remedy: str = "",
        at: Literal["key", "value"] = "key",
    ) -> Problem:
        """A problem at the place that a path leads to."""
        return self.problem_at(*self.mark(path, at), rule, severity, message, remedy)

    def problem_at(
        self, line: int, column: int, rule: str, severity: Severity, message: str, remedy: str
    ) -> Problem:
        """A problem at this line and column."""
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        shown = text[:WIDEST_SHOWN] if column <= WIDEST_SHOWN else ""
        shown = "".join(letter if letter.isprintable() else " " for letter in shown)
        return Problem(self.file, line, column, rule, severity, message, remedy, shown)
