"""What a reader answers: read from a form, and told as an event. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from loyaltyloop.journey.question import COMMENT, Question
from loyaltyloop.store.canonical import canonical
from loyaltyloop.store.messages.addressees import Recipient
from loyaltyloop.store.messages.engagement import ANSWERED
from loyaltyloop.store.messages.replies import Posed, Reply
from loyaltyloop.store.segment import Call

SOURCE = "answers"
MOST = 20  # answers to one message: whoever holds a link can fill no table with it
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class Wrong(Exception):
    """The form is not to be taken as it is; `about`: no answer was chosen (`choose`), the words are too many
    (`long`)."""

    def __init__(self, about: str) -> None:
        super().__init__(about)
        self.about = about


def ids_of(key: str) -> list[str]:
    """Under which ids the answers to a message are recorded, one after the other."""
    return [f"{key} answer {number}" for number in range(MOST)]


def read_reply(question: Question, form: Mapping[str, str]) -> Reply:
    """What the form says. Wrong."""
    numbers = {str(number): choice.value for number, choice in enumerate(question.choices)}
    value = numbers.get(form.get("answer", ""))
    if value is None:
        raise Wrong("choose")
    comment = plain(form.get("comment", "")) if question.comment else ""
    if len(comment) > COMMENT:
        raise Wrong("long")
    return Reply(value, comment)


def plain(words: str) -> str:
    """Words as they are kept: lines end alike, and what nobody sees is left out."""
    return _UNSEEN.sub("", words.replace("\r\n", "\n").replace("\r", "\n")).strip()


def answered(by: Recipient, posed: Posed, reply: Reply, given: Sequence[Reply], now: datetime) -> Call:
    """The event; `given`: the answers before this one, which is later than they, whatever the clock says."""
    at = max([now, *(one.at for one in given[-1:] if one.at is not None)])
    properties: dict[str, Any] = {
        "survey": posed.step,
        "question": posed.question.text,
        "answer": reply.answer,
        "journey": by.journey,
        "step": posed.step,
        "email_id": by.key,
    }
    if reply.comment:
        properties["comment"] = reply.comment
    return Call(
        source=SOURCE,
        message_id=ids_of(by.key)[len(given)],
        type="track",
        name=ANSWERED,
        user_id=by.user_id,
        anonymous_id=by.anonymous_id,
        previous_id=None,
        at=at,
        arrived_at=at,
        properties=canonical(properties),
    )
