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
from loyaltyloop.cli.calls import warn_of_calls
from loyaltyloop.cli.models import warn_of_models
from loyaltyloop.cli.options import read_moment, there_is, warn_of_lost_links, way, ways_told, wide_console
from loyaltyloop.errors import TurnRefused, UsageError, UserError
from loyaltyloop.up.environment import prefect_environment, quiet
from loyaltyloop.up.project_files import has_flows

if TYPE_CHECKING:
    from loyaltyloop.turn.counts import TurnReport
    from loyaltyloop.turn.world import World


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
@click.option("--yes", "-y", is_flag=True, help="Do not ask whether a turn is to be at a time still to come.")
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
    yes: bool,
    plain: bool,
    as_json: bool,
) -> None:
    """One turn of a journey: everyone who is due or has answered moves on.

    The turn is a flow run of Prefect: on the server that PREFECT_API_URL names or that `loop up` has
    started, else embedded. --customer and --limit restrict it; such a turn moves no cursor. Without --now,
    a turn more than 60 days after the last says so, and asks where somebody can answer. A --now that is
    still to come is asked about, too; where nobody can answer it wants --yes.

    \b
    Example: loop run welcome --dry-run
    """
    given = {"now": now, "customers": customers, "dry_run": dry_run, "limit": limit}
    if not (plain or has_flows(project.folder)):
        raise UserError(
            f"{project.folder} has no flows/ and tasks/: `loop deploy --file-only` writes them; "
            "`loop run --plain` does a turn without Prefect."
        )
    if now and not (dry_run or yes):
        _ask_about_the_future(journey, now)
    world = _world(project, now)
    _look_first(project, world, journey, given)
    report = _plain(world, journey, given) if plain else _in_prefect(project, journey, given)
    if as_json:
        return print_json(as_document(report))
    if not dry_run:
        click.echo(f"Messages leave: {ways_told(project.settings())}.")
    return _say(report, dry_run)


def _world(project: Project, now: datetime | None) -> World:
    from loyaltyloop.turn.world import World

    return World.open(project.settings(), clock=None if now else _present)


def _look_first(project: Project, world: World, journey: str, given: dict[str, Any]) -> None:
    """Refuse at once what the turn would refuse, before Prefect is started for it."""
    from loyaltyloop.store.database import read
    from loyaltyloop.store.live.versions import load_newest, load_shop
    from loyaltyloop.turn.permits import leap, permit

    now, asked = given["now"] or _present(), bool(given["now"] or given["dry_run"])
    with read(world.engine) as connection:
        there_is(project, connection, journey)
        permit(connection, world, journey, now, given["customers"], given["dry_run"])
        far = "" if asked else leap(connection, journey, now)
        live, shop = load_newest(connection, journey).journey, load_shop(connection)
        warn_of_models(connection, [live], shop, now)
    world.engine.dispose()
    warn_of_lost_links(project.settings())
    warn_of_calls(project.settings(), [live], shop)
    if far:
        _ask_about(far)


def _ask_about_the_future(journey: str, now: datetime) -> None:
    """A mistyped year would stop the journey until then: nobody's turn lies ahead without a word."""
    from loyaltyloop.turn.permits import ahead

    if not (told := ahead(journey, now, _present())):
        return
    if not sys.stdin.isatty():
        raise UsageError(f"--now: {told}. If you mean it, say --yes; --dry-run shows it and changes nothing.")
    click.echo(f"Warning: {told}.", err=True)
    if not click.confirm("Take it?", err=True):
        raise TurnRefused("Nothing was done.")


def _ask_about(far: str) -> None:
    """Say how far the turn leaps; where somebody can be asked, do that. A schedule is not stopped by it."""
    click.echo(f"Warning: {far}. For a turn at another time say --now.", err=True)
    if sys.stdin.isatty() and not click.confirm("Take it?", err=True):
        raise TurnRefused("Nothing was done.")


def _plain(world: World, journey: str, given: dict[str, Any]) -> TurnReport:
    from loyaltyloop.turn.runner import run_turn

    return run_turn(world, journey, **(given | {"now": given["now"] or _present()}))


def _present() -> datetime:
    return datetime.now(UTC)


def _in_prefect(project: Project, journey: str, given: dict[str, Any]) -> TurnReport:
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

    console = wide_console()
    if report.idle:
        console.print(f"{report.journey}: nothing to do at {report.now:%Y-%m-%d %H:%M} UTC.")
    else:
        table = Table("step", "way", "people", title=f"{report.journey} at {report.now:%Y-%m-%d %H:%M} UTC")
        for row in report.rows:
            if row.people:
                table.add_row(row.stage, way(row.stage, row.path), f"{row.people:,}")
        console.print(table)
    if dry_run:
        console.print("A dry run: nothing was changed, nothing was sent.")
    if report.messages_wait:
        console.print(f"Messages wait: {report.messages_wait}.")
    told = [f"{what} at {moment:%Y-%m-%d %H:%M} UTC" for moment, what in report.coming]
    console.print(f"Next: {'; '.join(told) or 'when something arrives'}.")
