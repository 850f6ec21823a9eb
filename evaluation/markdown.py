"""Tables and summaries as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from evaluation.intervals import Interval
from evaluation.summary import Line, Standing, Summary
from evaluation.tables import OURS, Measure, Row, Table

_NONE = "too little to learn from"


def page(tables: Sequence[Table], summed: Iterable[Summary]) -> str:
    """All tables, and the summaries behind them."""
    parts = [*(_table(one) for one in tables), *(_summary(one) for one in summed)]
    return "\n".join(parts)


def _table(table: Table) -> str:
    compared = any(row.behind for row in table.rows)
    deciding = table.measures[0]
    heads = ["method", *(one.name for one in table.measures)]
    heads += [f"{OURS} is ahead ({deciding.name})"] if compared else []
    rows = (
        [row.method, *_figures(row, table.measures), *_ahead(row, deciding, compared)] for row in table.rows
    )
    lines = [f"### {table.title}, from {table.cut_off:%Y-%m-%d}, {table.people:,} customers", ""]
    lines += [f"{table.about}.", ""] if table.about else []
    return "\n".join([*lines, *_grid(heads, rows), ""])


def _figures(row: Row, measures: Sequence[Measure]) -> Iterator[str]:
    if not row.figures:
        yield from (_NONE, *[""] * (len(measures) - 1))
        return
    for one in measures:
        yield _interval(row.figures[one.name], one.digits) if one.name in row.figures else ""


def _ahead(row: Row, deciding: Measure, compared: bool) -> Iterator[str]:
    if compared:
        found = row.behind.get(deciding.name)
        yield _interval(found, deciding.digits, "+") if found else ""


def _summary(summary: Summary) -> str:
    measures = summary.measures
    heads = ["method", *(one.name for one in measures)]
    rows = (
        [_in_how_many(line, summary.cut_offs), *(_summed(line, one) for one in measures)]
        for line in summary.lines
    )
    about = (
        f"The mean of {summary.cut_offs} cut-offs, and behind it in how many of them {OURS} was ahead, and in"
        " how many surely so (the whole interval of the difference is above 0), or surely behind."
    )
    title = f"### {summary.title}: {summary.cut_offs} cut-offs"
    return "\n".join([title, "", about, "", *_grid(heads, rows), ""])


def _in_how_many(line: Line, cut_offs: int) -> str:
    if line.cut_offs == cut_offs:
        return line.method
    return f"{line.method} ({line.cut_offs} of {cut_offs}; else {_NONE})"


def _summed(line: Line, one: Measure) -> str:
    if one.name not in line.means:
        return ""
    standing = line.standings.get(one.name)
    return f"{line.means[one.name]:.{one.digits}f}" + (f"; {_standing(standing)}" if standing else "")


def _standing(standing: Standing) -> str:
    behind = f", surely behind {standing.surely_behind}" if standing.surely_behind else ""
    return f"ahead {standing.ahead}/{standing.times} (surely {standing.surely}{behind})"


def _interval(found: Interval, digits: int, sign: str = "") -> str:
    value = f"{found.value:{sign}.{digits}f}"
    if found.low == found.value == found.high:
        return value
    return f"{value} [{found.low:{sign}.{digits}f}, {found.high:{sign}.{digits}f}]"


def _grid(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield "|" + " --- |" * len(heads)
    for row in rows:
        yield f"| {' | '.join(row)} |"
