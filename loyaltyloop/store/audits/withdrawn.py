"""No message was claimed after its recipient had withdrawn consent to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, and_, func, select

from loyaltyloop.journey.model import Shop
from loyaltyloop.store.among import among
from loyaltyloop.store.audits.audit import Audit, Breach
from loyaltyloop.store.models import ConsentEntry, Customer, Event, Message, Touch

customer: Table = Customer.__table__  # type: ignore[attr-defined]
entry: Table = ConsentEntry.__table__  # type: ignore[attr-defined]
event: Table = Event.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]
touch: Table = Touch.__table__  # type: ignore[attr-defined]
_TOLD = ("Unsubscribed", "Email Marked as Spam", "Consent Withdrawn")
# What arrives is committed seconds later, and only from then on it counts: nearer than this nobody can tell.
SLACK = timedelta(minutes=1)


def _find(connection: Connection, _shop: Shop, _now: datetime) -> Sequence[Breach]:
    """The ledger has each answer by its own time, the events when it arrived, while their customer is there.

    Nothing is shown of erased customers, whose ledger is gone, nor of what went to somebody before it was
    known who they are: two customers who are one since have one ledger. Who was never asked for consent to
    marketing, and has none in the ledger, is a breach, too.
    """
    suspects = _suspects(connection)
    arrived = _arrivals(connection, {row.customer_id for row in suspects})
    merged = merged_at(connection, {row.customer_id for row in suspects})
    found = {}
    for row in suspects:
        known_at = arrived.get((row.customer_id, row.at), row.at)
        apart = merged.get(row.customer_id)
        if known_at + SLACK < row.claimed_at and (apart is None or apart < row.claimed_at):
            found[row.key] = Breach(
                row.key, f"claimed after consent to {row.purpose} by {row.channel} was withdrawn"
            )
    for key in _never_given(connection):
        found.setdefault(key, Breach(key, "claimed without any consent to marketing on record"))
    return [found[key] for key in sorted(found)]


def _never_given(connection: Connection) -> Sequence[str]:
    m, yes = message.c, entry.c
    given = select(yes.id).where(
        yes.customer_id == m.customer_id,
        yes.channel == m.channel,
        yes.purpose == "marketing",
        yes.given,
        yes.at <= m.claimed_at,
    )
    there = select(customer.c.id).where(customer.c.id == m.customer_id, customer.c.erased_at.is_(None))
    marketing = (m.purpose == "marketing", m.channel.in_(("email", "sms", "push")), m.claimed_at.is_not(None))
    return (
        connection.execute(select(m.key).where(*marketing, there.exists(), ~given.exists())).scalars().all()
    )


def _suspects(connection: Connection) -> Sequence[Any]:
    """Messages claimed later than the time of a withdrawal, with nothing given behind it."""
    m, no, yes = message.c, entry.alias(), entry.alias()
    about = and_(no.c.channel == m.channel, no.c.purpose == m.purpose, ~no.c.given)
    again = select(yes.c.id).where(
        yes.c.customer_id == no.c.customer_id,
        yes.c.channel == no.c.channel,
        yes.c.purpose == no.c.purpose,
        yes.c.given,
        yes.c.at > no.c.at,
        yes.c.at <= m.claimed_at,
    )
    chosen = select(m.key, m.customer_id, m.channel, m.purpose, m.claimed_at, no.c.at).join(
        no, and_(no.c.customer_id == m.customer_id, about)
    )
    later = and_(m.claimed_at.is_not(None), no.c.at < m.claimed_at, ~again.exists())
    return connection.execute(chosen.where(later)).all()


def _arrivals(connection: Connection, customers: set[int]) -> dict[tuple[int, datetime], datetime]:
    """(Customer, time of a withdrawal as the ledger has it) → when it arrived, the first time."""
    chosen = select(event.c.customer_id, event.c.at, event.c.arrived_at).where(
        among(connection, event.c.customer_id, sorted(customers)), event.c.name.in_(_TOLD)
    )
    found: dict[tuple[int, datetime], datetime] = {}
    for row in connection.execute(chosen):
        place = (row.customer_id, min(row.at, row.arrived_at))
        found[place] = min(found.get(place, row.arrived_at), row.arrived_at)
    return found


def merged_at(connection: Connection, customers: set[int]) -> dict[int, datetime]:
    """When these customers were last found to be somebody else, too."""
    chosen = (
        select(touch.c.customer_id, func.max(event.c.arrived_at).label("at"))
        .join(event, event.c.seq == touch.c.seq - 1)  # a merge is numbered right behind its event
        .where(touch.c.cause == "merged", among(connection, touch.c.customer_id, sorted(customers)))
        .group_by(touch.c.customer_id)
    )
    return {row.customer_id: row.at for row in connection.execute(chosen)}


AUDIT = Audit("withdrawn", "nothing is claimed after consent to it was withdrawn", _find)
