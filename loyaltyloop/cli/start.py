"""`loop start`: customers enter a journey by hand."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from loyaltyloop.cli.base import Project, json_option, pass_project, print_json
from loyaltyloop.cli.options import now_option
from loyaltyloop.errors import UsageError
from loyaltyloop.journey.numbers import counted


def _properties(_context: click.Context, _option: click.Parameter, texts: tuple[str, ...]) -> dict[str, Any]:
    pairs = [text.partition("=") for text in texts]
    if wrong := [name for name, sign, _ in pairs if not (sign and name)]:
        raise UsageError(f"--with {wrong[0]}: write NAME=VALUE, for example --with order_id=1001.")
    return {name: value for name, _, value in pairs}


@click.command()
@click.argument("journey")
@click.option(
    "--customer",
    "customers",
    multiple=True,
    required=True,
    metavar="ID",
    help="Who: a user id or an address; may be repeated.",
)
@click.option(
    "--id", "name", metavar="X", help="The same id lets nobody enter twice. [default: this instant]"
)
@click.option(
    "--with",
    "properties",
    multiple=True,
    callback=_properties,
    metavar="NAME=VALUE",
    help="A property of what they enter by, such as order_id=1001; may be repeated.",
)
@now_option("The moment of the start.")
@json_option
@pass_project
def command(
    project: Project,
    journey: str,
    customers: tuple[str, ...],
    name: str | None,
    properties: dict[str, Any],
    now: datetime,
    as_json: bool,
) -> None:
    """Ask these customers to enter a journey: its rules decide in its next turn.

    If one of them is unknown, nobody enters.

    \b
    Example: loop start welcome --customer 17 --customer ada@example.com --id spring
    """
    from loyaltyloop.store.database import write_beside
    from loyaltyloop.store.inside.entries import queue_by_hand

    with write_beside(project.engine()) as connection:
        done = queue_by_hand(
            connection, journey, customers, name or f"{now:%Y-%m-%dT%H:%M:%SZ}", now, properties
        )
    if as_json:
        return print_json(asdict(done))
    if done.known:
        click.echo(f"Started with this id before: {', '.join(done.known)}.")
    asked = counted(len(done.queued), "is", "are")
    return click.echo(f"{asked} asked to enter {journey}: its rules decide in its next turn.")
