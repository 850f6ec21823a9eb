"""`wait_for`: stay until a path's `when` holds, or the end has come."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, select

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.model import Path, Until, WaitFor
from loyaltyloop.steps.resets import reset
from loyaltyloop.steps.stand import Stand
from loyaltyloop.steps.wait import wait_for_date, wait_for_duration
from loyaltyloop.store.conditions.deeds import arrival
from loyaltyloop.store.conditions.scope import Scope
from loyaltyloop.store.conditions.sql import moment
from loyaltyloop.store.inside.cohorts import PEOPLE, UNDECIDED, cohort, decide_each, enrolment, mark, states


def look(stand: Stand) -> None:
    """The earliest answer decides; silence, at the first turn at or after the time-out + lateness.

    Meanwhile `until_at` is the time-out, and `due_at` when a turn looks for the last time.
    """
    action = stand.step.action
    assert isinstance(action, WaitFor)
    lateness = timedelta(seconds=stand.shop.lateness.seconds)
    if action.reset_by and action.up_to:
        reset(stand, action.reset_by, action.up_to, None, lateness)
    here = states(stand.connection)
    if "ready" in here:
        _let_wait(stand, action, lateness)
    _answer(stand, action)
    if "waiting" in here:
        silent = (cohort.c.state == "waiting") & (enrolment.c.due_at <= stand.now)
        mark(stand.connection, silent, path=action.paths[-1].name, why="no answer in time")


def _let_wait(stand: Stand, action: WaitFor, lateness: timedelta) -> None:
    match action:
        case WaitFor(up_to=Duration() as up_to):
            wait_for_duration(stand, up_to, None, lateness)
        case WaitFor(until=Until() as until):
            wait_for_date(stand, until, None, lateness)


def _answer(stand: Stand, action: WaitFor) -> None:
    """Whoever has answered takes the path of the earliest answer; of several, the first in the file."""
    answers = [(path, path.when) for path in action.paths if path.when is not None]
    scope = stand.scope(*(when for _, when in answers))
    since = _since(action, scope)
    given = action.since is not None
    moments = [
        moment(when, scope, since, enrolment.c.until_at, enrolment.c.due_at, given).label(f"path_{number}")
        for number, (_, when) in enumerate(answers)
    ]
    rows = stand.connection.execute(select(cohort.c.id, *moments).select_from(PEOPLE).where(UNDECIDED))
    paths = [path for path, _ in answers]
    decide_each(stand.connection, [found for row in rows if (found := _earliest(row, paths))])


def _since(action: WaitFor, scope: Scope) -> ColumnElement[Any] | None:
    match action.since:
        case None | "step":
            return enrolment.c.arrived_at
        case "entered":
            return enrolment.c.entered_at
        case "ever":
            return None
        case step:
            return arrival(step, scope)


def _earliest(row: Row[Any], paths: list[Path]) -> dict[str, Any] | None:
    answered: list[tuple[datetime, int]] = [
        (at, number) for number, at in enumerate(row[1:]) if at is not None
    ]
    if not answered:
        return None
    at, number = min(answered)
    return {"id": row.id, "path": paths[number].name, "why": f"answered at {at:%Y-%m-%d %H:%M:%S} UTC"}
