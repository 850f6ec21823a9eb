"""The ledger of consent of one person, to be read and to be added to by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from loyaltyloop.errors import UserError
from loyaltyloop.store.among import among
from loyaltyloop.store.consents.consent import consent, entry
from loyaltyloop.store.consents.withdrawals import withdrawn_meanwhile
from loyaltyloop.store.events.ingest import record
from loyaltyloop.store.privacy.subject import Subject
from loyaltyloop.store.segment import Call

BY_HAND = "by hand"


@dataclass(frozen=True)
class Present:
    """What holds now, and since when (UTC). `waiting`: a withdrawal that the next turn writes down."""

    channel: str
    purpose: str
    given: bool
    at: datetime
    waiting: bool = False


@dataclass(frozen=True)
class Line:
    """One answer: about what, when (UTC), how it was given, and the wording shown, where one was."""

    channel: str
    purpose: str
    given: bool
    at: datetime
    how: str
    wording: str | None


def present(connection: Connection, subject: Subject) -> list[Present]:
    """The present answers. None: nobody has asked, which is no consent to marketing."""
    mine = among(connection, consent.c.customer_id, subject.customers)
    chosen = select(consent).where(mine).order_by(consent.c.channel, consent.c.purpose)
    withdrawn = withdrawn_meanwhile(connection, subject.customers, 0)
    found = []
    for row in connection.execute(chosen).all():
        waiting = bool(row.given) and (row.customer_id, row.channel, row.purpose) in withdrawn
        found.append(Present(row.channel, row.purpose, row.given and not waiting, row.at, waiting))
    return found


def lines(connection: Connection, subject: Subject) -> list[Line]:
    """Everything that was ever answered, the oldest first."""
    mine = among(connection, entry.c.customer_id, subject.customers)
    rows = connection.execute(select(entry).where(mine).order_by(entry.c.at, entry.c.id))
    return [Line(row.channel, row.purpose, row.given, row.at, row.how, row.wording) for row in rows]


def withdraw(connection: Connection, subject: Subject, channel: str, purpose: str, now: datetime) -> None:
    """Record that they withdraw, as of now: it counts from the commit on. UserError for nobody."""
    ids = sorted(subject.ids, key=lambda one: (one[0] != "user", one[1]))
    if not ids:
        raise UserError("There is nobody to withdraw for.")
    (kind, value), *_ = ids
    call = Call(
        source=BY_HAND,
        message_id=f"{channel} {purpose} {value} {now.isoformat()}",
        type="track",
        name="Consent Withdrawn",
        user_id=value if kind == "user" else None,
        anonymous_id=None if kind == "user" else value,
        previous_id=None,
        at=now,
        arrived_at=now,
        properties={"channel": channel, "purpose": purpose},
    )
    record(connection, [call])
