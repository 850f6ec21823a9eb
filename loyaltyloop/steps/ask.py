"""`ask`: a question in a message, each answer a link; a message like that of `send`."""

from __future__ import annotations

from loyaltyloop.journey.model import Ask
from loyaltyloop.steps.send import stand_at
from loyaltyloop.steps.stand import Stand


def look(stand: Stand) -> None:
    """As with `send`. What is answered is an event, upon which steps behind this one decide."""
    action = stand.step.action
    assert isinstance(action, Ask)
    stand_at(stand, action.send)
