"""`loop messages`: the outbox, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from loyaltyloop.cli.base import Project, json_option, pass_project
from loyaltyloop.cli.options import known_journey, print_json_list, wide_console

if TYPE_CHECKING:
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    from loyaltyloop.store.messages.outbox_list import Listed

_STATES = (
    "planned", "held", "claimed", "handed_over", "refused", "unknown", "delivered", "bounced", "complained",
)  # fmt: skip
_WIDE = 120  # signs in a line of the terminal: a table of fewer cuts what it shows


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
    from loyaltyloop.store.messages.outbox_list import Wanted, list_messages
    from loyaltyloop.store.people.lookup import find_customer

    with read(project.reading()) as connection:
        whose = find_customer(connection, customer) if customer else None
        shown = limit if as_json or limit else 50
        found = list_messages(connection, Wanted(whose, known_journey(connection, journey), state, shown))
        if as_json:
            print_json_list(as_row(one) for one in found)
        else:
            show(wide_console(), list(found), shown)


def as_row(message: Listed) -> dict[str, Any]:
    """One message for programs; instants as ISO 8601."""
    row = asdict(message)
    for name in ("decided_at", "handed_over_at"):
        row[name] = row[name].isoformat() if row[name] else None
    return row


def show(console: Console, messages: list[Listed], limit: int | None) -> None:
    """The messages for people: a table where there is room for one."""
    if not messages:
        console.print("No messages.")
        return
    if console.width < _WIDE:
        for one in messages:
            console.print(*_in_lines(one), sep="\n")
    else:
        console.print(_table(messages))
    if len(messages) == limit:
        console.print(f"The newest {limit}; more with --limit N.")


def _table(messages: Iterable[Listed]) -> Table:
    from rich.table import Table

    table = Table()
    for name in ("decided (UTC)", "customer", "step", "channel", "to", "state", "subject or reason"):
        table.add_column(name, overflow="fold")
    for one in messages:
        table.add_row(*_cells(one))
    return table


def _in_lines(one: Listed) -> tuple[Text, Padding]:
    """The same where a table would cut it: a line, and below it to whom and what."""
    from rich.padding import Padding
    from rich.text import Text

    when, customer, place, channel, to, state, said = _cells(one)
    head = Text.assemble(when, "  ", state, "  ", place)
    whom = f"{customer}, by {channel}{f' to {to}' if to else ''}"
    return head, Padding(f"{whom}: {said}" if said else whom, (0, 0, 0, 4), expand=False)


def _cells(one: Listed) -> tuple[str, str, str, str, str, Text, str]:
    from rich.text import Text

    colour = {"handed_over": "green", "delivered": "green", "refused": "red", "unknown": "red"}
    state = Text(one.state.replace("_", " "), style=colour.get(one.state, "yellow"))
    said = one.reason if one.state in ("refused", "held", "unknown") else one.subject or one.reason
    when, place = f"{one.decided_at:%Y-%m-%d %H:%M}", f"{one.journey}.{one.step}"
    return when, one.customer, place, one.channel, one.to or "", state, said or ""
