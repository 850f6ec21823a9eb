"""`loop plan`: what would change against what is live, people inside included."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from loyaltyloop.cli.base import Project, json_option, pass_project, print_json
from loyaltyloop.cli.calls import warn_of_calls
from loyaltyloop.cli.models import warn_of_models
from loyaltyloop.cli.options import checked, wide_console
from loyaltyloop.errors import ApplyRefused
from loyaltyloop.journey.numbers import people

if TYPE_CHECKING:
    from rich.text import Text

    from loyaltyloop.store.live.change import Change

_SIGNS = {
    "added": ("+", "green"),
    "returned": ("+", "green"),
    "removed": ("-", "red"),
    "changed": ("~", "yellow"),
    "renamed": ("~", "yellow"),
    "moved": ("→", "cyan"),
}


def people_options(function: Any) -> Any:
    """`--move` and `--finish-old`."""
    move = click.option(
        "--move",
        multiple=True,
        metavar="JOURNEY",
        help="Let all who are inside go on in the new version, at the step of the same name (or its `was`).",
    )
    finish = click.option(
        "--finish-old",
        multiple=True,
        metavar="JOURNEY",
        help="Let those finish on their version for whom the new one has no place.",
    )
    return move(finish(function))


@click.command()
@people_options
@json_option
@pass_project
def command(project: Project, move: tuple[str, ...], finish_old: tuple[str, ...], as_json: bool) -> None:
    """Show what `loop apply` would change, and what becomes of the people inside. Changes nothing.

    Leaves with 1 if a change cannot be made as it stands; the reasons are shown with their remedies.

    \b
    Example:
      loop plan
      loop plan --move welcome
    """
    from loyaltyloop.store.database import read
    from loyaltyloop.store.live import changes

    reading = checked(project)
    with read(project.reading()) as connection:
        found = changes.plan(connection, reading, move=move, finish_old=finish_old)
        warn_of_models(connection, reading.journeys.values(), reading.shop, datetime.now(UTC))
    if as_json:
        print_json(as_rows(found))
    else:
        show(found)
    warn_of_calls(project.settings(), reading.journeys.values(), reading.shop)
    if reasons := changes.refusals(found):
        lines = ["This cannot be applied as it stands.", *(f"  - {reason}" for reason in reasons)]
        raise ApplyRefused("\n".join(lines))


def as_rows(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """The changes for programs."""
    keys = ("journey", "change", "step", "people", "becomes", "detail", "refusal")
    return [{key: getattr(change, key) for key in keys} for change in changes]


def show(changes: Sequence[Change]) -> None:
    """The changes for people: by journey, with signs and colours."""
    console = wide_console()
    if not changes:
        console.print("Nothing to do: what is live is what the files say.")
        return
    by_journey = sorted(changes, key=lambda change: change.journey)
    for journey, group in groupby(by_journey, key=lambda change: change.journey):
        console.print(journey or "for all journeys", style="bold")
        for change in group:
            console.print(_line(change), soft_wrap=True)
        console.print()


def _line(change: Change) -> Text:
    from rich.text import Text

    what, _, how = change.change.rpartition(" ")
    sign, colour = _SIGNS[how]
    name = change.detail if what in ("template", "step") and not change.step else change.step or ""
    detail = "" if name == change.detail else change.detail
    line = Text(f"  {sign} ", style=colour)
    line.append(" ".join(part for part in (change.change, name) if part))
    line.append(f" ({detail})" if detail else "")
    if change.people:
        line.append(f": {people(change.people)}", style="bold")
    if change.becomes:
        line.append(f" — {change.becomes}", style="dim")
    if change.refusal:
        line.append(" — cannot be applied, see below", style="red")
    return line
