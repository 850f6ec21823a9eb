"""`send`: plan a message and stand until it was handed over or refused."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from loyaltyloop.journey.clock.times import next_at
from loyaltyloop.journey.model import Send
from loyaltyloop.steps import planning
from loyaltyloop.steps.hours import hours_to_send
from loyaltyloop.steps.planning import Planned
from loyaltyloop.steps.routing import find_routes
from loyaltyloop.steps.stand import Stand


def look(stand: Stand) -> None:
    """Those whose message is settled go on; those who have arrived get one planned."""
    action = stand.step.action
    assert isinstance(action, Send)
    stand_at(stand, action)


def stand_at(stand: Stand, send: Send) -> None:
    """The same for this message, whichever verb sends it."""
    planning.go_on(stand, "not sent: ", leaves=send.if_blocked == "leave")
    best = send.at is not None and send.at.best
    due = partial(_due, stand.now, send) if not best else None
    others = send.if_blocked == "other_channel"
    routes = partial(find_routes, stand, send) if others or send.channel == "best" else None
    hours = partial(hours_to_send, stand, send) if best else None
    planned = Planned(send.channel, send.purpose, send.template, due, send.expires_after, routes, hours)
    planning.plan(stand, planned)


def _due(now: datetime, send: Send, zone: str) -> datetime:
    return next_at(now, zone, send.at.time, send.at.days) if send.at else now
