"""`leave`: the end, before the end."""

from __future__ import annotations

from sqlalchemy import true

from loyaltyloop.journey.model import Leave
from loyaltyloop.steps.stand import Stand
from loyaltyloop.store.inside.cohorts import mark


def look(stand: Stand) -> None:
    """Everybody leaves, for the step's reason."""
    action = stand.step.action
    assert isinstance(action, Leave)
    mark(stand.connection, true(), left=action.reason, why=f"left: {action.reason}")
