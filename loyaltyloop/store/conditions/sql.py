"""What a condition means for a million customers: `journey/conditions/evaluate.py` as SQL.

`holds` is an expression about each row of `scope.customer`, true or false, never NULL. `moment` is the time
at which the condition was satisfied, NULL where it is not, by the rule told in
`journey/conditions/evaluate.py`: events and responses satisfy at their own time, `any` at the least of its
parts' times, `all` at the greatest; what is satisfied without any event is satisfied `now`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import assert_never

from sqlalchemy import ColumnElement, and_, case, false, func, not_, null, or_, true
from sqlmodel import UTCDateTime

from loyaltyloop.journey.conditions.comparisons import is_lower_bound, least_count, passes_unknown
from loyaltyloop.journey.conditions.condition import (
    About,
    AllOf,
    Answered,
    AnyOf,
    Condition,
    Consents,
    Did,
    Engaged,
    Inside,
    Not,
    Reachable,
    Redeemed,
    Segment,
)
from loyaltyloop.store.conditions.comparisons import passes
from loyaltyloop.store.conditions.deeds import deeds
from loyaltyloop.store.conditions.documents import count_value
from loyaltyloop.store.conditions.responses import answers, responses
from loyaltyloop.store.conditions.scope import At, Span, instant
from loyaltyloop.store.conditions.scope import Scope as Scope
from loyaltyloop.store.conditions.scope import limits as limits
from loyaltyloop.store.conditions.scope import zone_limits as zone_limits
from loyaltyloop.store.conditions.subjects import about, consents, inside, reachable, redeemed

Bool = ColumnElement[bool]


def holds(condition: Condition, scope: Scope) -> Bool:
    """Does it hold, as of `scope.now`? Never NULL."""
    match condition:
        case AllOf(parts):
            return and_(true(), *(holds(part, scope) for part in parts))
        case AnyOf(parts):
            return or_(false(), *(holds(part, scope) for part in parts))
        case Not(part):
            return not_(holds(part, scope))
        case Segment(_, part):
            return holds(part, replace(scope, since=None, span=None))
        case Did():
            return _did(condition, scope)
        case Engaged():
            return or_(*(rows.exist() for rows in responses(condition, scope)))
        case Answered():
            return _answered(condition, scope).holds
        case _:
            return _state_holds(condition, scope)


def _state_holds(condition: About | Consents | Inside | Reachable | Redeemed, scope: Scope) -> Bool:
    match condition:
        case About():
            return about(condition, scope)
        case Consents():
            return consents(condition, scope)
        case Reachable():
            return reachable(condition, scope)
        case Inside():
            return inside(condition, scope)
        case Redeemed(step):
            return redeemed(step, scope)
        case _:
            assert_never(condition)


def _did(did: Did, scope: Scope) -> Bool:
    least = least_count(did.times)
    if least is None:
        return false()
    rows = deeds(did, scope)
    if not is_lower_bound(did.times):
        return passes(did.times, count_value(rows.count()), scope.instant, scope.postgres)
    return true() if least == 0 else rows.exist() if least == 1 else rows.nth(least).is_not(None)


# ── when ────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, eq=False)
class _Satisfied:
    """Satisfied where `at` is not NULL, at that time, or without a time where `state` holds."""

    state: Bool | None = None
    at: At | None = None

    @property
    def holds(self) -> Bool:
        timed = [] if self.at is None else [self.at.is_not(None)]
        return or_(false(), *timed, *([] if self.state is None else [self.state]))


def moment(
    condition: Condition,
    scope: Scope,
    since: At | None,
    until: At | None,
    deadline: At | None,
    since_given: bool = False,
) -> At:
    """When it was satisfied by what happened from `since` to `until` and arrived by `deadline`.

    None is no limit; NULL: it is not satisfied. `since_given`: the step says since when, so that responses
    to messages count from then on, too, instead of from the hand-over.
    """
    span = Span(since, until, deadline, since_given)
    found = _satisfied(condition, replace(scope, since=since, span=span))
    now = None if found.state is None else case((found.state, instant(scope.now)))
    times = [each for each in (found.at, now) if each is not None]
    return func.coalesce(*times, null(), type_=UTCDateTime())


def _satisfied(condition: Condition, scope: Scope) -> _Satisfied:
    match condition:
        case AllOf(parts):
            return _all([_satisfied(part, scope) for part in parts], scope)
        case AnyOf(parts):
            return _any([_satisfied(part, scope) for part in parts], scope)
        case Did() if least := least_count(condition.times):
            return _Satisfied(at=_deed(condition, least, scope))
        case Engaged():
            return _Satisfied(at=_least([rows.first() for rows in responses(condition, scope)], scope))
        case Answered():
            return _answered(condition, scope)
        case _:
            return _Satisfied(state=holds(condition, scope))


def _deed(did: Did, least: int, scope: Scope) -> At:
    rows = deeds(did, scope)
    at = rows.first() if least == 1 else rows.nth(least)
    if is_lower_bound(did.times):
        return at
    enough = passes(did.times, count_value(rows.count()), scope.instant, scope.postgres)
    return case((enough, at))


def _answered(condition: Answered, scope: Scope) -> _Satisfied:
    """By the latest answer, at its time; where the unknown passes, without any answer as well."""
    latest, every = answers(condition, scope)
    nothing = not_(every.exist()) if passes_unknown(condition.test) else None
    return _Satisfied(nothing, latest.first())


def _any(parts: list[_Satisfied], scope: Scope) -> _Satisfied:
    times = [part.at for part in parts if part.at is not None]
    states = [part.state for part in parts if part.state is not None]
    return _Satisfied(
        or_(false(), *states) if states or not times else None, _least(times, scope) if times else None
    )


def _all(parts: list[_Satisfied], scope: Scope) -> _Satisfied:
    times = [part.at for part in parts if part.at is not None]
    states = [part.state for part in parts if part.state is not None]
    # Without any event all of it holds only where each part can do without one.
    state = and_(true(), *states) if len(states) == len(parts) else None
    if not times:
        return _Satisfied(state)
    return _Satisfied(state, case((and_(*(part.holds for part in parts)), _greatest(times, scope))))


# SQLite's min() and max() of several values are NULL if one of them is: these stand for it.
_NEVER = instant(datetime.max.replace(tzinfo=UTC))
_EVER = instant(datetime.min.replace(tzinfo=UTC))


def _least(times: list[At], scope: Scope) -> At:
    """The least that is not NULL."""
    if len(times) == 1:
        return times[0]
    if scope.postgres:
        return func.least(*times, type_=UTCDateTime())
    return func.nullif(func.min(*(func.coalesce(at, _NEVER) for at in times)), _NEVER, type_=UTCDateTime())


def _greatest(times: list[At], scope: Scope) -> At:
    """The greatest that is not NULL."""
    if len(times) == 1:
        return times[0]
    if scope.postgres:
        return func.greatest(*times, type_=UTCDateTime())
    return func.nullif(func.max(*(func.coalesce(at, _EVER) for at in times)), _EVER, type_=UTCDateTime())
