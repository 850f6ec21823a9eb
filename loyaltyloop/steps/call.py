"""`call`: plan a signed web hook and stand until it was taken, refused, or tried for long enough."""

from __future__ import annotations

from loyaltyloop.journey.model import CALLS, Call
from loyaltyloop.steps import planning
from loyaltyloop.steps.planning import Planned
from loyaltyloop.steps.stand import Stand


def look(stand: Stand) -> None:
    """Those whose call is settled go on, whatever became of it; those who have arrived get one planned."""
    action = stand.step.action
    assert isinstance(action, Call)
    planning.go_on(stand, "not made: ")
    planning.plan(stand, Planned(CALLS, action.purpose, action.body or "", None, action.expires_after))
