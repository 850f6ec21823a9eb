"""What one customer wants: consents, how often, topics; with what was just said and is not applied yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, select

from loyaltyloop.journey.routes import PREFERRED as PREFERRED_CHANNEL
from loyaltyloop.store.consents import consent
from loyaltyloop.store.consents.consent import Answer
from loyaltyloop.store.messages.addressees import Recipient
from loyaltyloop.store.models import Customer, Event
from loyaltyloop.store.people.customers import PREFERRED, Person

customer: Table = Customer.__table__  # type: ignore[attr-defined]
event: Table = Event.__table__  # type: ignore[attr-defined]
_COLUMNS = ("birthday", "often", "paused_until")


@dataclass(frozen=True)
class Wishes:
    """What a customer wants. `consents`: the answers on record, by (channel, purpose); `often`: less, normal
    or pause, which ends at `paused_until` (UTC); `has_birthday`: one is on record; `channel`: the one
    by which they like to hear best, None: no matter which.
    """

    consents: Mapping[tuple[str, str], bool]
    often: str = "normal"
    paused_until: datetime | None = None
    topics_off: frozenset[str] = frozenset()
    has_birthday: bool = False
    channel: str | None = None


def wishes_of(connection: Connection, recipient: Recipient, source: str) -> Wishes:
    """What they want once all is applied that came from this source; of others, what is applied by now."""
    person, answers = _person(connection, recipient), _present(connection, recipient)
    for row in _waiting(connection, recipient, source):
        answers += consent.answers(row)
        if row.type == "identify":
            person.learn(row.properties, row.at, row.arrived_at.date())
        elif row.name == PREFERRED:
            person.prefer(row.properties, row.at)
    topics, channel = (person.attributes.get(name) for name in ("topics_off", PREFERRED_CHANNEL))
    return Wishes(
        consents={
            (one.channel, one.purpose): one.given
            for _, one in consent.latest((recipient.key, each) for each in answers)
        },
        often=person.columns["often"],
        paused_until=person.columns["paused_until"],
        topics_off=frozenset(topics if isinstance(topics, list) else ()),
        has_birthday=person.columns["birthday"] is not None,
        channel=next((one for one in consent.CHANNELS if one == channel), None),
    )


def _person(connection: Connection, recipient: Recipient) -> Person:
    names = ("attributes", "stamps", *_COLUMNS)
    chosen = select(*(customer.c[name] for name in names)).where(customer.c.id == recipient.customer_id)
    row = connection.execute(chosen).one()
    return Person(
        key=recipient.key,
        columns={name: row._mapping[name] for name in _COLUMNS},
        attributes=dict(row.attributes or {}),
        stamps=dict(row.stamps or {}),
    )


def _present(connection: Connection, recipient: Recipient) -> list[Answer]:
    mine = consent.consent.c.customer_id == recipient.customer_id
    rows = connection.execute(select(consent.consent).where(mine))
    return [Answer(row.channel, row.purpose, row.given, row.at, "") for row in rows]


def _waiting(connection: Connection, recipient: Recipient, source: str) -> Sequence[Row[Any]]:
    """What they said there and no turn has applied, in the order of arrival."""
    known, device = recipient.user_id, recipient.anonymous_id
    theirs = event.c.user_id == known if known is not None else event.c.anonymous_id == device
    waiting = select(event).where(event.c.seq.is_(None), event.c.source == source, theirs)
    return connection.execute(waiting.order_by(event.c.arrived_at, event.c.id)).all()
