"""Predictions before a turn decides by them: made once a day, where a journey asks for them."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from sqlalchemy import Connection

from loyaltyloop.journey.conditions.condition import Test
from loyaltyloop.journey.model import Shop
from loyaltyloop.journey.predicting import models_predicted, waited_comparisons
from loyaltyloop.scores.models import predictions
from loyaltyloop.scores.models.predictions import Due
from loyaltyloop.store.database import line_up
from loyaltyloop.store.live.versions import journeys_with_turns, load_versions
from loyaltyloop.turn.frame import Frame


def predict(frame: Frame) -> None:
    """Let the models that this journey asks for say what they do of everybody as of the turn's day."""
    for model in sorted(models_predicted((live.journey for live in frame.versions), frame.shop)):
        if _due(frame, model):
            # Another turn may be at it: it is waited for, and has then done it.
            with _alone(frame, model):
                if what := _due(frame, model):
                    _predict(frame, what)


def _due(frame: Frame, model: str) -> Due | None:
    with frame.transactions.read() as connection:
        return predictions.due(connection, model, frame.now, back=frame.world.clock is None)


def _alone(frame: Frame, model: str) -> AbstractContextManager[None]:
    """A dry run holds back all other writers as it is."""
    return nullcontext() if frame.transactions.dry else line_up(frame.world.engine, f"predict {model}")


def _predict(frame: Frame, what: Due) -> None:
    with frame.transactions.read() as connection:
        tests = _tests(connection, frame.shop).get(what.model, frozenset())
    opened = frame.transactions
    predictions.predict(opened.read, opened.write_shop, what, frame.shop.currency, tests)


def _tests(connection: Connection, shop: Shop) -> dict[str, frozenset[Test]]:
    """The comparisons that move people in any journey, this one's or another's."""
    names = journeys_with_turns(connection)
    return waited_comparisons(
        (live.journey for one in names for live in load_versions(connection, one)), shop
    )
