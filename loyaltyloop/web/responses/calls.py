"""A response as an event: whose it is, when it counts, and how it is told from another."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any

from loyaltyloop.store.canonical import LONGEST_ID, canonical
from loyaltyloop.store.events.held import RESPONSES
from loyaltyloop.store.messages.addressees import Addressee
from loyaltyloop.store.segment import EARLIEST, Call
from loyaltyloop.web.responses.machines import HELD


def response_call(
    to: Addressee,
    source: str,
    message_id: str,
    name: str,
    at: datetime | None,
    received: datetime,
    properties: dict[str, Any],
) -> Call:
    """The event. Clicks and openings arrive, for the turns, when it is known what came beside them.

    `at`: when it happened, if that is told; nothing happens later than it is received.
    """
    known = at is not None and at >= EARLIEST
    return Call(
        source=source,
        message_id=_storable(message_id),
        type="track",
        name=name,
        user_id=to.value if to.kind == "user" else None,
        anonymous_id=None if to.kind == "user" else to.value,
        previous_id=None,
        at=min(at, received) if known and at is not None else received,
        arrived_at=received + HELD if name in RESPONSES else received,
        properties=canonical(properties),
    )


def _storable(message_id: str) -> str:
    """The id as it is, where any database can keep it; else what stands for it."""
    if len(message_id) <= LONGEST_ID and message_id.isascii() and message_id.isprintable():
        return message_id
    return sha256(message_id.encode("utf-8", "replace")).hexdigest()
