"""Handing over: claimed messages leave from their stored bytes, each channel's in a thread of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from threading import Event
from types import TracebackType
from typing import Any, ParamSpec

from loyaltyloop.channels.claiming import leases
from loyaltyloop.channels.claiming.outbox import RETRY, load_claimed, mark_unknown, record
from loyaltyloop.channels.out import Outcome, Outgoing
from loyaltyloop.channels.stopping import alerts, breakers
from loyaltyloop.channels.ways_out import CHANNELS
from loyaltyloop.journey.model import CALLS, Hook
from loyaltyloop.store.events.touched import batches
from loyaltyloop.store.messages.deliveries import dead
from loyaltyloop.turn.counts import Counts
from loyaltyloop.turn.frame import Frame, LeftOver
from loyaltyloop.turn.pauses import without_collector

log = logging.getLogger(__name__)

NOT_OFFERED = "the way out failed before it was offered"
LOST = "the process died while handing over"
P = ParamSpec("P")


@dataclass(frozen=True)
class Handed:
    """What became of messages. `away`: why their way out takes nothing more for now, and until when.

    `trying`: where nothing but one message may leave by it, that is still so: none has.
    """

    counts: Counts
    away: LeftOver | None = None
    trying: bool = False


class Hands:
    """The ways out at work for one delivery, each in a thread of its own: a slow one holds up no other.

    A channel is made ready, then given what was claimed for it, and is free again when all of that is told.
    On the way out of the `with`, what is under way is waited for; where it is left by an interruption, what
    was not offered yet is not offered any more. Leases are renewed while it waits. `by`: the delivery's name.
    """

    def __init__(self, frame: Frame, by: str) -> None:
        self.ready: set[str] = set()
        self.trying: set[str] = set()
        self._frame, self._by = frame, by
        self._threads: dict[str, ThreadPoolExecutor] = {}
        self._at_work: dict[Future[Handed], str] = {}
        self._opening: set[Future[Handed]] = set()
        self._stop = Event()
        self._renewed = frame.world.ticks()

    def __enter__(self) -> Hands:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if kind is not None and not issubclass(kind, Exception):
            self._stop.set()
        for name, thread in self._threads.items():
            closed = thread.submit(self._frame.world.ways[name].close)
            thread.shutdown()
            closed.result()

    @property
    def at_work(self) -> bool:
        """Is anything under way?"""
        return bool(self._at_work)

    def make_ready(self, channels: Collection[str]) -> None:
        """Open those of them that are neither ready nor at work."""
        for channel in sorted(set(channels) - self.ready - set(self._at_work.values())):
            if self._frame.transactions.dry:
                self.ready.add(channel)
            else:
                self._opening.add(self._begin(channel, self._open, channel))

    def give(self, claimed: Mapping[str, Sequence[str]], since: float) -> Iterator[Counts]:
        """Hand over these keys, by channel. A dry run says at once what would leave.

        `since`: the ticks before they were claimed.
        """
        for channel, keys in claimed.items():
            self.ready.discard(channel)
            if self._frame.transactions.dry:
                yield Counts({"would be handed over": len(keys)})
            else:
                self._begin(channel, hand_over, self._frame, channel, keys, self._by, self._may(since))

    def recover(self, channels: Collection[str]) -> Iterator[Counts]:
        """Claims that nobody keeps: repeated with the same bytes where that is safe, else `unknown`."""
        frame = self._frame
        with frame.transactions.read() as connection:
            names = leases.claimers(connection, channels)
        if not names:
            return
        gone, since = dead(frame.world.engine, names), frame.world.ticks()
        safe: dict[str, list[str]] = {}
        unsafe: list[str] = []
        with frame.transactions.write_shop() as connection:
            for row in leases.lost(connection, channels, gone):
                way = frame.world.ways[row.channel]
                if way.repeats(row.via, frame.now - row.claimed_at):
                    safe.setdefault(row.channel, []).append(row.key)
                else:
                    unsafe.append(row.key)
            leases.take_over(connection, [key for keys in safe.values() for key in keys], self._by)
            yield Counts(mark_unknown(connection, unsafe, LOST))
        for channel, keys in safe.items():
            self._begin(channel, self._repeat, channel, keys, since)

    def tell(self, hook: Hook, rows: Sequence[Any]) -> None:
        """Have these alerts told."""
        if rows:
            self._begin(CALLS, tell, self._frame, hook, rows)

    def wait(self) -> Iterator[Counts]:
        """What the next ones tell that are done; their channels are free."""
        done = self._done()
        opening = self._opening.intersection(done)
        self._opening -= opening
        for future in done:
            channel = self._at_work.pop(future)
            handed = future.result()
            if future in opening and handed.away is None:
                self.ready.add(channel)
            if handed.away is not None:
                self._frame.left_over[channel] = handed.away
            if future not in opening and not handed.trying:
                self.trying.discard(channel)
            yield handed.counts

    def _done(self) -> Collection[Future[Handed]]:
        while True:
            self._renew()
            done, _ = wait(self._at_work, timeout=leases.RENEW, return_when=FIRST_COMPLETED)
            if done:
                return done

    def _renew(self) -> None:
        """Where it is time: a fast channel may come back again and again while a slow one is at work."""
        since = self._frame.world.ticks()
        if since - self._renewed < leases.RENEW:
            return
        with self._frame.transactions.write() as connection:
            leases.renew(connection, self._by)
        self._renewed = since

    def _may(self, since: float) -> Callable[[], bool]:
        """May something that was claimed at this time still be offered?"""

        def may() -> bool:
            ends = max(since, self._renewed) + leases.LEASE - leases.MARGIN
            return not self._stop.is_set() and self._frame.world.ticks() < ends

        return may

    def _begin(
        self, channel: str, work: Callable[P, Handed], *words: P.args, **named: P.kwargs
    ) -> Future[Handed]:
        if channel not in self._threads:
            self._threads[channel] = ThreadPoolExecutor(1, f"delivery of {channel}")
        future = self._threads[channel].submit(work, *words, **named)
        self._at_work[future] = channel
        return future

    def _open(self, channel: str) -> Handed:
        why = self._frame.world.ways[channel].open()
        return Handed(Counts(), LeftOver(why, self._frame.now + RETRY) if why is not None else None)

    def _repeat(self, channel: str, keys: Sequence[str], since: float) -> Handed:
        parts: list[Counts] = []
        away: LeftOver | None = None
        trying = True
        for chunk in batches(keys, self._frame.world.ways[channel].batch):
            handed = hand_over(self._frame, channel, chunk, self._by, self._may(since), repeated=True)
            parts.append(handed.counts)
            away, trying = handed.away or away, trying and handed.trying
        return Handed(Counts.sum(parts), away, trying)


def hand_over(
    frame: Frame, channel: str, keys: Sequence[str], by: str, may: Callable[[], bool], repeated: bool = False
) -> Handed:
    """Hand over messages that this delivery has claimed, from their stored bytes.

    Whatever happens, what was told so far is recorded, and what was not offered is tried again. When it may
    not any more, or somebody else has taken one over, nothing of it is offered. `repeated`: whoever claimed
    them first may have handed them over.
    """
    way = frame.world.ways[channel]
    refused: list[Outcome] = []
    told: list[Outcome] = []
    offered: set[str] = set()
    try:
        ready = _assemble(frame, channel, keys, by, refused)
        for outcome in way.hand_over(_noted(ready, offered, may)):
            told.append(outcome)
    finally:
        known = offered.union(one.key for one in refused)
        missed = [Outcome(key, "try_again", NOT_OFFERED) for key in keys if key not in known]
        with frame.transactions.write_shop() as connection:  # their journeys' own turns may be at work
            outcomes = [*refused, *told, *missed]
            if repeated:
                outcomes = [replace(one, doubt=one.state == "try_again") for one in outcomes]
            breakers.count_handed(connection, channel, told, by, frame.now)
            counts = Counts(record(connection, outcomes, frame.now, by, way.keeps))
            circuit = breakers.note(connection, frame.shop, channel, told, frame.now)
    if circuit is not None and circuit.state == "open":
        again = circuit.again_at or frame.now + RETRY
        return Handed(counts, LeftOver(f"{channel} has stopped: {circuit.why}", again), trying=True)
    why = _away(told)
    return Handed(counts, LeftOver(why, frame.now + RETRY) if why is not None else None, trying=not told)


def tell(frame: Frame, hook: Hook, rows: Sequence[Any]) -> Handed:
    """Tell whom the shop names of what has stopped. Each is told under its own key until it is taken."""
    outcomes = list(frame.world.ways[CALLS].hand_over(alerts.calls(rows, hook, frame.now)))
    with frame.transactions.write_shop() as connection:
        alerts.record(connection, outcomes, frame.now)
    return Handed(Counts())


def _assemble(
    frame: Frame, channel: str, keys: Sequence[str], by: str, refused: list[Outcome]
) -> list[Outgoing]:
    """The bytes of each message; one of which none can be made is refused, and holds up no other."""
    ready = []
    with without_collector(), frame.transactions.read() as connection:
        for row in load_claimed(connection, keys, by):
            try:
                ready.append(CHANNELS[channel].assemble(row, frame.now))
            except ValueError as error:
                refused.append(Outcome(row.key, "refused", f"its headers cannot be written: {error}"))
            except Exception as error:  # whatever it is, it is this message's own
                kind = type(error).__name__
                log.warning("%s: a message cannot be made: %s", channel, kind)
                refused.append(Outcome(row.key, "refused", f"it cannot be made ({kind})"))
    return ready


def _noted(ready: Iterable[Outgoing], offered: set[str], may: Callable[[], bool]) -> Iterator[Outgoing]:
    """These, each noted when the way out takes it."""
    for outgoing in ready:
        if not may():
            return
        offered.add(outgoing.key)
        yield outgoing


def _away(told: Sequence[Outcome]) -> str | None:
    """Why the way out would take nothing more, too: it said so, or it has put off a whole batch."""
    away = [one for one in told if one.away]
    if not away and len(told) > 1 and all(one.state == "try_again" for one in told):
        away = list(told)
    return away[-1].reason if away else None
