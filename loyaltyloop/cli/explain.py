"""`loop explain`: what happened to one customer, what did not, why, and what comes next."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from loyaltyloop.cli.base import Project, json_option, pass_project, print_json
from loyaltyloop.cli.folding import folded
from loyaltyloop.cli.options import known_journey, wide_console
from loyaltyloop.cli.story import story

if TYPE_CHECKING:
    from loyaltyloop.store.telling.history import History


@click.command()
@click.argument("customer")
@click.option("--journey", metavar="J", help="Of this journey alone.")
@json_option
@pass_project
def command(project: Project, customer: str, journey: str | None, as_json: bool) -> None:
    """Tell what happened to CUSTOMER (a user id or an address), why, why not, and what comes next.

    \b
    Example:
      loop explain 17
      loop explain ada@example.com --journey welcome --json
    """
    from loyaltyloop.store.database import read
    from loyaltyloop.store.people.lookup import find_customer
    from loyaltyloop.store.telling.history import load_history

    with read(project.reading()) as connection:
        wanted = known_journey(connection, journey)
        history = load_history(connection, find_customer(connection, customer), wanted)
    if as_json:
        return print_json(as_document(history))
    console = wide_console()
    for line in story(history):
        for part in folded(line, console.width) if console.is_terminal else [line]:
            click.echo(part)
    return None


_WAY = (
    "journey", "version", "key", "entered_at", "state", "reason", "cause", "step", "arrived_at", "due_at",
    "ended_at", "held_out", "goal_at", "paused", "kept",
)  # fmt: skip


def as_document(history: History) -> dict[str, Any]:
    """The history for programs."""
    enrolments = [
        {name: getattr(way, name) for name in _WAY}
        | {name: [asdict(one) for one in getattr(way, name)] for name in ("visits", "answers")}
        for way in history.ways
    ]
    messages = [asdict(one) | {"customer": history.who.key} for one in history.messages]
    document = {
        "customer": history.who.key,
        "email": history.who.email,
        "zone": history.who.zone,
        "points": history.who.points,
        "tier": history.who.tier,
        "referral_code": history.who.referral_code,
        "predicted": [asdict(one) for one in history.predicted],
        "enrolments": enrolments,
        "messages": messages,
        "noted": [asdict(one) for one in history.noted],
        "not_entered": [asdict(one) for one in history.not_entered],
        "never_came_up": [other.journey.name for other in history.others],
        "not_entered_by": [
            {"journey": other.journey.name, "event": other.event, "at": other.at, "why": other.why}
            for other in history.others
            if other.why
        ],
        "unmet": [
            {"journey": other.journey.name, "as_of": other.as_of, **asdict(one)}
            for other in history.others
            for one in other.unmet
        ],
    }
    found: dict[str, Any] = _plain(document)
    return found


def _plain(value: Any) -> Any:
    """Instants as ISO 8601, all the way down."""
    match value:
        case datetime():
            return value.isoformat()
        case dict():
            return {name: _plain(one) for name, one in value.items()}
        case list() | tuple():
            return [_plain(one) for one in value]
        case _:
            return value
