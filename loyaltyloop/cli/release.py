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
    message again; with --channel what it did not take is tried at once, and not only when its time has come.

    \b
    Example: loop release welcome
    """
    from loyaltyloop.channels.stopping.breakers import release
    from loyaltyloop.journey.numbers import counted
    from loyaltyloop.store.database import write_shop
    from loyaltyloop.store.messages.untaken import try_now

    kind = "channel" if channel else "journey"
    with write_shop(project.engine()) as connection:
        released = release(connection, kind, name, now)
        number = try_now(connection, name, now) if channel else 0
    if not released and not number:
        raise UserError(f"The {kind} {name!r} has not stopped: there is nothing to release.")
    if as_json:
        return print_json({"released": name, "kind": kind} | ({"messages": number} if channel else {}))
    if released:
        click.echo(f"{name} goes on.")
    if number:
        which = "that was not taken is" if number == 1 else "that were not taken are"
        click.echo(f"{counted(number, 'message')} {which} tried again by the next delivery.")
    return None
