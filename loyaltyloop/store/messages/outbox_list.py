"""The outbox, read: messages and what became of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Table, select

from loyaltyloop.store.messages.untaken import Untaken, untaken
from loyaltyloop.store.models import Customer, LiveJourney, Message

message: Table = Message.__table__  # type: ignore[attr-defined]
customer: Table = Customer.__table__  # type: ignore[attr-defined]
journey: Table = LiveJourney.__table__  # type: ignore[attr-defined]

STATES = (
    "planned",
    "held",
    "claimed",
    "handed_over",
    "refused",
    "unknown",
    "delivered",
    "bounced",
    "complained",
)


@dataclass(frozen=True)
class Wanted:
    """Which messages; `limit`: the newest so many."""

    customer_id: int | None = None
    journey: str | None = None
    state: str | None = None
    limit: int | None = None


@dataclass(frozen=True)
class Listed:
    """A message. `customer` is the first id by which the customer was known; times are UTC."""

    key: str
    customer: str
    journey: str
    step: str
    channel: str
    template: str
    to: str | None
    state: str
    reason: str
    decided_at: datetime
    handed_over_at: datetime | None
    subject: str | None


_COLUMNS = [name for name in Listed.__dataclass_fields__ if name != "customer"]


def list_messages(connection: Connection, wanted: Wanted) -> Iterator[Listed]:
    """The messages, the newest first, streamed."""
    stuck, paused = _stuck(connection), _paused(connection)
    columns = [message.c[name] for name in _COLUMNS]
    found = (
        select(*columns, message.c.due_at, customer.c.key.label("customer"))
        .join(customer, customer.c.id == message.c.customer_id)
        .order_by(message.c.decided_at.desc(), message.c.key)
        .limit(wanted.limit)
    )
    for name in ("customer_id", "journey", "state"):
        if (value := getattr(wanted, name)) is not None:
            found = found.where(message.c[name] == value)
    rows = connection.execution_options(yield_per=1000).execute(found)
    for row in rows:
        values = dict(row._mapping)
        due = values.pop("due_at")
        one, before = Listed(**values), stuck.get(row.channel)
        waits = one.state == "planned" and not one.reason and one.journey not in paused
        if waits and before is not None and due <= before.tried:
            one = replace(one, reason=f"waits behind what {one.channel} did not take: {before.reason}")
        yield one


def _stuck(connection: Connection) -> dict[str, Untaken]:
    """By channel: what its way out did not take at its latest try. What was due by then waits behind it."""
    return {one.channel: one for one in sorted(untaken(connection), key=lambda one: one.tried)}


def _paused(connection: Connection) -> set[str]:
    return set(connection.execute(select(journey.c.name).where(journey.c.state == "paused")).scalars())
