"""How customers responded to messages, as SQL: the engagements, answers and hand-overs that count."""

from __future__ import annotations

from sqlalchemy import ColumnElement, FromClause, Table, and_, exists, false, func, not_, or_

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.conditions.condition import Answered, Engaged
from loyaltyloop.journey.conditions.evaluate import HANDED_OVER
from loyaltyloop.journey.model import CALLS
from loyaltyloop.store.conditions.comparisons import passes
from loyaltyloop.store.conditions.deeds import Rows, before_end, recent
from loyaltyloop.store.conditions.documents import whole
from loyaltyloop.store.conditions.scope import At, Scope
from loyaltyloop.store.models import Engagement, Message

Bool = ColumnElement[bool]
ENGAGEMENT: Table = Engagement.__table__  # type: ignore[attr-defined]
MESSAGE: Table = Message.__table__  # type: ignore[attr-defined]
# One of each for all, as in deeds.py.
_MESSAGE, _RESPONSE, _LATER = MESSAGE.alias(), ENGAGEMENT.alias(), ENGAGEMENT.alias()


def responses(engaged: Engaged, scope: Scope) -> list[Rows]:
    """A person's responses to these messages; for `received` their hand-overs, too."""
    found = [
        _own(engaged, scope) if engaged.journey is None else _of_journey(engaged, engaged.journey, scope)
    ]
    return [*found, _hand_overs(engaged, scope)] if engaged.kind == "received" else found


def answers(answered: Answered, scope: Scope) -> tuple[Rows, Rows]:
    """The latest answer to this enrolment's question, if it passes; and all that there are."""
    message, response, later = _MESSAGE, _RESPONSE, _LATER
    left_at = _left_at(message)
    joined = message.join(response, response.c.message_key == message.c.key)
    mine = and_(_is_own(answered.step, message, scope), *_answers(response, left_at, scope))
    replaced = exists().where(
        later.c.message_key == response.c.message_key,
        *_answers(later, left_at, scope),
        or_(
            later.c.at > response.c.at,
            and_(later.c.at == response.c.at, later.c.event_id > response.c.event_id),
        ),
    )
    value = whole(response.c.answer, scope.postgres)
    fits = passes(answered.test, value, scope.instant, scope.postgres)
    latest = and_(mine, not_(replaced.correlate_except(later)), fits)
    at, number = response.c.at, response.c.event_id
    return Rows(joined, latest, at, number), Rows(joined, mine, at, number)


def _answers(response: FromClause, left_at: At, scope: Scope) -> list[Bool]:
    kind = and_(response.c.kind == "answered", response.c.machine.is_(False))
    return [kind, *_visible(None, response.c.at, response.c.arrived_at, left_at, scope)]


def _own(engaged: Engaged, scope: Scope) -> Rows:
    """Of this enrolment's message; an index leads from the enrolment to it, and from there to responses."""
    message, response = _MESSAGE, _RESPONSE
    joined = message.join(response, response.c.message_key == message.c.key)
    found = and_(
        _is_own(engaged.step, message, scope),
        *_by_person(engaged, response, _left_at(message), scope),
    )
    return Rows(joined, found, response.c.at, response.c.event_id)


def _left_at(message: FromClause) -> At:
    return func.coalesce(message.c.handed_over_at, message.c.claimed_at, type_=message.c.claimed_at.type)


def _of_journey(engaged: Engaged, journey: str, scope: Scope) -> Rows:
    """Of any message of that journey, or of that step."""
    response = _RESPONSE
    found = and_(_is_of(journey, engaged.step, response, scope), *_by_person(engaged, response, None, scope))
    return Rows(response, found, response.c.at, response.c.event_id)


def _hand_overs(engaged: Engaged, scope: Scope) -> Rows:
    message = _MESSAGE
    at = message.c.handed_over_at
    own = engaged.journey is None
    found = and_(
        _is_own(engaged.step, message, scope)
        if own
        else _is_of(engaged.journey, engaged.step, message, scope),
        message.c.channel != CALLS,
        message.c.state.in_(HANDED_OVER),
        at.is_not(None),
        *_visible(engaged.within, at, at, at if own else None, scope),
    )
    return Rows(message, found, at, message.c.key)


def _is_own(step: str | None, message: FromClause, scope: Scope) -> Bool:
    enrolment_id = scope.own("id")
    if enrolment_id is None:
        return false()
    return and_(message.c.enrolment_id == enrolment_id, message.c.step == step)


def _is_of(journey: str | None, step: str | None, table: FromClause, scope: Scope) -> Bool:
    steps = [] if step is None else [table.c.step == step]
    return and_(table.c.customer_id == scope.customer.c.id, table.c.journey == journey, *steps)


def _by_person(engaged: Engaged, response: FromClause, left_at: At | None, scope: Scope) -> list[Bool]:
    kind = and_(response.c.kind == engaged.kind, response.c.machine.is_(False))
    return [kind, *_visible(engaged.within, response.c.at, response.c.arrived_at, left_at, scope)]


def _visible(within: Duration | None, at: At, arrived_at: At, left_at: At | None, scope: Scope) -> list[Bool]:
    """`left_at`: when this enrolment's message left, from which on responses to it count in a span."""
    parts = [*recent(within, at, scope), *before_end(at, arrived_at, scope)]
    if scope.span is None:
        return parts
    since = scope.span.since if left_at is None or scope.span.since_given else left_at
    return parts if since is None else [*parts, at >= since]
