"""Delivery: what is ready, of all journeys and channels, by priority, through the gate and out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, true

from loyaltyloop.channels.claim import Claimed, Desk, claim
from loyaltyloop.channels.households import as_households
from loyaltyloop.channels.leases import claimers
from loyaltyloop.channels.line import Line
from loyaltyloop.channels.outbox import message, ready
from loyaltyloop.store.deliveries import at_work
from loyaltyloop.turn.counts import Counts
from loyaltyloop.turn.frame import Frame, LeftOver
from loyaltyloop.turn.handing import Hands
from loyaltyloop.turn.pauses import without_collector

# The gate asks quiet hours, pauses and expiry as of the turn's now, so no message is claimed later than this
# after it. It is enough for some hundred claims of about a second, and the next turn goes on at once.
FRESH = timedelta(minutes=5)


def deliver(frame: Frame) -> Counts:
    """Claim and hand over all that may leave by now, of all channels in one order; counts by message state.

    Delivery ends early, and `frame.left_over` says so by channel, when now is no longer the present; that of
    one channel when its way out takes nothing. One that has ended so is not begun again by this turn.
    """
    channels = [name for name in frame.world.ways if name not in frame.left_over]
    if not channels or _idle(frame, channels):
        return Counts()
    by, desks = frame.world.next_delivery(), dict[str, Desk]()
    renderer = frame.world.renderers.of(frame.templates, frame.shop)
    for name in channels:
        via = frame.world.ways[name].name
        desks[name] = Desk(frame.now, frame.shop, renderer, name, via, by, frame.recorded)
    if frame.transactions.dry:
        with Hands(frame, by) as hands:
            return Counts.sum(_leave(frame, desks, hands))
    with frame.world.at_work, at_work(frame.world.engine, by), Hands(frame, by) as hands:
        return Counts.sum([*hands.recover(channels), *_leave(frame, desks, hands)])


def _idle(frame: Frame, channels: Sequence[str]) -> bool:
    """Is there nothing to do? Asked before anybody is told that a delivery is at work."""
    with frame.transactions.read() as connection:
        return not claimers(connection, channels) and not ready(
            connection, frame.now, channels, _who(frame), 1
        )


def _leave(frame: Frame, desks: Mapping[str, Desk], hands: Hands) -> Iterator[Counts]:
    """Line after line, until nothing is ready any more."""
    while line := _ready(frame, list(desks)):
        yield from _serve(frame, desks, hands, Line(line))
    while hands.at_work:
        yield from hands.wait()


def _ready(frame: Frame, channels: Sequence[str]) -> Sequence[tuple[str, int, str]]:
    """What may leave by now by a way out that takes it, in its order."""
    there = [name for name in channels if name not in frame.left_over]
    if not there:
        return ()
    with frame.transactions.read() as connection:
        return as_households(ready(connection, frame.now, there, _who(frame)))


def _who(frame: Frame) -> ColumnElement[bool]:
    if not frame.limits.customers:
        return true()
    return message.c.customer_id.in_(frame.limits.customer_ids())


def _serve(frame: Frame, desks: Mapping[str, Desk], hands: Hands, line: Line) -> Iterator[Counts]:
    """Claim for whichever way out is free, and give it that, to the end of the line."""
    while True:
        _look_at_the_clock(frame, desks)
        for channel in frame.left_over:
            line.leave_out(channel)
        hands.make_ready(line.wanted())
        free = hands.ready & line.wanted()
        if free:
            since = frame.world.ticks()
            claimed = _claim(frame, desks, line.take({name: frame.world.ways[name].batch for name in free}))
            yield Counts(claimed.counts)
            yield from hands.give(claimed.keys, since)
        elif hands.at_work:
            yield from hands.wait()
        else:
            return


def _look_at_the_clock(frame: Frame, desks: Mapping[str, Desk]) -> None:
    """No more is claimed when the present has gone on too far."""
    clock = frame.world.clock
    if clock is None or clock() - frame.now <= FRESH:
        return
    minutes = FRESH // timedelta(minutes=1)
    for channel in desks:
        why = LeftOver(f"this turn began more than {minutes} minutes ago", frame.now)
        frame.left_over.setdefault(channel, why)


def _claim(frame: Frame, desks: Mapping[str, Desk], keys: Sequence[str]) -> Claimed:
    with without_collector(), frame.transactions.write_shop() as connection:
        return claim(connection, desks, keys)
