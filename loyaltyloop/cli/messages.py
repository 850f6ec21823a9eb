"""`loop messages`: the outbox, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from loyaltyloop.cli.base import Project, json_option, pass_project
from loyaltyloop.cli.options import known_journey, print_json_list, wide_console

if TYPE_CHECKING:
    from rich.text import Text

    from loyaltyloop.store.outbox_list import Listed

_STATES = (
    "planned", "held", "claimed", "handed_over", "refused", "unknown", "delivered", "bounced", "complained",
)  # fmt: skip


@click.command()
@click.option("--customer", metavar="ID", help="Only this customer's: a user id or an address.")
@click.option("--journey", metavar="J", help="Only of this journey.")
@click.option("--state", type=click.Choice(_STATES), help="Only in this state.")
@click.option(
    "--limit", type=click.IntRange(1), metavar="N", help="The newest so many. [default: 50; --json: all]"
)
@json_option
@pass_project
def command(
    project: Project,
    customer: str | None,
    journey: str | None,
    state: str | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """List messages, the newest first: what was planned, held, handed over or refused, and why.

    Calls to other systems are among them, by the channel `hook`.

    \b
    Example:
      loop messages --state refused
      loop messages --customer ada@example.com --json
    """
    from loyaltyloop.store.database import read
    from loyaltyloop.store.lookup import find_customer
    from loyaltyloop.store.outbox_list import Wanted, list_messages

    with read(project.reading()) as connection:
        whose = find_customer(connection, customer) if customer else None
        shown = limit if as_json or limit else 50
        found = list_messages(connection, Wanted(whose, known_journey(connection, journey), state, shown))
        if as_json:
            print_json_list(as_row(one) for one in found)
        else:
            _show(list(found), shown)


def as_row(message: Listed) -> dict[str, Any]:
    """One message for programs; instants as ISO 8601."""
    row = asdict(message)
    for name in ("decided_at", "handed_over_at"):
        row[name] = row[name].isoformat() if row[name] else None
    return row


def _show(messages: list[Listed], limit: int | None) -> None:
    from rich.table import Table

    console = wide_console()
    if not messages:
        console.print("No messages.")
        return
    table = Table("decided (UTC)", "customer", "step", "channel", "to", "state", "subject or reason")
    for one in messages:
        table.add_row(*_cells(one))
    console.print(table)
    if len(messages) == limit:
        console.print(f"The newest {limit}; more with --limit N.")


def _cells(one: Listed) -> Iterable[str | Text]:
    from rich.text import Text

    colour = {"handed_over": "green", "delivered": "green", "refused": "red", "unknown": "red"}
    state = Text(one.state.replace("_", " "), style=colour.get(one.state, "yellow"))
    said = one.reason if one.state in ("refused", "held", "unknown") else one.subject or one.reason
    when, place = f"{one.decided_at:%Y-%m-%d %H:%M}", f"{one.journey}.{one.step}"
    return when, one.customer, place, one.channel, one.to or "", state, said or ""
