"""What was measured: tables of methods by measures, each figure with its interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from evaluation.intervals import Drawn, Interval

OURS = "Loyalty Loop"


class Measure(NamedTuple):
    """`digits`: behind the point when it is shown. `better`: 1 where higher is better, -1 where lower is,
    0 where neither is (a share, a ratio that should be 1).
    """

    name: str
    better: int = 1
    digits: int = 3


@dataclass(frozen=True)
class Row:
    """One method. `figures`: by measure; none: too little had come to learn from. `behind`: how far it is
    behind ours (above 0: ours is better).
    """

    method: str
    figures: Mapping[str, Interval]
    behind: Mapping[str, Interval] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """How all methods did on one task after one cut-off. The first measure is what they are judged by.

    `part`: recommend, lapse, value, refill; `people`: who was judged; `about`: what else is to know.
    """

    part: str
    title: str
    cut_off: datetime
    people: int
    measures: tuple[Measure, ...]
    rows: tuple[Row, ...]
    about: str = ""


def row_of(
    method: str, drawn: Mapping[str, Drawn], ours: Mapping[str, Drawn] | None, measures: tuple[Measure, ...]
) -> Row:
    """A row of what was drawn; `ours`: the same of our own model, if it is there."""
    figures = {name: one.interval for name, one in drawn.items()}
    if ours is None or method == OURS:
        return Row(method, figures)
    behind = {}
    for one in measures:
        if one.better and one.name in drawn and one.name in ours:
            ahead, other = ours[one.name], drawn[one.name]
            behind[one.name] = (ahead.less(other) if one.better > 0 else other.less(ahead)).interval
    return Row(method, figures, behind)


def table_of(
    part: str,
    title: str,
    cut_off: datetime,
    people: int,
    measures: tuple[Measure, ...],
    drawn: Mapping[str, Mapping[str, Drawn]],
    about: str = "",
) -> Table:
    """A table of what was drawn by method, in their order; nothing: it had too little to learn from."""
    ours = drawn.get(OURS) or None
    rows = tuple(row_of(method, found, ours, measures) for method, found in drawn.items())
    return Table(part, title, cut_off, people, measures, rows, about)
