"""Made responses: after each hand-over some click, a few unsubscribe, some of those asked answer or write a
review, and the help desk opens a case for whoever is unhappy.

Each by a hash of the message's key.

They come in as any click would: calls of the Segment API, recorded with the time at which they will arrive.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Table, case, func, select

from loyaltyloop.demo.made import dice, made_event
from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.store.database import read, write_shop
from loyaltyloop.store.events.ingest import record
from loyaltyloop.store.models import Body, Enrolment, Identity, Message, OrderLine
from loyaltyloop.store.segment import Call, read_call

body: Table = Body.__table__  # type: ignore[attr-defined]
enrolment: Table = Enrolment.__table__  # type: ignore[attr-defined]
identity: Table = Identity.__table__  # type: ignore[attr-defined]
line: Table = OrderLine.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]

CLICK = 0.22
UNSUBSCRIBE = 0.004
REVIEW = 0.4  # of those who clicked in a request for one
REVIEWS = "review_request"  # the journey that asks for them
ANSWER = 0.7  # of those who clicked in a question
STARS = (0.04, 0.06, 0.12, 0.33, 0.45)  # of those who answer with one star, two, ...
_LATENESS = Duration.of("10 minutes")
_SLOWEST = 36 * 60  # minutes from the hand-over to the last click


class Sent(NamedTuple):
    """A message that was handed over, and to whom."""

    key: str
    user_id: str
    purpose: str
    at: datetime
    links: list[str]
    product_id: str | None = None  # to be reviewed: one of the order that the message is about
    question: dict[str, Any] | None = None  # as it left with the message


@dataclass
class Clicks:
    """Makes the clicks of a walk, from one moment to the next."""

    engine: Engine
    since: datetime
    made: int = field(default=0)

    def follow(self, now: datetime) -> None:
        """Make the clicks on what was handed over since the last call, up to and including `now`."""
        with read(self.engine) as connection:
            sent = list(_handed_over(connection, self.since, now))
        calls = [call for one in sent for call in clicks_on(one)]
        if calls:
            with write_shop(self.engine) as connection:
                self.made += record(connection, calls).taken
        self.since = now


def _handed_over(connection: Connection, since: datetime, now: datetime) -> Iterator[Sent]:
    asked = case((message.c.journey == REVIEWS, enrolment.c.order_id))
    product = select(func.min(line.c.product_id)).where(line.c.order_id == asked).scalar_subquery()
    columns = (message.c.key, identity.c.value, message.c.purpose, message.c.handed_over_at, body.c.links)
    rows = (
        select(*columns, product, body.c.question)
        .join(body, body.c.message_id == message.c.id)
        .join(enrolment, enrolment.c.id == message.c.enrolment_id)
        .join(identity, identity.c.customer_id == message.c.customer_id)
        .where(identity.c.kind == "user", message.c.channel == "email")
        .where(message.c.handed_over_at > since, message.c.handed_over_at <= now)
        .order_by(message.c.key, identity.c.value)
    )
    for row in connection.execute(rows):
        yield Sent(*row)


def clicks_on(sent: Sent) -> Iterator[Call]:
    """What this customer does with this message, if anything: the same each time."""
    minutes = 2 + int(_SLOWEST * dice("when", sent.key) ** 3)
    if sent.links and dice("click", sent.key) < CLICK:
        link = sent.links[int(dice("link", sent.key) * len(sent.links))]
        yield _call(sent, minutes, "Email Link Clicked", {"email_id": sent.key, "link_url": link})
        if sent.question is not None:
            yield from _answer(sent, sent.question, minutes + 1)
        elif sent.product_id and dice("review", sent.key) < REVIEW:
            rating = 3 + int(dice("rating", sent.key) * 3)
            yield _call(
                sent, minutes + 9, "Product Reviewed", {"product_id": sent.product_id, "rating": rating}
            )
    if sent.purpose == "marketing" and dice("unsubscribe", sent.key) < UNSUBSCRIBE:
        yield _call(sent, minutes + 5, "Unsubscribed", {"email_id": sent.key})


def _answer(sent: Sent, question: dict[str, Any], minutes: int) -> Iterator[Call]:
    if dice("answers", sent.key) >= ANSWER:
        return
    values = [value for value, _ in question["answers"]]
    answer = _drawn(values, dice("answer", sent.key))
    yield _call(sent, minutes, "Survey Answered", {"email_id": sent.key, "answer": answer})
    if answer in (1, 2):
        case = {"ticket_id": f"case-{sent.key[:8]}"}
        yield _call(sent, minutes + 40, "Support Ticket Opened", case)
        yield _call(sent, minutes + 40 + 60 * 50, "Support Ticket Closed", case)


def _drawn(values: list[str | int], drawn: float) -> str | int:
    """One of the answers: stars as they are usually given, others alike."""
    if values != [1, 2, 3, 4, 5]:
        return values[int(drawn * len(values))]
    for stars, edge in enumerate(accumulate(STARS), 1):
        if drawn < edge:
            return stars
    return values[-1]


def _call(sent: Sent, minutes: int, name: str, properties: dict[str, Any]) -> Call:
    at = (sent.at + timedelta(minutes=minutes)).replace(second=0, microsecond=0)
    raw = made_event(sent.user_id, f"{name}-{sent.key}", name, at, properties)
    call = read_call(raw, lateness=_LATENESS)
    assert isinstance(call, Call), call.reason
    return call
