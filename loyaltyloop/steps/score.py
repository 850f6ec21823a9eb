"""`score`: a number for this customer, kept on the enrolment with the model's version."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from loyaltyloop.journey.model import Score
from loyaltyloop.journey.numbers import plain
from loyaltyloop.journey.scoring import DUE
from loyaltyloop.scores.models.scoring import Asking, Told, score
from loyaltyloop.scores.recommending.wanted import trigger_products
from loyaltyloop.steps.stand import Stand
from loyaltyloop.store.bulk import insert_rows
from loyaltyloop.store.inside.cohorts import cohort, decide_each, enrolment
from loyaltyloop.store.inside.kept import kept


def look(stand: Stand) -> None:
    """Everybody goes on, with a number or with none: an unknown number is kept as such."""
    action = stand.step.action
    assert isinstance(action, Score)
    people = stand.people(cohort.c.id, enrolment.c.customer_id, enrolment.c.trigger)
    asking = [Asking(row.id, row.customer_id, _products(action.model, row.trigger or {})) for row in people]
    told = score(stand.connection, action.model, asking, stand.shop.currency, stand.now)
    rows = [(one.id, stand.step.name, _value(action.model, told, one.id, stand.now)) for one in people]
    insert_rows(stand.connection, kept, ("enrolment_id", "step", "value"), rows)
    why = ({"id": one.id, "path": "", "why": _why(action.model, told, one.id)} for one in people)
    decide_each(stand.connection, list(why))


def _products(model: str, trigger: Mapping[str, Any]) -> tuple[str, ...]:
    """What is needed again is asked of the products that were entered by."""
    return tuple(trigger_products(trigger)) if model == DUE else ()


def _value(model: str, told: Told, enrolment_id: int, now: datetime) -> dict[str, Any]:
    number = told.numbers.get(enrolment_id)
    value = {"number": number, "model": model, "version": told.version}
    if model == DUE and number is not None:
        with suppress(OverflowError):  # no calendar means it: `until` takes it for unknown
            value["due"] = (now + timedelta(days=number)).isoformat()
    return value


def _why(model: str, told: Told, enrolment_id: int) -> str:
    number = told.numbers.get(enrolment_id)
    if told.version is None:
        return f"{model} is unknown: no such model is live"
    if number is None:
        return f"{model} is unknown: version {told.version} of the model knows nothing of them"
    return f"{model} {plain(number)} by version {told.version} of the model"
