"""`loop report`: numbers by journey, step and path."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING

import click

from loyaltyloop.cli.base import Project, json_option, pass_project, print_json
from loyaltyloop.cli.options import there_is, wide_console
from loyaltyloop.errors import UserError
from loyaltyloop.journey.numbers import counted, plain

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from loyaltyloop.store.telling.reports import Line


@click.command()
@click.argument("journey", required=False)
@json_option
@pass_project
def command(project: Project, journey: str | None, as_json: bool) -> None:
    """Print how many came to each step, which way they went, what was sent, and who reached the goal.

    \b
    Example:
      loop report
      loop report welcome --json
    """
    from loyaltyloop.store.database import read
    from loyaltyloop.store.telling.reports import report

    with read(project.reading()) as connection:
        if journey:
            there_is(project, connection, journey)
        lines = report(connection, journey)
    if journey and not lines:
        raise UserError(f"The journey {journey!r} is not live: `loop apply` makes it so.")
    if as_json:
        return print_json([asdict(line) for line in lines])
    return show(wide_console(), lines)


def show(console: Console, lines: list[Line]) -> None:
    """The numbers for people, a table for each version."""
    from rich.text import Text

    if not lines:
        console.print("Nothing is live yet: `loop apply` makes it so.")
    for (journey, version), group in groupby(lines, key=lambda line: (line.journey, line.version)):
        whole, *steps = group
        console.print(Text.assemble((journey, "bold"), f" version {version}: {_headline(whole)}"))
        if whole.stopped:
            console.print(
                f"  its marketing has stopped: {whole.stopped}; `loop release {journey}` lets it go on"
            )
        console.print(_table(steps))
        _not_sent(console, steps)
        _answers(console, steps)
        _scores(console, steps)
        _refused(console, whole)


def _headline(whole: Line) -> str:
    out = whole.held_out
    words = [f"{whole.arrived:,} entered", f"of them held out {out:,}" if out else ""]
    words += [f"{whole.standing:,} inside", counted(whole.messages, "message")]
    words.append(f"goal {_share(whole.goal, whole.arrived - out)}")
    words.append(f"of those held out {_share(whole.held_out_goal, out)}" if out else "")
    return ", ".join(word for word in words if word)


def _share(part: int, whole: int) -> str:
    return f"{part:,} ({part / whole:.1%})" if whole else f"{part:,}"


def _table(steps: list[Line]) -> Table:
    """The steps, and below each that has several ways on, its paths; no name is cut, in whatever terminal."""
    from rich.table import Table

    table = Table()
    table.add_column("step, and path", overflow="fold")
    for name in _NUMBERS:
        table.add_column(name, justify="right", no_wrap=True)
    for _, group in groupby(steps, key=lambda line: line.step):
        several = list(group)
        alone = len(several) == 1 and not several[0].path
        table.add_row(several[0].step or "", *_cells(several[0], _NUMBERS if alone else _OF_STEP))
        for line in () if alone else several:
            table.add_row(f"  {line.path or 'moved on'}", *_cells(line, _OF_PATH))
    return table


_OF_STEP, _OF_PATH = ("arrived", "standing", "messages"), ("left", "goal")
_NUMBERS = ("arrived", "left", "standing", "messages", "goal")


def _cells(line: Line, shown: Collection[str]) -> list[str]:
    return [f"{getattr(line, name):,}" if name in shown else "" for name in _NUMBERS]


def _not_sent(console: Console, steps: list[Line]) -> None:
    for line in steps:
        if line.unsent:
            told = ", ".join(f"{number:,} {_unsent(state)}" for state, number in line.unsent.items())
            console.print(f"  not sent at {line.step}: {told}", highlight=False)


def _unsent(state: str) -> str:
    from loyaltyloop.store.telling.reports import PASSED_OVER

    return f"as {state}" if state == PASSED_OVER else state


def _answers(console: Console, steps: list[Line]) -> None:
    for line in steps:
        if line.answers:
            told = ", ".join(f"{number:,} {_worded(line, answer)}" for answer, number in line.answers.items())
            console.print(f"  answers to {line.step}: {told}", highlight=False)


def _worded(line: Line, answer: str) -> str:
    words = line.wording.get(answer, answer)
    return answer if words == answer else f"{answer} (“{words}”)"


def _scores(console: Console, steps: list[Line]) -> None:
    for line in steps:
        for said in line.scores:
            by = "no model was live" if said["version"] is None else f"by version {said['version']}"
            known = f"{said['known']:,} of {said['people']:,} known"
            mean = "" if said["mean"] is None else f", {plain(said['mean'])} on average"
            console.print(f"  {said['model']} at {line.step}, {by}: {known}{mean}", highlight=False)


def _refused(console: Console, whole: Line) -> None:
    for reason, number in whole.refused.items():
        console.print(f"  not entered: {number:,} {reason}")
    console.print()
