"""`loop privacy suppression`: why nothing is sent to an address."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from loyaltyloop.cli.base import Project, json_option, pass_project, print_json
from loyaltyloop.cli.options import now_option
from loyaltyloop.errors import UsageError, UserError

_TOLD = ("channel", "reason", "stops", "at", "known_at", "event_id")


@click.command("suppression")
@click.argument("address")
@click.option("--add", is_flag=True, help="Send nothing to this address any more.")
@click.option(
    "--lift",
    type=click.Choice(("hard bounce", "complaint", "stop", "by hand")),
    help="That reason has ceased: the address is good again.",
)
@now_option("The moment from which it counts.")
@json_option
@pass_project
def of_address(
    project: Project, address: str, add: bool, lift: str | None, now: datetime, as_json: bool
) -> None:
    """Show why nothing is sent to an address; stop it by hand, or lift what stands against it.

    ADDRESS is an e-mail address or a phone number (+44...). It is kept as a hash alone.

    \b
    Example:
      loop privacy suppression ada@example.com
      loop privacy suppression ada@example.com --lift "hard bounce"
    """
    from loyaltyloop.store.consents import suppression as suppressed
    from loyaltyloop.store.consents.fingerprints import is_address
    from loyaltyloop.store.database import read, write_shop

    if add and lift:
        raise UsageError("--add and --lift at once: say one of them.")
    channel = "email" if "@" in address else "sms"
    if not is_address(channel, address):
        raise UsageError(f"{address!r} is neither an e-mail address nor a phone number.")
    engine = project.engine()
    if add or lift:
        with write_shop(engine) as connection:
            reason = lift or suppressed.BY_HAND
            if lift and lift not in suppressed.reasons_of(connection, channel, address):
                raise UserError(f"No {lift} stands against this address.")
            suppressed.note(connection, channel, address, now, reason=reason, stops=add)
    with read(engine) as connection:
        standing = suppressed.reasons_of(connection, channel, address)
        lines = suppressed.ledger_of(connection, channel, address)
    if as_json:
        print_json({"stops": sorted(standing), "ledger": [_plain(line) for line in lines]})
        return
    _show_suppression(standing, lines)


def _show_suppression(standing: dict[str, datetime], lines: list[Any]) -> None:
    for reason, since in standing.items():
        click.echo(f"Nothing is sent there: {reason}, since {since:%Y-%m-%d %H:%M} UTC.")
    if not standing:
        click.echo("Nothing stands against this address.")
    for line in lines:
        said = "stops" if line.stops else "lifted"
        click.echo(f"  {line.at:%Y-%m-%d %H:%M:%S}  {line.reason}: {said}")


def _plain(line: Any) -> dict[str, Any]:
    told = {name: asdict(line)[name] for name in _TOLD}
    return {name: one.isoformat() if isinstance(one, datetime) else one for name, one in told.items()}
