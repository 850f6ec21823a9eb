"""Delivery: what is ready, of all journeys, by priority, through the gate and out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from sqlalchemy import ColumnElement, Row, true

from loyaltyloop.channels.claim import Desk, claim
from loyaltyloop.channels.mime import assemble
from loyaltyloop.channels.out import Outcome, Outgoing
from loyaltyloop.channels.outbox import claimed_keys, load_claimed, message, ready_keys, record
from loyaltyloop.store.database import delivery_lock
from loyaltyloop.store.touched import batches
from loyaltyloop.turn.counts import Counts
from loyaltyloop.turn.frame import Frame
from loyaltyloop.turn.pauses import without_collector


def deliver(frame: Frame) -> Counts:
    """Claim and hand over all that may leave by now; counts by message state."""
    world = frame.world
    renderer = world.renderers.of(frame.templates, frame.shop)
    desk = Desk(frame.now, frame.shop, renderer, world.out.name, frame.recorded)
    with _alone(frame):
        parts = [_recover(frame)]
        while keys := _ready(frame):
            parts += [_claim_and_hand_over(frame, desk, chunk) for chunk in batches(keys, world.out.batch)]
        return Counts.sum(parts)


def _alone(frame: Frame) -> AbstractContextManager[None]:
    return nullcontext() if frame.transactions.dry else delivery_lock(frame.world.engine)


def _ready(frame: Frame) -> list[str]:
    with frame.transactions.read() as connection:
        return ready_keys(connection, frame.now, _who(frame))


def _who(frame: Frame) -> ColumnElement[bool]:
    if not frame.limits.customers:
        return true()
    return message.c.customer_id.in_(frame.limits.customer_ids())


def _claim_and_hand_over(frame: Frame, desk: Desk, keys: Sequence[str]) -> Counts:
    with without_collector(), frame.transactions.write_shop() as connection:
        claimed = claim(connection, desk, keys)
    handed = hand_over(frame, sorted(claimed.keys))
    return Counts.sum([Counts(claimed.counts), handed])


def hand_over(frame: Frame, keys: Sequence[str]) -> Counts:
    """Hand over claimed messages from their stored bytes. A dry run says what would leave."""
    if frame.transactions.dry:
        return Counts({"would be handed over": len(keys)} if keys else {})
    with without_collector(), frame.transactions.read() as connection:
        rows = load_claimed(connection, keys)
        ready, refused = _assemble(frame, rows)
    outcomes = [*refused, *frame.world.out.hand_over(ready)]
    with frame.transactions.write_shop() as connection:  # their journeys' own turns may be at work
        return Counts(record(connection, outcomes, frame.now))


def _assemble(frame: Frame, rows: Sequence[Row[Any]]) -> tuple[list[Outgoing], list[Outcome]]:
    """The bytes of each message; one whose headers cannot be written is refused."""
    ready, refused = [], []
    for row in rows:
        try:
            ready.append(assemble(row, frame.shop, frame.world.public_url, frame.world.secret))
        except ValueError as error:
            refused.append(Outcome(row.key, "refused", f"its headers cannot be written: {error}"))
    return ready, refused


def _recover(frame: Frame) -> Counts:
    """Claims that a dead process left: repeated with the same bytes where that is safe, else `unknown`."""
    if frame.transactions.dry:
        return Counts()
    out = frame.world.out
    with frame.transactions.read() as connection:
        claimed = claimed_keys(connection)
    if not claimed:
        return Counts()
    safe = [key for key, via in claimed.items() if out.idempotent and via == out.name]
    lost = [
        Outcome(key, "unknown", "the process died while handing over") for key in set(claimed) - set(safe)
    ]
    with frame.transactions.write_shop() as connection:
        counts = Counts(record(connection, lost, frame.now))
    repeated = [hand_over(frame, chunk) for chunk in batches(sorted(safe), out.batch)]
    return Counts.sum([counts, *repeated])
