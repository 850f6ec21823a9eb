"""`enter`, `goal` and `leave_when` of a file to the records of `model`."""

from __future__ import annotations

from datetime import time

from loyaltyloop.journey import model
from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.conditions.condition import Condition
from loyaltyloop.journey.reading.meaning import NEVER, Names, condition_of, where_of
from loyaltyloop.journey.schema.conditions import GoalFile
from loyaltyloop.journey.schema.journey import EnterFile


def enter_of(file: EnterFile, names: Names) -> model.Enter:
    """Who enters, how often."""
    return model.Enter(
        by=_entrance(file, names),
        one_per=file.one_per,
        again=file.again,
        while_inside=file.while_inside,
        condition=None if file.if_ is None else condition_of(file.if_, names),
        at_most=file.at_most.count if file.at_most else None,
        at_most_per=file.at_most.per if file.at_most else None,  # type: ignore[arg-type]
    )


def _entrance(file: EnterFile, names: Names) -> model.Entrance:
    if file.event is not None:
        where = where_of(file.where or {})
        return model.ByEvent(file.event, where, file.max_age or Duration.of("24 hours"))
    if file.date is not None:
        return _by_date(file, file.date)
    if file.when is not None:
        return model.ByState(condition_of(file.when, names), file.check or "daily")
    if file.schedule is not None:
        return model.BySchedule(file.schedule, condition_of(file.to, names) if file.to else NEVER)
    return model.ByHand()


def _by_date(file: EnterFile, attribute: str) -> model.ByDate:
    return model.ByDate(
        attribute,
        file.offset.duration if file.offset else None,
        file.offset.sign if file.offset else 1,
        file.at or time(0, 0),
        file.feb29 or "feb28",
        file.catch_up or Duration.of("2 days"),
    )


def goal_of(file: GoalFile | None, names: Names) -> tuple[Condition | None, Duration | None]:
    """The goal, and how long after entering it is looked for; None: without end."""
    if file is None:
        return None, None
    bare = file.model_copy(update={"within": None})
    return condition_of(bare, names), file.within
