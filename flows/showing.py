"""What Prefect's pages say of a turn: Markdown, for a marketer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from loyaltyloop.turn.counts import Row, TurnReport

PHASES = {"apply events", "enter", "leave", "deliver", "after delivery", "report"}


def artifact_key(journey: str) -> str:
    """Prefect keeps a history of artifacts by key: small letters, digits and dashes."""
    return re.sub("[^a-z0-9]+", "-", journey.lower()).strip("-")


def headline(report: TurnReport) -> str:
    """A turn in one line: `12 entered, 30 moved on, 12 handed over`."""
    if report.idle:
        return "nothing to do"
    parts = [(_sum(report, "enter", only="entered"), "entered"), (_moved(report), "moved on")]
    parts += [(_sum(report, "deliver", only=state), state.replace("_", " ")) for state in _states(report)]
    return ", ".join(f"{number:,} {what}" for number, what in parts if number) or "looked at what arrived"


def turn_page(report: TurnReport, dry_run: bool) -> str:
    """The page of one turn: who moved where, what became of the messages, when it goes on."""
    told = [f"# {report.journey}: {headline(report)}"]
    if dry_run:
        told.append("**A dry run: nothing was changed and nothing was sent.**")
    told.append(f"The turn looked at {report.now:%A, %-d %B %Y, %H:%M} UTC.")
    told.append(table(("Step", "Way", "People"), _lines(report.rows)))
    told.append(
        f"**Next:** customers are due at {report.next_due:%A, %-d %B %Y, %H:%M} UTC."
        if report.next_due
        else "**Next:** nobody is waiting; new events start the next turn."
    )
    return "\n\n".join(told)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; what stands in a cell cannot break it."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _lines(rows: Iterable[Row]) -> list[tuple[str, str, str]]:
    return [(row.stage, row.path or "on", f"{row.people:,}") for row in rows if row.people]


def _sum(report: TurnReport, stage: str, only: str) -> int:
    return sum(row.people for row in report.rows if row.stage == stage and row.path == only)


def _states(report: TurnReport) -> list[str]:
    return list(dict.fromkeys(row.path for row in report.rows if row.stage == "deliver"))


def _moved(report: TurnReport) -> int:
    return sum(row.people for row in report.rows if row.stage not in PHASES)
