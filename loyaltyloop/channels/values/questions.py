"""The questions that messages name, read for a chunk of messages at once.

A message of an `ask` shows the links of its own question. Later ones may show them again (a reminder): they
lead to the same page, and count for the same question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, and_, select

from loyaltyloop.channels.values.asked import Names, QuestionIn
from loyaltyloop.channels.values.context import About
from loyaltyloop.journey.question import Question
from loyaltyloop.store.among import among
from loyaltyloop.store.models import Engagement, Event, Message

engagement: Table = Engagement.__table__  # type: ignore[attr-defined]
event: Table = Event.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]


def add_asked(
    connection: Connection,
    names: Mapping[str, Names],
    messages: Sequence[About],
    questions: Mapping[str, Question],
) -> None:
    """Put these questions into the messages' names (by key): the own one, and those of messages before."""
    if not questions:
        return
    asked = _asked(connection, [one.enrolment_id for one in messages], questions)
    for one in messages:
        own = names.get(one.key)
        if own is None:
            continue
        for step, found in asked.get(one.enrolment_id, {}).items():
            own[step] = found
        if one.step in questions:
            own[one.step] = QuestionIn(one.key, questions[one.step])


def _asked(
    connection: Connection, enrolments: Sequence[int], questions: Mapping[str, Question]
) -> dict[int, dict[str, QuestionIn]]:
    """Enrolment → step → what was asked there in a message that has left."""
    told = and_(
        engagement.c.message_key == message.c.key,
        engagement.c.kind == "answered",
        engagement.c.machine.is_(False),
    )
    joined = message.outerjoin(engagement, told).outerjoin(event, event.c.id == engagement.c.event_id)
    columns = (message.c.enrolment_id, message.c.step, message.c.key, engagement.c.answer, event.c.properties)
    rows = connection.execute(
        select(*columns)
        .select_from(joined)
        .where(
            among(connection, message.c.enrolment_id, enrolments),
            message.c.step.in_(sorted(questions)),
            message.c.claimed_at.is_not(None),
        )
        .order_by(engagement.c.at, engagement.c.event_id)
    )
    found: dict[int, dict[str, QuestionIn]] = {}
    for row in rows:  # the latest answer comes last
        answered = QuestionIn(row.key, questions[row.step], row.answer, _comment(row.properties))
        found.setdefault(row.enrolment_id, {})[row.step] = answered
    return found


def _comment(properties: Mapping[str, Any] | None) -> str | None:
    comment = (properties or {}).get("comment")
    return comment if isinstance(comment, str) else None
