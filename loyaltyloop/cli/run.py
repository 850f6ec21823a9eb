"""`loop run`: one turn of a journey, as a Prefect flow run."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from loyaltyloop.cli.base import Project, json_option, pass_project, print_json
from loyaltyloop.cli.options import read_moment, warn_of_lost_links, wide_console
from loyaltyloop.errors import UserError
from loyaltyloop.up.environment import prefect_environment, quiet
from loyaltyloop.up.project_files import has_flows

if TYPE_CHECKING:
    from loyaltyloop.turn.counts import TurnReport


@click.command()
@click.argument("journey")
@click.option("--now", callback=read_moment, metavar="T", help="The moment the turn looks at. [default: now]")
@click.option("--customer", "customers", multiple=True, metavar="ID", help="Only this one; may be repeated.")
@click.option(
    "--dry-run",
    is_flag=True,
    help="Show what would happen; change and send nothing. Imports and other turns wait until it has ended.",
)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="At most so many customers at each step.")
@click.option("--plain", is_flag=True, help="Without Prefect: the same turn, and no record of the run.")
@json_option
@pass_project
def command(
    project: Project,
    journey: str,
    now: datetime | None,
    customers: tuple[str, ...],
    dry_run: bool,
    limit: int | None,
    plain: bool,
    as_json: bool,
) -> None:
    """One turn of a journey: everyone who is due or has answered moves on.

    The turn is a flow run of Prefect: on the server that PREFECT_API_URL names or that `loop up` has
    started, else embedded. --customer and --limit restrict it; such a turn moves no cursor.

    \b
    Example: loop run welcome --dry-run
    """
    given = {"now": now, "customers": customers, "dry_run": dry_run, "limit": limit}
    warn_of_lost_links(project.settings())
    report = (_plain if plain else _in_prefect)(project, journey, given)
    if as_json:
        return print_json(as_document(report))
    return _say(report, dry_run)


def _plain(project: Project, journey: str, given: dict[str, Any]) -> TurnReport:
    from loyaltyloop.turn.runner import run_turn
    from loyaltyloop.turn.world import World

    clock = None if given["now"] else _present
    world = World.open(project.settings(), clock)
    return run_turn(world, journey, **(given | {"now": given["now"] or _present()}))


def _present() -> datetime:
    return datetime.now(UTC)


def _in_prefect(project: Project, journey: str, given: dict[str, Any]) -> TurnReport:
    if not has_flows(project.folder):
        raise UserError(
            f"{project.folder} has no flows/ and tasks/: `loop deploy --file-only` writes them; "
            "`loop run --plain` does a turn without Prefect."
        )
    os.environ.update(quiet(prefect_environment(project.folder, os.environ)))  # read when Prefect is imported
    sys.path.insert(0, str(project.folder))
    take_turn_here = import_module("flows.journey").take_turn_here
    report: TurnReport = take_turn_here(journey, **{**given, "customers": list(given["customers"])})
    return report


def as_document(report: TurnReport) -> dict[str, Any]:
    """A turn for programs; instants as ISO 8601."""
    told = asdict(report) | {"idle": report.idle}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in told.items()}


def _say(report: TurnReport, dry_run: bool) -> None:
    from rich.table import Table

    from loyaltyloop.store.reports import ENTERING

    console = wide_console()
    if report.idle:
        console.print(f"{report.journey}: nothing to do at {report.now:%Y-%m-%d %H:%M} UTC.")
    else:
        table = Table("step", "way", "people", title=f"{report.journey} at {report.now:%Y-%m-%d %H:%M} UTC")
        for row in report.rows:
            if row.people:
                way = row.path.replace("_", " ") or ("entered" if row.stage == ENTERING else "moved on")
                table.add_row(row.stage, way, f"{row.people:,}")
        console.print(table)
    if dry_run:
        console.print("A dry run: nothing was changed, nothing was sent.")
    if report.messages_wait:
        console.print(f"Messages wait: {report.messages_wait}.")
    told = [f"{what} at {moment:%Y-%m-%d %H:%M} UTC" for moment, what in report.coming]
    console.print(f"Next: {'; '.join(told) or 'when something arrives'}.")
