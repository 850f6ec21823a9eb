"""`loop apply`: make live what the files say."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING

import click

from loyaltyloop.cli.base import Project, json_option, pass_project, print_json
from loyaltyloop.cli.calls import warn_of_calls
from loyaltyloop.cli.models import warn_of_models
from loyaltyloop.cli.options import checked, now_option, warn_of_lost_links, ways_told
from loyaltyloop.cli.plan import as_rows, people_options, show
from loyaltyloop.errors import ApplyRefused, UsageError, UserError
from loyaltyloop.journey.numbers import counted

if TYPE_CHECKING:
    from loyaltyloop.settings import Settings


@click.command()
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@people_options
@now_option("When it becomes live, for virtual time.")
@json_option
@pass_project
def command(
    project: Project,
    yes: bool,
    move: tuple[str, ...],
    finish_old: tuple[str, ...],
    now: datetime,
    as_json: bool,
) -> None:
    """Make journeys, templates and shop.yaml live, after showing the plan and asking.

    All of it in one transaction, or nothing. What runs is what was applied, not what lies in the folder.

    \b
    Example:
      loop apply
      loop apply --yes --finish-old welcome
    """
    from loyaltyloop.store.database import read
    from loyaltyloop.store.live import changes

    if not yes and (as_json or not sys.stdin.isatty()):
        raise UsageError("Nobody can be asked here: look at `loop plan`, then say `loop apply --yes`.")
    reading, engine = checked(project), project.engine()
    shown = None
    if not yes:
        with read(engine) as connection:
            shown = changes.plan(connection, reading, move=move, finish_old=finish_old)
        show(shown)
        if shown and not changes.refusals(shown) and not click.confirm("Make it so?"):
            raise ApplyRefused("Nothing was changed.")
    done = changes.apply(engine, reading, now, move=move, finish_old=finish_old, shown=shown)
    warn_of_lost_links(project.settings())
    warn_of_calls(project.settings(), reading.journeys.values(), reading.shop)
    with read(engine) as connection:
        warn_of_models(connection, reading.journeys.values(), reading.shop, now)
    if as_json:
        return print_json(as_rows(done))
    if yes:
        show(done)
    if done:
        click.echo(f"Done: {counted(len(done), 'change is', 'changes are')} live.")
    if any(change.change in ("journey added", "journey returned") for change in done):
        click.echo("For Prefect to run the new journeys: loop deploy.")
    _tell_ways(project.settings())
    return None


def _tell_ways(settings: Settings) -> None:
    """What was applied may be run elsewhere, where a provider's key is known: here it is none's mistake."""
    try:
        click.echo(f"From here messages leave: {ways_told(settings)}.")
    except UserError as error:
        click.echo(f"Warning: from here no messages leave. {error}", err=True)
