"""What was asked in a message that left, and what its reader has answered on the page behind its links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, select

from loyaltyloop.journey.question import Question
from loyaltyloop.store.models import Body, Event, Message

body: Table = Body.__table__  # type: ignore[attr-defined]
event: Table = Event.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Reply:
    """An answer, and the words beside it; empty for none. `at`: when it was given, if it was."""

    answer: str | int
    comment: str = ""
    at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Posed:
    """A question as it left with a message, and the step that asked it."""

    step: str
    question: Question


def question_of(connection: Connection, key: str) -> Posed | None:
    """What the message with this key asks; None where it asks nothing, or its bytes are no longer there."""
    found = connection.execute(
        select(message.c.step, body.c.question)
        .join(body, body.c.message_id == message.c.id)
        .where(message.c.key == key)
    ).first()
    if found is None or found.question is None:
        return None
    return Posed(found.step, Question.read(found.question))


def replies(connection: Connection, source: str, ids: Sequence[str]) -> list[Reply]:
    """The answers that were recorded by this source under these ids, in their order, applied or not."""
    chosen = select(event.c.message_id, event.c.at, event.c.properties)
    rows = connection.execute(chosen.where(event.c.source == source, event.c.message_id.in_(ids)))
    found = {row.message_id: row for row in rows}
    return [_reply(found[one]) for one in ids if one in found]


def _reply(row: Row[Any]) -> Reply:
    return Reply(row.properties["answer"], row.properties.get("comment", ""), row.at)
