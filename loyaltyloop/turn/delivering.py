"""Delivery: what is ready, of all journeys, by priority, through the gate and out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from datetime import timedelta

from sqlalchemy import ColumnElement, true

from loyaltyloop.channels.claim import Desk, claim
from loyaltyloop.channels.out import Outcome, Outgoing
from loyaltyloop.channels.outbox import RETRY, claimed_keys, claims, load_claimed, message, ready, record
from loyaltyloop.channels.ways_out import CHANNELS
from loyaltyloop.store.database import delivery_lock
from loyaltyloop.store.touched import batches
from loyaltyloop.turn.counts import Counts
from loyaltyloop.turn.frame import Frame, LeftOver
from loyaltyloop.turn.pauses import without_collector

# The gate asks quiet hours, pauses and expiry as of the turn's now, so no message is claimed later than this
# after it. It is enough for some hundred claims of about a second, and the next turn goes on at once.
FRESH = timedelta(minutes=5)
NOT_OFFERED = "the way out failed before it was offered"


def deliver(frame: Frame) -> Counts:
    """Claim and hand over all that may leave by now, channel after channel; counts by message state.

    A channel's delivery ends early, and `frame.left_over` says so, when now is no longer the present or its
    way out takes nothing: the other channels' goes on. One that has ended so is not begun again by this turn.
    """
    channels = [name for name in frame.world.ways if name not in frame.left_over]
    if not channels:
        return Counts()
    renderer = frame.world.renderers.of(frame.templates, frame.shop)
    parts: list[Counts] = []
    for name in channels:
        with _alone(frame, name), closing(frame.world.ways[name]) as way:
            parts += _leave(frame, Desk(frame.now, frame.shop, renderer, name, way.name, frame.recorded))
    return Counts.sum(parts)


def _alone(frame: Frame, channel: str) -> AbstractContextManager[None]:
    """Other turns wait where this one hands over, and not while it waits for another channel's server."""
    return nullcontext() if frame.transactions.dry else delivery_lock(frame.world.engine, channel)


def _leave(frame: Frame, desk: Desk) -> Iterator[Counts]:
    """The delivery of one channel."""
    yield _recover(frame, desk.channel)
    for keys in _ready(frame, desk.channel):
        if desk.channel not in frame.left_over and (obstacle := _obstacle(frame, desk.channel)):
            frame.left_over[desk.channel] = obstacle
        if desk.channel in frame.left_over:
            return
        yield _claim_and_hand_over(frame, desk, keys)


def _ready(frame: Frame, channel: str) -> Iterator[Sequence[str]]:
    """Keys of what may leave by now, so many at a time as one claim covers."""
    while True:
        with frame.transactions.read() as connection:
            messages = ready(connection, frame.now, channel, _who(frame))
        if not messages:
            return
        yield from claims([(key, customer) for key, customer in messages], frame.world.ways[channel].batch)


def _who(frame: Frame) -> ColumnElement[bool]:
    if not frame.limits.customers:
        return true()
    return message.c.customer_id.in_(frame.limits.customer_ids())


def _obstacle(frame: Frame, channel: str) -> LeftOver | None:
    """What is in the way of another claim."""
    world = frame.world
    if world.clock is not None and world.clock() - frame.now > FRESH:
        minutes = FRESH // timedelta(minutes=1)
        return LeftOver(f"this turn began more than {minutes} minutes ago", frame.now)
    away = None if frame.transactions.dry else world.ways[channel].open()
    return LeftOver(away, frame.now + RETRY) if away else None


def _claim_and_hand_over(frame: Frame, desk: Desk, keys: Sequence[str]) -> Counts:
    with without_collector(), frame.transactions.write_shop() as connection:
        claimed = claim(connection, desk, keys)
    handed = hand_over(frame, desk.channel, sorted(claimed.keys))
    return Counts.sum([Counts(claimed.counts), handed])


def hand_over(frame: Frame, channel: str, keys: Sequence[str]) -> Counts:
    """Hand over claimed messages from their stored bytes. A dry run says what would leave.

    Whatever happens, what was told so far is recorded, and what was not offered is tried again.
    """
    if frame.transactions.dry:
        return Counts({"would be handed over": len(keys)} if keys else {})
    way = frame.world.ways[channel]
    refused: list[Outcome] = []
    told: list[Outcome] = []
    offered: set[str] = set()
    try:
        ready = _assemble(frame, channel, keys, refused)
        for outcome in way.hand_over(_noted(ready, offered)):
            told.append(outcome)
    finally:
        known = offered.union(one.key for one in refused)
        missed = [Outcome(key, "try_again", NOT_OFFERED) for key in keys if key not in known]
        with frame.transactions.write_shop() as connection:  # their journeys' own turns may be at work
            counts = Counts(record(connection, [*refused, *told, *missed], frame.now, way.keeps))
    if (away := _away(told)) is not None:
        frame.left_over[channel] = LeftOver(away, frame.now + RETRY)
    return counts


def _assemble(frame: Frame, channel: str, keys: Sequence[str], refused: list[Outcome]) -> list[Outgoing]:
    """The bytes of each message; one whose headers cannot be written is refused."""
    ready = []
    with without_collector(), frame.transactions.read() as connection:
        for row in load_claimed(connection, keys):
            try:
                ready.append(CHANNELS[channel].assemble(row, frame.now))
            except ValueError as error:
                refused.append(Outcome(row.key, "refused", f"its headers cannot be written: {error}"))
    return ready


def _noted(ready: Iterable[Outgoing], offered: set[str]) -> Iterator[Outgoing]:
    """These, each noted when the way out takes it."""
    for outgoing in ready:
        offered.add(outgoing.key)
        yield outgoing


def _away(told: Sequence[Outcome]) -> str | None:
    """Why the way out would take nothing more, too: it said so, or it has put off a whole batch."""
    away = [one for one in told if one.away]
    if not away and len(told) > 1 and all(one.state == "try_again" for one in told):
        away = list(told)
    return away[-1].reason if away else None


def _recover(frame: Frame, channel: str) -> Counts:
    """Claims that a dead process left: repeated with the same bytes where that is safe, else `unknown`."""
    if frame.transactions.dry:
        return Counts()
    way = frame.world.ways[channel]
    with frame.transactions.read() as connection:
        claimed = claimed_keys(connection, channel)
    if not claimed:
        return Counts()
    safe = [key for key, via in claimed.items() if way.idempotent and via == way.name]
    lost = [
        Outcome(key, "unknown", "the process died while handing over") for key in set(claimed) - set(safe)
    ]
    with frame.transactions.write_shop() as connection:
        counts = Counts(record(connection, lost, frame.now))
    repeated = [hand_over(frame, channel, chunk) for chunk in batches(sorted(safe), way.batch)]
    return Counts.sum([counts, *repeated])
