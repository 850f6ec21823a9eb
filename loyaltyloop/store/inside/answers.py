"""What was answered to questions: of some enrolments, and counted for a journey."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Table, and_, func, or_, select

from loyaltyloop.journey.question import Question
from loyaltyloop.store.models import Body, Engagement, Enrolment, Event, Message

body: Table = Body.__table__  # type: ignore[attr-defined]
engagement: Table = Engagement.__table__  # type: ignore[attr-defined]
enrolment: Table = Enrolment.__table__  # type: ignore[attr-defined]
event: Table = Event.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]

Value = str | int | float
# Of whoever was erased it stands on record that they answered, and not what.
_ANSWERED = and_(
    engagement.c.kind == "answered", engagement.c.machine.is_(False), engagement.c.answer.is_not(None)
)


@dataclass(frozen=True)
class Answered:
    """An answer to the question of that step; `text`: its words, as they were asked."""

    step: str
    at: datetime
    answer: Value
    text: str
    comment: str | None = None


def answers_of(connection: Connection, enrolments: Sequence[int]) -> dict[int, list[Answered]]:
    """Enrolment → every answer that was applied, in order; the latest to a question is the one that holds."""
    joined = (
        message.join(engagement, engagement.c.message_key == message.c.key)
        .join(event, event.c.id == engagement.c.event_id)
        .outerjoin(body, body.c.message_id == message.c.id)
    )
    own = (message.c.enrolment_id, message.c.step, body.c.question)
    rows = connection.execute(
        select(*own, engagement.c.at, engagement.c.answer, event.c.properties)
        .select_from(joined)
        .where(message.c.enrolment_id.in_(enrolments), _ANSWERED)
        .order_by(engagement.c.at, engagement.c.event_id)
    )
    found: dict[int, list[Answered]] = {}
    for row in rows:
        asked = Question.read(row.question) if row.question else None
        text = asked.text_of(row.answer) if asked else str(row.answer)
        one = Answered(row.step, row.at, row.answer, text, row.properties.get("comment"))
        found.setdefault(row.enrolment_id, []).append(one)
    return found


def count_answers(connection: Connection, journey: str) -> dict[tuple[int, str], Counter[Value]]:
    """Version and step → how many have answered what, each by their latest answer."""
    later = engagement.alias()
    replaced = select(later.c.event_id).where(
        later.c.message_key == engagement.c.message_key,
        later.c.kind == "answered",
        later.c.machine.is_(False),
        or_(
            later.c.at > engagement.c.at,
            and_(later.c.at == engagement.c.at, later.c.event_id > engagement.c.event_id),
        ),
    )
    columns = (enrolment.c.version, message.c.step, engagement.c.answer)
    rows = connection.execute(
        select(*columns, func.count())
        .select_from(
            enrolment.join(message, message.c.enrolment_id == enrolment.c.id).join(
                engagement, engagement.c.message_key == message.c.key
            )
        )
        .where(enrolment.c.journey == journey, _ANSWERED, ~replaced.exists())
        .group_by(*columns)
    )
    found: dict[tuple[int, str], Counter[Value]] = {}
    for version, step, answer, number in rows:
        found.setdefault((version, step), Counter())[answer] = number
    return found
