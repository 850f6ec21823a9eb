"""Several cut-offs in one: the mean of each figure, and how often our own model was ahead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean
from typing import NamedTuple

from evaluation.intervals import Interval
from evaluation.tables import Measure, Row, Table


class Standing(NamedTuple):
    """Of `times` cut-offs: in how many ours was ahead; in how many surely ahead, or surely behind (the whole
    interval of the difference is on one side of 0).
    """

    times: int
    ahead: int
    surely: int
    surely_behind: int


class Line(NamedTuple):
    """One method: the mean of each measure over the cut-offs on which it could learn, and how ours stood
    beside it.
    """

    method: str
    cut_offs: int
    means: dict[str, float]
    standings: dict[str, Standing]


@dataclass(frozen=True)
class Summary:
    """All cut-offs of one task."""

    part: str
    title: str
    cut_offs: int
    measures: tuple[Measure, ...]
    lines: tuple[Line, ...]


def summaries(tables: Iterable[Table]) -> Iterator[Summary]:
    """One a title that has several tables, in the order of the first of each."""
    by_title: dict[str, list[Table]] = {}
    for table in tables:
        by_title.setdefault(table.title, []).append(table)
    for title, found in by_title.items():
        if len(found) > 1:
            measures = tuple(dict.fromkeys(one for table in found for one in table.measures))
            yield Summary(found[0].part, title, len(found), measures, tuple(_lines(found, measures)))


def _lines(tables: list[Table], measures: tuple[Measure, ...]) -> Iterator[Line]:
    order = {row.method: place for table in tables for place, row in enumerate(table.rows)}
    rows = sorted((row for table in tables for row in table.rows), key=lambda row: order[row.method])
    for method, group in groupby(rows, key=lambda row: row.method):
        of_method = list(group)
        learned = sum(bool(row.figures) for row in of_method)
        means = dict(_means(of_method, measures))
        yield Line(method, learned, means, dict(_standings(of_method, measures)))


def _means(rows: list[Row], measures: tuple[Measure, ...]) -> Iterator[tuple[str, float]]:
    for one in measures:
        values = [row.figures[one.name].value for row in rows if one.name in row.figures]
        if values:
            yield one.name, fmean(values)


def _standings(rows: list[Row], measures: tuple[Measure, ...]) -> Iterator[tuple[str, Standing]]:
    for one in measures:
        found = [row.behind[one.name] for row in rows if one.name in row.behind]
        if found:
            yield one.name, _standing(found)


def _standing(behind: list[Interval]) -> Standing:
    return Standing(
        len(behind),
        sum(one.value > 0 for one in behind),
        sum(one.low > 0 for one in behind),
        sum(one.high < 0 for one in behind),
    )
