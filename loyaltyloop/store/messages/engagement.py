"""Responses to our messages: events that name a message become rows of `engagement`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, and_, func, or_, select, update

from loyaltyloop.journey.question import Question
from loyaltyloop.store import bulk
from loyaltyloop.store.messages import tallies
from loyaltyloop.store.models import Body, Engagement, Enrolment, Message
from loyaltyloop.store.vouchers.gifts import seen_after_all

body: Table = Body.__table__  # type: ignore[attr-defined]
engagement: Table = Engagement.__table__  # type: ignore[attr-defined]
enrolment: Table = Enrolment.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]

ANSWERED = "Survey Answered"
# What the question does not offer, as a number outside its scale: on record, and no answer to anything.
MISANSWERED = "misanswered"
# Segment's names of events → as conditions name them.
KINDS: Mapping[str, str] = {
    "Email Link Clicked": "clicked",
    "Email Opened": "opened",
    "Email Delivered": "received",
    "Email Bounced": "bounced",
    "Email Replied": "replied",
    ANSWERED: "answered",
    "Email Marked as Spam": "complained",
    "SMS Delivered": "received",
    "SMS Bounced": "bounced",
    "SMS Replied": "replied",
}
# What became of a message, as its provider tells it; each from any of the states behind it.
_REPORTED = {
    "received": ("delivered", ("handed_over",)),
    "bounced": ("bounced", ("handed_over", "delivered")),
    "complained": ("complained", ("handed_over", "delivered", "bounced")),
}
_COUNTED: Mapping[str, tallies.What] = {"bounced": "bounced", "complained": "complained"}
_COLUMNS = [
    "event_id",
    "message_key",
    "customer_id",
    "journey",
    "step",
    "kind",
    "at",
    "arrived_at",
    "machine",
    "answer",
]


@dataclass(frozen=True)
class Response:
    """An event that tells of a message.

    `answer`: a text or a number, of `answered` alone. `hard`: a bounce for good.
    """

    event_id: int
    message_key: str
    kind: str
    at: datetime
    arrived_at: datetime
    machine: bool
    answer: str | int | float | None = None
    hard: bool = False


def response(
    event_id: int, name: str, properties: Mapping[str, Any], at: datetime, arrived_at: datetime
) -> Response | None:
    """The response that an event is; None for most. Segment calls a message's key `email_id`."""
    kind, key = KINDS.get(name), properties.get("email_id", properties.get("sms_id"))
    if kind is None or not isinstance(key, str):
        return None
    answer = properties.get("answer") if kind == "answered" else None
    if kind == "answered" and (isinstance(answer, bool) or not isinstance(answer, str | int | float)):
        return None
    hard = properties.get("type") == "hard"
    return Response(event_id, key, kind, at, arrived_at, properties.get("machine") is True, answer, hard)


def write(connection: Connection, responses: Sequence[Response]) -> set[int]:
    """Record responses to messages that are ours, for whom the message was made; who they are.

    An answer that the question, as it left, does not offer is recorded as `misanswered`.
    """
    if not responses:
        return set()
    keys = sorted({response.message_key for response in responses})
    wanted = bulk.fill_temporary(connection, "wanted_message", {"key": str}, ((key,) for key in keys))
    columns = (message.c.key, message.c.customer_id, message.c.journey, message.c.step)
    found = connection.execute(select(*columns).join(wanted, wanted.c.key == message.c.key))
    ours = {row.key: row for row in found}
    questions = _questions(connection, responses)
    rows = [
        _row(_judged(response, questions), ours[response.message_key])
        for response in responses
        if response.message_key in ours
    ]
    bulk.insert_rows(connection, engagement, _COLUMNS, rows)
    _has_left(connection, keys)
    _report(connection, responses)
    return {row.customer_id for row in ours.values()}


def _questions(connection: Connection, responses: Sequence[Response]) -> dict[str, Question]:
    """What those messages asked that were answered."""
    keys = sorted({response.message_key for response in responses if response.kind == "answered"})
    if not keys:
        return {}
    wanted = bulk.fill_temporary(connection, "answered_message", {"key": str}, ((key,) for key in keys))
    joined = message.join(wanted, wanted.c.key == message.c.key).join(body, body.c.message_id == message.c.id)
    rows = connection.execute(select(message.c.key, body.c.question).select_from(joined))
    return {row.key: Question.read(row.question) for row in rows if row.question}


def _judged(response: Response, questions: Mapping[str, Question]) -> Response:
    asked = questions.get(response.message_key) if response.kind == "answered" else None
    if asked is None or asked.offers(response.answer):
        return response
    return replace(response, kind=MISANSWERED)


def _row(response: Response, of: Any) -> tuple[Any, ...]:
    r = response
    about = (of.customer_id, of.journey, of.step)
    return r.event_id, r.message_key, *about, r.kind, r.at, r.arrived_at, r.machine, r.answer


def _has_left(connection: Connection, keys: Iterable[str]) -> None:
    """Whatever is told of a message, it has left, though its delivery could not say so, or not for certain.

    That is of the `unknown`, of what is under way, and of what was tried and is to be tried again.
    """
    told = bulk.fill_temporary(connection, "left_message", {"key": str}, ((key,) for key in keys))
    tried = or_(
        message.c.state.in_(("claimed", "unknown")),
        and_(message.c.state == "held", message.c.claimed_at.is_not(None)),
    )
    these = and_(message.c.key.in_(select(told.c.key)), tried)
    standing = select(message.c.enrolment_id).where(these)
    mine = and_(enrolment.c.id.in_(standing), enrolment.c.state == "sending")
    connection.execute(update(enrolment).where(mine).values(state="sent"))
    left_at = func.coalesce(message.c.handed_over_at, message.c.claimed_at)
    seen_after_all(connection, select(message.c.key).where(these), left_at)
    values = {"state": "handed_over", "reason": "", "handed_over_at": left_at}
    change = update(message).where(these).values(values)
    left = connection.execute(change.returning(message.c.journey, message.c.handed_over_at)).all()
    tallies.count(connection, "handed", Counter((row.journey, row.handed_over_at.date()) for row in left))


def _report(connection: Connection, responses: Iterable[Response]) -> None:
    for kind, (state, before) in _REPORTED.items():
        of_kind = {response.message_key: response for response in responses if response.kind == kind}
        if of_kind:
            told = bulk.fill_temporary(connection, "told_message", {"key": str}, ((key,) for key in of_kind))
            of_them = message.c.key.in_(select(told.c.key))
            change = update(message).where(of_them, message.c.state.in_(before)).values(state=state)
            changed = connection.execute(change.returning(message.c.key, message.c.journey)).all()
            _count(connection, kind, [(row.journey, of_kind[row.key]) for row in changed])


def _count(connection: Connection, kind: str, told: Iterable[tuple[str, Response]]) -> None:
    """Each message once, by the day on which it was told of; a bounce only where it was for good."""
    what = _COUNTED.get(kind)
    if what is not None:
        days = Counter((journey, one.at.date()) for journey, one in told if one.hard or kind != "bounced")
        tallies.count(connection, what, days)
