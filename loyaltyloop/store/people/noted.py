"""What is on record of a customer beside journeys: consent, choices, ids that are one person, and loyalty."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, Table, func, select

from loyaltyloop.store.consents.consent import CHANNELS, entry
from loyaltyloop.store.loyalty.telling import told_of
from loyaltyloop.store.models import Event

event: Table = Event.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Noted:
    """Something that was said of a customer, at its own time (UTC).

    `kind`: `consent` and `choice`, about what, whether it is wished, how it was said, and the wording shown;
    `same`: `about` is another id of theirs, told by an alias or an identify (`how`);
    `loyalty`: `about` says it in words.
    """

    at: datetime
    kind: Literal["consent", "choice", "same", "loyalty"]
    about: str
    given: bool
    how: str
    wording: str | None = None


def noted_of(connection: Connection, customer_id: int) -> tuple[Noted, ...]:
    """All of it, the oldest first."""
    found = [*_said(connection, customer_id), *_known_as(connection, customer_id)]
    found += [Noted(at, "loyalty", text, True, "") for at, text in told_of(connection, customer_id)]
    return tuple(sorted(found, key=lambda one: one.at))


def _said(connection: Connection, customer_id: int) -> Iterator[Noted]:
    mine = select(entry).where(entry.c.customer_id == customer_id).order_by(entry.c.at, entry.c.id)
    for row in connection.execute(mine):
        if row.channel in CHANNELS:
            yield Noted(row.at, "consent", f"{row.purpose} by {row.channel}", row.given, row.how, row.wording)
        else:
            about = f"{row.channel} {row.purpose}".strip()
            yield Noted(row.at, "choice", about, row.given, row.how, row.wording)


def _known_as(connection: Connection, customer_id: int) -> Iterator[Noted]:
    """Each other id once, when it was first told."""
    e = event.c
    told = func.coalesce(e.previous_id, e.anonymous_id)
    both = e.type.in_(("alias", "identify")), e.user_id.is_not(None), told.is_not(None), e.name == ""
    mine = select(told.label("other"), e.type, func.min(e.at).label("at")).where(
        e.customer_id == customer_id, *both
    )
    for row in connection.execute(mine.group_by(told, e.type).order_by(told, e.type)):
        yield Noted(row.at, "same", row.other, True, row.type)
