"""Made clicks: after each hand-over some click, a few unsubscribe, some of those asked write a review.

Each by a hash of the message's key.

They come in as any click would: calls of the Segment API, recorded with the time at which they will arrive.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Table, case, func, select

from loyaltyloop.demo.made import dice, made_event
from loyaltyloop.journey.times import Duration
from loyaltyloop.store.database import read, write_shop
from loyaltyloop.store.ingest import record
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
        select(*columns, product)
        .join(body, body.c.message_id == message.c.id)
        .join(enrolment, enrolment.c.id == message.c.enrolment_id)
        .join(identity, identity.c.customer_id == message.c.customer_id)
        .where(identity.c.kind == "user", message.c.handed_over_at > since, message.c.handed_over_at <= now)
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
        if sent.product_id and dice("review", sent.key) < REVIEW:
            rating = 3 + int(dice("rating", sent.key) * 3)
            yield _call(
                sent, minutes + 9, "Product Reviewed", {"product_id": sent.product_id, "rating": rating}
            )
    if sent.purpose == "marketing" and dice("unsubscribe", sent.key) < UNSUBSCRIBE:
        yield _call(sent, minutes + 5, "Unsubscribed", {"email_id": sent.key})


def _call(sent: Sent, minutes: int, name: str, properties: dict[str, Any]) -> Call:
    at = (sent.at + timedelta(minutes=minutes)).replace(second=0, microsecond=0)
    raw = made_event(sent.user_id, f"{name}-{sent.key}", name, at, properties)
    call = read_call(raw, lateness=_LATENESS)
    assert isinstance(call, Call), call.reason
    return call
