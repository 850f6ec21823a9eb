"""`loop release`: let go on what a circuit breaker has stopped."""

from __future__ import annotations

from datetime import datetime

import click

from loyaltyloop.cli.base import Project, json_option, pass_project, print_json
from loyaltyloop.cli.options import now_option
from loyaltyloop.errors import UserError


@click.command()
@click.argument("name")
@click.option("--channel", is_flag=True, help="NAME is a channel (email, sms, push), not a journey.")
@now_option("The moment from which it goes on.")
@json_option
@pass_project
def command(project: Project, name: str, channel: bool, now: datetime, as_json: bool) -> None:
    """Let a journey's marketing go on that complaints or bounces have stopped, or a channel.

    What was told of its messages before is not counted any more. Messages that waited are looked at by the
    next delivery, and the whole gate asks again. A channel goes on by itself, too, when its provider takes a
    message again.

    \b
    Example: loop release welcome
    """
    from loyaltyloop.channels.breakers import release
    from loyaltyloop.store.database import write_shop

    kind = "channel" if channel else "journey"
    with write_shop(project.engine()) as connection:
        released = release(connection, kind, name, now)
    if not released:
        raise UserError(f"The {kind} {name!r} has not stopped: there is nothing to release.")
    if as_json:
        return print_json({"released": name, "kind": kind})
    return click.echo(f"{name} goes on.")
