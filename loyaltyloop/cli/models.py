"""What is said beforehand of models that journeys ask and that are not there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from loyaltyloop.journey.predicting import models_predicted, models_scored

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from loyaltyloop.journey.model import Journey, Shop


def warn_of_models(
    connection: Connection, journeys: Iterable[Journey], shop: Shop | None, now: datetime
) -> None:
    """A word, on stderr, where journeys decide by models of which no version is live at `now` (UTC)."""
    from loyaltyloop.store.predictions.fitted import live_version

    if shop is None:  # there are no journeys without one
        return
    asking: dict[str, list[str]] = {}
    for journey in journeys:
        for model in models_predicted([journey], shop) | models_scored([journey]):
            asking.setdefault(model, []).append(journey.name)
    for model, names in sorted(asking.items()):
        if live_version(connection, model, now) is None:
            click.echo(_told(model, names), err=True)


def _told(model: str, names: Sequence[str]) -> str:
    asked = f"asked by {', '.join(sorted(names))}"
    return (
        f"Note: no version of {model} is live, {asked}: until one is, its number is unknown of everybody, "
        f"and no comparison with it holds. `loop train --model {model}` fits it, or says why not."
    )
