"""Delivery: what is ready, of all journeys and channels, by priority, through the gate and out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, true

from loyaltyloop.channels.claiming.claim import Claimed, Desk, claim
from loyaltyloop.channels.claiming.households import as_households
from loyaltyloop.channels.claiming.leases import claimers
from loyaltyloop.channels.claiming.line import Line
from loyaltyloop.channels.claiming.outbox import message, ready
from loyaltyloop.channels.stopping import alerts, breakers
from loyaltyloop.channels.stopping.breaker import Circuit
from loyaltyloop.journey.model import CALLS, Hook
from loyaltyloop.store.messages.deliveries import at_work
from loyaltyloop.store.telling.stopped import stopped
from loyaltyloop.turn.counts import Counts
from loyaltyloop.turn.frame import Frame, LeftOver
from loyaltyloop.turn.handing import Hands
from loyaltyloop.turn.pauses import without_collector

# The gate asks pauses, caps and expiry as of the turn's now (quiet hours by the present, too). So no message
# is claimed later than this after it: enough for some hundred claims of about a second, and the next turn
# goes on at once.
FRESH = timedelta(minutes=5)


def deliver(frame: Frame) -> Counts:
    """Claim and hand over all that may leave by now, of all channels in one order; counts by message state.

    Delivery ends early, and `frame.left_over` says so by channel, when now is no longer the present; that of
    one channel when its way out takes nothing. One that has ended so is not begun again by this turn.
    """
    seen = _look(frame)
    channels = [name for name in frame.world.ways if name not in frame.left_over]
    if not channels or seen.idle:
        return Counts()
    by, desks = frame.world.next_delivery(), dict[str, Desk]()
    renderer = frame.world.renderers.of(frame.templates, frame.shop)
    for name in channels:
        way = frame.world.ways[name]
        own = (name, way.name, by, frame.recorded, way.repeats, frame.world.clock)
        desks[name] = Desk(frame.now, frame.shop, renderer, *own)
    if frame.transactions.dry:
        with Hands(frame, by) as hands:
            return Counts.sum(_leave(frame, desks, hands))
    with frame.world.at_work, at_work(frame.world.engine, by), Hands(frame, by) as hands:
        hands.trying.update(seen.trying)
        parts = list(hands.recover(channels))
        if seen.hook is not None and CALLS in channels:
            hands.tell(seen.hook, seen.alerts)
        return Counts.sum([*parts, *_leave(frame, desks, hands)])


@dataclass
class _Seen:
    """What is seen before anybody is told that a delivery is at work. `idle`: there is nothing to do.

    `trying`: channels that had stopped, by which one message may leave; `alerts`: what `hook` is to be told.
    """

    idle: bool
    trying: frozenset[str]
    hook: Hook | None
    alerts: Sequence[Row[Any]]


def _look(frame: Frame) -> _Seen:
    """Note what has stopped, and stop what is to stop."""
    with frame.transactions.read() as connection:
        to_stop = breakers.exceeding(connection, frame.shop, frame.now)
    if to_stop:
        with frame.transactions.write_shop() as connection:
            breakers.stop(connection, frame.shop, frame.now)
    hook = alerts.hook_of(frame.shop)
    with frame.transactions.read() as connection:
        frame.stopped = stopped(connection)
        trying = _note_circuits(frame, breakers.circuits(connection))
        there = [name for name in frame.world.ways if name not in frame.left_over]
        due = alerts.due(connection, frame.now) if hook else ()
        idle = (
            not due
            and not claimers(connection, there)
            and not ready(connection, frame.now, there, _who(frame), 1)
        )
    return _Seen(idle, trying, hook, due)


def _note_circuits(frame: Frame, circuits: Mapping[str, Circuit]) -> frozenset[str]:
    """Nothing leaves by a channel that has stopped; the channels by which it is tried again."""
    stages = {name: circuit.stage(frame.now) for name, circuit in circuits.items()}
    for name, circuit in circuits.items():
        if stages[name] == "open" and circuit.again_at is not None:
            why = LeftOver(f"{name} has stopped: {circuit.why}", circuit.again_at)
            frame.left_over.setdefault(name, why)
    return frozenset(name for name, stage in stages.items() if stage == "trying")


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
            room = {name: 1 if name in hands.trying else frame.world.ways[name].batch for name in free}
            claimed = _claim(frame, desks, line.take(room))
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
