"""Entering: candidates of every kind are judged in order and enrolled, a chunk a transaction."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from sqlalchemy import update

from loyaltyloop.journey.model import ByDate, ByEvent, ByHand, BySchedule, ByState
from loyaltyloop.turn.counts import Counts
from loyaltyloop.turn.enrolling import Enrolling
from loyaltyloop.turn.entrances import dates, events, queue, schedules, states
from loyaltyloop.turn.frame import Frame, journey_table


def enter(frame: Frame) -> Counts:
    """Enrol whoever enters now: first who waits in the queue, then by the journey's own entrance."""
    if frame.state == "retired":
        return Counts()
    enrolling = Enrolling(frame)
    parts = [*queue.work(frame, enrolling), *_own(frame, enrolling)]
    _note_check(frame)
    return Counts.sum(parts)


def _own(frame: Frame, enrolling: Enrolling) -> Iterator[Counts]:
    match frame.journey.enter.by:
        case ByEvent() as by:
            yield from events.work(frame, by, enrolling)
        case ByDate() as by:
            yield from dates.work(frame, by, enrolling)
        case ByState() as by:
            yield from states.work(frame, by, enrolling)
        case BySchedule() as by:
            yield from schedules.work(frame, by, enrolling)
        case ByHand():
            return
        case other:
            assert_never(other)


def _note_check(frame: Frame) -> None:
    """Dates, conditions and schedules were looked at up to now."""
    if frame.limits.all and not isinstance(frame.journey.enter.by, ByEvent | ByHand):
        with frame.transactions.write() as connection:
            mine = journey_table.c.name == frame.journey.name
            connection.execute(update(journey_table).where(mine).values(checked_at=frame.now))
