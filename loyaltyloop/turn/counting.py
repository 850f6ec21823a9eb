"""What a step reads of all customers is counted before its transaction, which holds others up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from loyaltyloop.journey.model import Ask, Journey, Recommend, Send, Shop, Step, Wait
from loyaltyloop.scores.recommending.figures import lists_of
from loyaltyloop.scores.recommending.once import Once, Rows
from loyaltyloop.scores.recommending.recommend import counted_over_all
from loyaltyloop.store.database import line_up, read
from loyaltyloop.turn.frame import Frame
from loyaltyloop.turn.world import World


def count_ahead(frame: Frame, step: Step) -> None:
    """Count what this step may read and nobody has counted yet.

    What a turn in a time that was made up counted for a time that has not come is counted anew when that
    comes.
    """
    if frame.transactions.dry is not None:
        _rehearse(frame, step)
    elif _counts(step):
        for one in _to_be_counted(frame, step):
            # Another turn may be at it: it is waited for, and has then done it.
            with line_up(frame.world.engine, f"count {one.kind}"):
                _forget_too_early(frame, one)
                one.ahead(frame.transactions.read, frame.transactions.write)


def counted(world: World, journeys: Iterable[Journey], shop: Shop, now: datetime) -> Mapping[Once, Rows]:
    """What any step may read and nobody has counted, before a dry run begins, which holds up all work."""
    with read(world.engine) as connection:
        steps = [step for journey in journeys for step in journey]
        asked = {one for step in steps for one in _asked(connection, step, shop, now)}
        missing = sorted((one for one in asked if not one.there(connection)), key=lambda one: one.kind)
        return {one: one.rows(connection) for one in missing}


def _rehearse(frame: Frame, step: Step) -> None:
    """It is put there as part of what is rolled back."""
    with frame.transactions.write() as connection:
        for one in _asked(connection, step, frame.shop, frame.now):
            one.keep(connection, frame.counted.get(one))


def _asked(connection: Connection, step: Step, shop: Shop, now: datetime) -> list[Once]:
    if isinstance(step.action, Recommend):
        return counted_over_all(connection, step.action, shop, now)
    return [lists_of("hours", now)] if _hours(step) else []


def _counts(step: Step) -> bool:
    return isinstance(step.action, Recommend) or _hours(step)


def _hours(step: Step) -> bool:
    """Does it ask when each customer is there?"""
    match step.action:
        case Send(at=at) | Wait(at=at) | Ask(send=Send(at=at)):
            return at is not None and at.best
        case _:
            return False


def _to_be_counted(frame: Frame, step: Step) -> list[Once]:
    clock = frame.world.clock
    with frame.transactions.read() as connection:
        return [
            one
            for one in _asked(connection, step, frame.shop, frame.now)
            if not one.there(connection) or (clock is not None and one.too_early(connection, clock()))
        ]


def _forget_too_early(frame: Frame, one: Once) -> None:
    """Only at the present is it known which time has not come."""
    if frame.world.clock is not None:
        with frame.transactions.write() as connection:
            one.forget_too_early(connection, frame.world.clock())
