"""`loop resume`: let a paused journey go on."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

import click

from loyaltyloop.cli.base import Project, json_option, pass_project, print_json
from loyaltyloop.cli.options import now_option, there_is
from loyaltyloop.journey.numbers import counted

if TYPE_CHECKING:
    from loyaltyloop.store.live.pausing import Overdue, Resumed


@click.command()
@click.argument("journey")
@click.option(
    "--overdue",
    type=click.Choice(["shift", "catch_up", "expire"]),
    required=True,
    help="What becomes of waits: all last longer by the pause; who is overdue goes on at once; or leaves.",
)
@now_option("The moment from which it goes on.")
@json_option
@pass_project
def command(project: Project, journey: str, overdue: Overdue, now: datetime, as_json: bool) -> None:
    """Let a paused journey go on.

    --overdue shift: everybody who waits, waits longer by the length of the pause.
    --overdue catch_up: waits end when they would have; who is overdue goes on in the next turn.
    --overdue expire: who is overdue leaves the journey, as `expired`.

    \b
    Example: loop resume welcome --overdue shift
    """
    from loyaltyloop.store.database import write_shop
    from loyaltyloop.store.live.pausing import resume

    with write_shop(project.engine()) as connection:
        there_is(project, connection, journey)
        done = resume(connection, journey, overdue, now)
    if as_json:
        return print_json(asdict(done) | {"paused_for": done.paused_for.total_seconds()})
    return click.echo(f"{journey} goes on: {_said(done, overdue)}")


def _said(done: Resumed, overdue: Overdue) -> str:
    match overdue:
        case "shift":
            return f"{counted(done.shifted, 'person waits', 'people wait')} longer by the pause."
        case "catch_up":
            late = counted(done.overdue, "person is overdue, and goes", "people are overdue, and go")
            return f"{late} on in the next turn."
        case "expire":
            return f"{counted(done.expired, 'person was', 'people were')} overdue, and left as expired."
