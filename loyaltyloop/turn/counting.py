"""What a step reads of all customers is counted before its transaction, which holds others up."""

from __future__ import annotations

from sqlalchemy import Connection

from loyaltyloop.journey.model import Ask, Recommend, Send, Step, Wait
from loyaltyloop.scores.recommending.figures import lists_of
from loyaltyloop.scores.recommending.once import Once
from loyaltyloop.scores.recommending.recommend import counted_over_all
from loyaltyloop.store.database import line_up
from loyaltyloop.turn.frame import Frame


def count_ahead(frame: Frame, step: Step) -> None:
    """Count what this step may read and nobody has counted yet.

    A dry run counts it when it is asked for, as part of what is rolled back. What a turn in a time that was
    made up counted for a time that has not come is counted anew when that comes.
    """
    if frame.transactions.dry is not None or not (_hours(step) or isinstance(step.action, Recommend)):
        return
    with frame.transactions.read() as connection:
        missing = [one for one in _read(connection, frame, step) if _to_be_counted(connection, frame, one)]
    for one in missing:
        # Another turn may be at it: it is waited for, and has then done it.
        with line_up(frame.world.engine, f"count {one.kind}"):
            _forget_too_early(frame, one)
            one.ahead(frame.transactions.read, frame.transactions.write)


def _read(connection: Connection, frame: Frame, step: Step) -> list[Once]:
    if isinstance(step.action, Recommend):
        return counted_over_all(connection, step.action, frame.shop, frame.now)
    return [lists_of("hours", frame.now)]


def _hours(step: Step) -> bool:
    """Does it ask when each customer is there?"""
    match step.action:
        case Send(at=at) | Wait(at=at) | Ask(send=Send(at=at)):
            return at is not None and at.best
        case _:
            return False


def _to_be_counted(connection: Connection, frame: Frame, one: Once) -> bool:
    clock = frame.world.clock
    return not one.there(connection) or (clock is not None and one.too_early(connection, clock()))


def _forget_too_early(frame: Frame, one: Once) -> None:
    """Only at the present is it known which time has not come."""
    if frame.world.clock is not None:
        with frame.transactions.write() as connection:
            one.forget_too_early(connection, frame.world.clock())
