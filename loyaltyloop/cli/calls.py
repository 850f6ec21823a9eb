"""What is said beforehand of the calls that journeys make."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from loyaltyloop.journey.model import Journey, Shop
    from loyaltyloop.settings import Settings


def warn_of_calls(settings: Settings, journeys: Iterable[Journey], shop: Shop | None) -> None:
    """A word, on stderr, where calls could not be signed, or only become files and reach nobody."""
    from loyaltyloop.channels.calls.hook_secrets import calls_anybody, unsigned

    journeys = list(journeys)
    if settings.hooks == "files" and calls_anybody(journeys):
        click.echo(
            f"Note: calls are made to nobody: each is written to a file in {settings.outbox}. "
            "LOOP_HOOKS=post makes them.",
            err=True,
        )
    elif shop is not None:
        for told in unsigned(settings, journeys, shop):
            click.echo(f"Warning: {told}.", err=True)
