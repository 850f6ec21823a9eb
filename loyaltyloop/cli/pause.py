"""`loop pause`: freeze a journey."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

import click

from loyaltyloop.cli.base import Project, json_option, pass_project, print_json
from loyaltyloop.cli.options import now_option, there_is
from loyaltyloop.journey.numbers import people


@click.command()
@click.argument("journey")
@now_option("The moment from which it stands still.")
@json_option
@pass_project
def command(project: Project, journey: str, now: datetime, as_json: bool) -> None:
    """Freeze a journey: nobody enters, moves on or gets a message, until `loop resume`.

    What customers do meanwhile is recorded, and counts once the journey goes on.

    \b
    Example: loop pause welcome
    """
    from loyaltyloop.store.database import write_shop
    from loyaltyloop.store.live.pausing import pause

    with write_shop(project.engine()) as connection:
        there_is(project, connection, journey)
        done = pause(connection, journey, now)
    if as_json:
        return print_json(asdict(done))
    return click.echo(
        f"{journey} stands still: {people(done.people)} inside, {done.waiting:,} of them waiting."
    )
