"""Withdrawals of consent that are on record and that no turn has applied yet.

A turn applies what has arrived by its `now` and sees nothing later, but no message may be claimed for
hand-over after a withdrawal was committed: the claim asks for these. They are whose applying will say
they are, so what tells that two ids are one customer's is looked at, too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, func, or_, select

from loyaltyloop.store.among import among
from loyaltyloop.store.consents import consent
from loyaltyloop.store.consents.consent import ANSWERS, CSV, WITHDRAWALS, Answer
from loyaltyloop.store.events.setting_aside import stands_aside
from loyaltyloop.store.events.touched import not_applied
from loyaltyloop.store.models import Event, Identity
from loyaltyloop.store.people import people
from loyaltyloop.store.people.customers import Person
from loyaltyloop.store.people.identity import Id, ids_of, survivor_of

event: Table = Event.__table__  # type: ignore[attr-defined]
identity: Table = Identity.__table__  # type: ignore[attr-defined]
_ANSWERS = or_(
    event.c.name.in_((*ANSWERS, *WITHDRAWALS)), and_(event.c.type == "identify", event.c.source == CSV)
)
# What nobody could make out links nothing; but a withdrawal is one.
_LINKS = and_(
    or_(event.c.type == "alias", and_(event.c.type == "identify", event.c.anonymous_id.is_not(None))),
    ~stands_aside(),
)
_IDS = [event.c[name] for name in ("id", "type", "user_id", "anonymous_id", "previous_id")]
_NAMED = ("user_id", "anonymous_id", "previous_id")
# Customer, channel, purpose.
Withdrawn = tuple[int, str, str]


def newest_event(connection: Connection) -> int:
    """The id of the newest event on record; 0 if there is none. Ids follow the order of commits."""
    return connection.execute(select(func.max(event.c.id))).scalar() or 0


def withdrawn_meanwhile(connection: Connection, customers: Collection[int], since: int) -> set[Withdrawn]:
    """What these customers have withdrawn once all is applied that was recorded after the event `since`.

    Of those whom nothing of it concerns nothing is told. What was recorded before is applied by now, or
    arrives later: then a history is being walked, and it has not happened yet.
    """
    ids = _ids(connection, among(connection, identity.c.customer_id, customers))
    rows = _concerning(connection, ids, since)
    if not rows:
        return set()
    folk = people.load(connection, rows)
    known = {person.id: person for person in folk.by_key.values() if person.id is not None}
    said = [(known[who], answer) for who, answer in consent.present(connection, known)]
    for row in rows:  # as they will be applied
        person = folk.whose(row)
        said += [(person, answer) for answer in consent.answers(row)]
    return set(_withdrawn(known, said))


def concerning(connection: Connection, ids: set[Id]) -> Sequence[Row[Any]]:
    """Waiting events that answer for, or link, who is known by these ids, in their order."""
    return _concerning(connection, ids, 0)


def _withdrawn(known: dict[int, Person], said: Sequence[tuple[Person, Answer]]) -> list[Withdrawn]:
    """By each id that a customer has now, whoever that will be."""
    latest = consent.latest((survivor_of(person), answer) for person, answer in said)
    refused = [(person, answer) for person, answer in latest if not answer.given]
    return [
        (number, answer.channel, answer.purpose)
        for person, answer in refused
        for number, one in known.items()
        if survivor_of(one) is person
    ]


def _waiting(connection: Connection, since: int, ids: set[Id]) -> Sequence[Row[Any]]:
    """Events that answer or link and name one of these, of whichever kind; without what they say."""
    values = sorted({value for _, value in ids})
    named = or_(*(among(connection, event.c[name], values) for name in _NAMED))
    waiting = (not_applied(since), or_(_ANSWERS, _LINKS), named)
    return connection.execute(select(*_IDS).where(*waiting)).all()


def _concerning(connection: Connection, ids: set[Id], since: int) -> Sequence[Row[Any]]:
    """Those recorded after `since` that concern who has these ids, also by way of each other, in their order.

    Few of those that wait concern the customers of one claim: the others stay where they are.
    """
    found: set[int] = set()
    asked: set[Id] = set()
    while fresh_ids := ids - asked:
        asked |= fresh_ids
        rows = _waiting(connection, since, fresh_ids)
        fresh = [row for row in rows if row.id not in found and not ids.isdisjoint(ids_of(row))]
        found.update(row.id for row in fresh)
        named = {one for row in fresh for one in ids_of(row)}
        if named:
            ids = ids | named | _ids(connection, identity.c.customer_id.in_(_owners(connection, named)))
    if not found:
        return ()
    chosen = select(event).where(among(connection, event.c.id, found))
    return connection.execute(chosen.order_by(event.c.arrived_at, event.c.id)).all()


def _ids(connection: Connection, whose: ColumnElement[bool]) -> set[Id]:
    rows = connection.execute(select(identity.c.kind, identity.c.value).where(whose))
    return {(row.kind, row.value) for row in rows}


def _owners(connection: Connection, ids: set[Id]) -> Any:
    """A select of the customers who have these ids, of either kind: too many are no harm."""
    kinds = identity.c.kind.in_(("user", "anonymous"))  # the index begins with it
    values = among(connection, identity.c.value, sorted({value for _, value in ids}))
    return select(identity.c.customer_id).where(kinds, values)
