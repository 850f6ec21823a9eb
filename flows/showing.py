"""What Prefect's pages say of a turn: Markdown, for a marketer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from loyaltyloop.journey.numbers import counted
from loyaltyloop.markdown import plain
from loyaltyloop.turn.counts import Row, TurnReport
from loyaltyloop.turn.stages import Stage

NOTHING = "nothing to do"
SKIPPED = "skipped"
WAY_ON = "moved on"


def artifact_key(journey: str) -> str:
    """Prefect keeps a history of artifacts by key: small letters, digits and dashes."""
    return re.sub("[^a-z0-9]+", "-", journey.lower()).strip("-")


def headline(report: TurnReport, stages: Sequence[Stage]) -> str:
    """A turn in one line: `12 entered, 30 steps, 12 messages handed over`."""
    wait = [f"messages wait: {report.messages_wait}"] if report.messages_wait else []
    if report.idle:
        return ", ".join(wait) or NOTHING
    moved = sum(row.people for row in _of(report, stages, "step"))
    doors = _of(report, stages, "enter", "leave")
    parts = [f"{_n(row)} {_door(row)}" for row in doors if ":" not in row.path]
    refused, left = (
        sum(row.people for row in doors if row.path.startswith(why)) for why in ("refused:", "left:")
    )
    parts += [f"{refused:,} not admitted"] if refused else []
    parts += [f"{left:,} left"] if left else []
    parts += [counted(moved, "step")] if moved else []
    parts += [
        f"{counted(row.people, 'message')} {_plain(row.path)}" for row in _of(report, stages, "deliver")
    ]
    parts += [f"{counted(row.people, 'event')} {row.path}" for row in _of(report, stages, "apply")]
    return ", ".join(parts + wait)


def turn_page(report: TurnReport, stages: Sequence[Stage], dry_run: bool) -> str:
    """The page of one turn: who moved where, what became of the messages, when it goes on."""
    told = [f"## {report.journey}, {report.now:%A, %-d %B %Y, %H:%M} UTC"]
    if dry_run:
        told.append("**A dry run: nothing was changed and nothing was sent.**")
    if doors := _of(report, stages, "enter", "leave"):
        told += [
            "### Who came and went",
            table(("", "People"), [(_door(row), _n(row)) for row in doors]),
        ]
    if steps := _of(report, stages, "step"):
        verbs = {stage.name: stage.verb for stage in stages}
        moves = [(row.stage, verbs.get(row.stage, ""), row.path or WAY_ON, _n(row)) for row in steps]
        told += ["### Who moved where", table(("Step", "", "Path", "People"), moves)]
    if sent := _of(report, stages, "deliver"):
        told += [
            "### Messages, of all journeys",
            table(("", "Messages"), [(_plain(row.path), _n(row)) for row in sent]),
        ]
    if aside := _of(report, stages, "apply"):
        told += ["### Events", table(("", "Events"), [(row.path, _n(row)) for row in aside])]
    if report.messages_wait:
        told.append(f"**Messages wait:** {plain(report.messages_wait)}.")
    told += [f"**Take care:** {plain(low)}." for low in report.low]
    return "\n\n".join([*told, _next(report)])


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, the last column to the right; what stands in a cell cannot break it."""
    lines = [head, [*["---"] * (len(head) - 1), "---:"], *rows]
    return "\n".join("| " + " | ".join(plain(cell) for cell in line) + " |" for line in lines)


def _next(report: TurnReport) -> str:
    if not report.coming:
        return "**Next:** nobody waits here for a time to come; what arrives starts the next turn."
    told = (f"{what} at {moment:%A, %-d %B %Y, %H:%M} UTC" for moment, what in report.coming)
    return f"**Next:** {'; '.join(told)}."


def _of(report: TurnReport, stages: Sequence[Stage], *kinds: str) -> list[Row]:
    names = {stage.name for stage in stages if stage.kind in kinds}
    return [row for row in report.rows if row.stage in names and row.people]


def _n(row: Row) -> str:
    return f"{row.people:,}"


def _door(row: Row) -> str:
    return _plain(row.path) or "entered"


def _plain(path: str) -> str:
    return path.replace("_", " ")
