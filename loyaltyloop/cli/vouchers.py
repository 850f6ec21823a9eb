"""`loop vouchers`: what is left in each pool."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

import click

from loyaltyloop.cli.base import Project, json_option, pass_project, print_json
from loyaltyloop.cli.import_ import shop_of
from loyaltyloop.cli.options import now_option

if TYPE_CHECKING:
    from loyaltyloop.store.vouchers.left import PoolReport

_STATES = {
    "reserved": "reserved",
    "committed": "shown to their customers",
    "redeemed": "redeemed",
    "expired": "expired",
    "released": "given back",
}


@click.command()
@now_option("The moment as of which codes have expired or not.")
@json_option
@pass_project
def command(project: Project, now: datetime, as_json: bool) -> None:
    """Show what is left in each pool of vouchers, and what became of what was given.

    \b
    Example: loop vouchers
    """
    from loyaltyloop.store.database import read
    from loyaltyloop.store.vouchers.left import pools

    engine = project.engine()
    shop = shop_of(project, engine)
    with read(engine) as connection:
        found = pools(connection, shop, now)
    if as_json:
        return print_json({"pools": [asdict(one) | {"is_low": one.is_low} for one in found]})
    if not found:
        return click.echo("There are no vouchers in journeys/shop.yaml: see docs/vouchers.md.")
    for one in found:
        click.echo(_told(one))
        if one.is_low:
            click.echo(f"  {one.alert}.")
    return None


def _told(pool: PoolReport) -> str:
    left = "made as they are given" if pool.left is None else f"{pool.left:,} left"
    parts = [f"{number:,} {_STATES.get(state, state)}" for state, number in pool.gifts.items()]
    if pool.run_out:
        parts.append(f"{pool.run_out:,} run out before anybody got them")
    return f"{pool.name} ({pool.value}): {', '.join([left, *parts])}."
