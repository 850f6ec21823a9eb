"""`loop walk`: turns in virtual time, on this database."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

import click

from loyaltyloop.cli.base import Project, json_option, pass_project, print_json, progress
from loyaltyloop.cli.options import read_duration, read_moment, warn_of_lost_links, way, wide_console
from loyaltyloop.cli.run import as_document
from loyaltyloop.errors import UsageError, UserError
from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.numbers import counted

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from loyaltyloop.settings import Settings
    from loyaltyloop.turn.counts import Row, TurnReport


@click.command()
@click.option("--from", "start", required=True, callback=read_moment, metavar="T", help="The first turn.")
@click.option("--to", "end", required=True, callback=read_moment, metavar="T", help="No turn from here on.")
@click.option("--every", default="1 hour", show_default=True, callback=read_duration, metavar="DURATION")
@click.option("--really-send", is_flag=True, help="Even though messages would really leave.")
@click.argument("journeys", nargs=-1, metavar="[JOURNEY...]")
@json_option
@pass_project
def command(
    project: Project,
    start: datetime,
    end: datetime,
    every: Duration,
    really_send: bool,
    journeys: tuple[str, ...],
    as_json: bool,
) -> None:
    """Take turns at --from, --from + --every and so on before --to, in virtual time, without Prefect.

    At each of them every journey has its turn, by priority, then name; then messages are delivered once.
    Messages go to .eml files, calls to .http files; with a real way out configured it refuses to.

    \b
    Example:
      loop walk --from 2026-03-01 --to 2026-03-08 --every "6 hours"
      loop walk --from 2026-03-01 --to 2026-03-02 welcome
    """
    if start >= end:
        raise UsageError("--from must be before --to.")
    settings = project.settings()
    _nothing_leaves(settings, really_send)
    warn_of_lost_links(settings)
    reports = _walk(settings, start, end, every, journeys)
    if as_json:
        return print_json([as_document(report) for report in reports])
    return _show(reports)


def _nothing_leaves(settings: Settings, really_send: bool) -> None:
    real = [
        ("E-mail", "LOOP_EMAIL", settings.email, "eml"),
        ("Texts", "LOOP_SMS", settings.sms, "files"),
        ("Pushes", "LOOP_PUSH", settings.push, "files"),
        ("Calls", "LOOP_HOOKS", settings.hooks, "files"),
    ]
    for what, name, said, harmless in real:
        if said != harmless and not really_send:
            raise UserError(
                f"{what} would really leave here ({name}={said}), at times that are made up: set "
                f"{name}={harmless} to get files in var/outbox/, or say --really-send."
            )


def _walk(
    settings: Settings, start: datetime, end: datetime, every: Duration, journeys: tuple[str, ...]
) -> list[TurnReport]:
    from loyaltyloop.turn.runner import ticks, walk
    from loyaltyloop.turn.world import World

    world = World.open(settings)
    _warn_of_the_future(world.engine, start)
    with progress() as bar:
        total = sum(1 for _ in ticks(start, end, every, "UTC"))
        task = bar.add_task("walking", total=total)

        def tell(now: datetime) -> None:
            bar.update(task, advance=1, description=f"{now:%Y-%m-%d %H:%M}")

        return walk(world, start, end, every, journeys, tell)


def _warn_of_the_future(engine: Engine, start: datetime) -> None:
    """A word, on stderr, where its first turns know what comes only later."""
    from loyaltyloop.store.database import read
    from loyaltyloop.store.events.apply import read_ahead

    with read(engine) as connection:
        number = read_ahead(connection, start)
    if number:
        those = counted(
            number, "event that arrived after --from was", "events that arrived after --from were"
        )
        click.echo(
            f"Warning: {those} read already, by a turn or by `loop train` at a later time: this walk knows "
            "what they tell from its first turn on. To see what was known at each time, walk in a fresh "
            "database first, and train then.",
            err=True,
        )


def _show(reports: list[TurnReport]) -> None:
    from rich.table import Table

    console = wide_console()
    moved: Counter[tuple[str, str, str]] = Counter()
    for report in reports:
        moved.update({(_whose(report, row), row.stage, row.path): row.people for row in report.rows})
    if not moved:
        console.print("Nothing moved.")
        return
    table = Table("journey", "step", "way")
    table.add_column("people", justify="right")
    for (journey, stage, path), people in sorted(moved.items(), key=lambda row: not row[0][0]):
        if people:
            table.add_row(journey, stage, way(stage, path), f"{people:,}")
    console.print(table)
    turns = counted(len(reports), "turn")
    console.print(f"{turns} in which something moved; `loop messages` tells what was sent.")


def _whose(report: TurnReport, row: Row) -> str:
    """The journey of a row; empty where it is of all: the first turn of a tick delivers for all."""
    from loyaltyloop.turn.stages import DELIVERING

    return "" if row.stage == DELIVERING else report.journey
