"""`loop doctor`: what is wrong or missing in a project."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from loyaltyloop.cli.base import Project, json_option, pass_project, print_json
from loyaltyloop.cli.options import now_option, wide_console

if TYPE_CHECKING:
    from loyaltyloop.doctor.finding import Finding

_MARKS = {"good": ("ok", "green"), "note": ("note", "yellow"), "wrong": ("WRONG", "bold red")}


@click.command()
@click.option("--dns", is_flag=True, help="Look up what the sender's domain says of itself.")
@click.option(
    "--selector", "selectors", multiple=True, metavar="NAME", help="A selector of DKIM, with --dns."
)
@click.option(
    "--message",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Look at a test mail as it arrived (.eml), and at nothing else.",
)
@now_option("The moment to judge by.")
@json_option
@click.pass_context
@pass_project
def command(
    project: Project,
    context: click.Context,
    dns: bool,
    selectors: tuple[str, ...],
    message: Path | None,
    now: datetime,
    as_json: bool,
) -> None:
    """Say what is wrong or missing: settings, the sender's domain, work that stands still, broken promises.

    It changes nothing, and leaves with 1 if something is wrong. The ways out are reached for; DNS is asked
    with --dns alone.

    \b
    Example:
      loop doctor --dns
      loop doctor --message test.eml
    """
    found = _of_message(message) if message else list(_look(project, dns, selectors, now))
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        _show(found)
    context.exit(any(one.level == "wrong" for one in found))


def _of_message(path: Path) -> list[Finding]:
    from loyaltyloop.doctor import mail

    return list(mail.look(path.read_bytes()))


def _look(project: Project, dns: bool, selectors: tuple[str, ...], now: datetime) -> Iterator[Finding]:
    from loyaltyloop.doctor import pools, promises, scores, sender, settings, work
    from loyaltyloop.doctor.finding import Finding
    from loyaltyloop.store.database import read
    from loyaltyloop.store.live.versions import live_journeys, load_newest, load_shop, shop_text

    told = project.settings()
    with read(project.reading()) as connection:
        shop = load_shop(connection) if shop_text(connection) is not None else None
        journeys = [load_newest(connection, row.name).journey for row in live_journeys(connection)]
        yield from settings.look(told, journeys, shop)
        if shop is None:
            yield Finding("work", "note", "nothing is live", "`loop apply` makes it so.")
            return
        if dns:
            yield from sender.look(told, shop.sender.email, selectors, sender.ask_dns)
        else:
            yield from sender.told(told, shop.sender.email)
        yield from _schedules(project)
        yield from work.look(connection, shop, now)
        yield from pools.look(connection, shop, now)
        yield from scores.look(connection, journeys, shop, now)
        yield from promises.look(connection, shop, now)


def _schedules(project: Project) -> Iterator[Finding]:
    """Is prefect.yaml what the files say? A project that Prefect does not run has none."""
    from loyaltyloop.doctor.finding import Finding
    from loyaltyloop.up.deploying import outdated, read_files

    if (project.folder / "prefect.yaml").exists() and outdated(project.folder, *read_files(project.folder)):
        yield Finding("work", "wrong", "prefect.yaml is out of date", "`loop deploy` brings it up to date.")


def _show(found: list[Finding]) -> None:
    from rich.table import Table

    console = wide_console()
    for about, group in groupby(found, key=lambda one: one.about):
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
        table.add_column(width=5)
        table.add_column(overflow="fold")
        console.print(about, style="bold")
        before = ""
        for one in group:
            mark, style = _MARKS[one.level]
            table.add_row(mark, one.what, style=style if one.level == "wrong" else None)
            if one.remedy and one.remedy != before:  # what mends several is said once
                table.add_row("", one.remedy, style="dim")
            before = one.remedy
        console.print(table)
        console.print()
    wrong = sum(one.level == "wrong" for one in found)
    console.print(f"{wrong} wrong." if wrong else "Nothing is wrong.", style="bold red" if wrong else "green")
