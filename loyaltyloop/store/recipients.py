"""Whom a message was made for: found by the message's key, as links in it name it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, case, select

from loyaltyloop.store.models import Customer, Identity, Message

customer: Table = Customer.__table__  # type: ignore[attr-defined]
identity: Table = Identity.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Recipient:
    """The message's reader, and what of the message matters to whoever answers for them.

    `user_id` or `anonymous_id`: an id that events about them can bear.
    """

    key: str
    journey: str
    purpose: str
    channel: str
    customer_id: int
    zone: str
    user_id: str | None = None
    anonymous_id: str | None = None
    email: str | None = None
    locale: str | None = None
    erased_at: datetime | None = None


def recipient_of(connection: Connection, key: str) -> Recipient | None:
    """The reader of the message with this key, by whatever id they go now; None if it is not known."""
    of_message = (message.c[name] for name in ("key", "journey", "purpose", "channel", "customer_id"))
    of_customer = (customer.c[name] for name in ("zone", "email", "locale", "erased_at"))
    found = connection.execute(
        select(*of_message, *of_customer)
        .join(customer, customer.c.id == message.c.customer_id)
        .where(message.c.key == key)
    ).first()
    if found is None:
        return None
    # Whoever was erased has no id any more, and is told so.
    known = _known_by(connection, found.customer_id) if found.erased_at is None else {}
    return None if known is None else Recipient(**{**found._mapping, **known})


def _known_by(connection: Connection, customer_id: int) -> dict[str, Any] | None:
    """An id of the customer's: a user id, if there is one; always the same."""
    first = case((identity.c.kind == "user", 0), else_=1)
    found = connection.execute(
        select(identity.c.kind, identity.c.value)
        .where(identity.c.customer_id == customer_id)
        .order_by(first, identity.c.value)
        .limit(1)
    ).first()
    return None if found is None else {f"{found.kind}_id": found.value}
