"""Who is meant: the customers that are one person, by all ids that are theirs, applied or not."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, Table, select

from loyaltyloop.errors import UserError
from loyaltyloop.store.among import among
from loyaltyloop.store.consents import withdrawals
from loyaltyloop.store.models import Customer, Event, Identity
from loyaltyloop.store.people import people
from loyaltyloop.store.people.identity import Id, survivor_of
from loyaltyloop.store.people.lookup import find_customer

customer: Table = Customer.__table__  # type: ignore[attr-defined]
event: Table = Event.__table__  # type: ignore[attr-defined]
identity: Table = Identity.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Subject:
    """A person: rows of `customer`, and ids. Without rows nothing of what is known of them is applied yet."""

    customers: frozenset[int]
    ids: frozenset[Id]


def subject_named(connection: Connection, named: str) -> Subject:
    """The person of this id or address. UserError if there is not just one, or if they were erased."""
    try:
        found = find_customer(connection, named)
    except UserError:
        ids = _waiting_ids(connection, named)
        if not ids:
            raise
        return subject_of(connection, ids)
    if connection.execute(select(customer.c.erased_at).where(customer.c.id == found)).scalar() is not None:
        raise UserError(f"The customer {named!r} was erased: nothing is left to tell.")
    return subject_of(connection, (), {found})


def subject_of(connection: Connection, ids: Iterable[Id], customers: Collection[int] = ()) -> Subject:
    """The person with these ids, or of these rows; with what waiting events say that they are, too."""
    given = set(ids)
    whose = set(customers) | _owners(connection, given)
    given |= _ids_of(connection, whose)
    rows = withdrawals.concerning(connection, given)
    folk = people.load(connection, rows)
    loaded = {person.id: person for person in folk.by_key.values() if person.id is not None}
    for row in rows:  # as they will be applied
        folk.whose(row)
    mine = {survivor_of(loaded[one]) for one in whose if one in loaded}
    if not whose:
        mine = {found for each in given if (found := folk.find(each)) is not None}
    whose |= {number for number, person in loaded.items() if survivor_of(person) in mine}
    also = {each for each, person in folk.by_id.items() if survivor_of(person) in mine}
    return Subject(frozenset(whose), frozenset(given | also | _ids_of(connection, whose)))


def _owners(connection: Connection, ids: set[Id]) -> set[int]:
    named = among(connection, identity.c.value, sorted({value for _, value in ids}))
    rows = connection.execute(select(identity).where(named, identity.c.kind.in_(("user", "anonymous"))))
    return {row.customer_id for row in rows if (row.kind, row.value) in ids}


def _ids_of(connection: Connection, customers: set[int]) -> set[Id]:
    rows = connection.execute(select(identity).where(among(connection, identity.c.customer_id, customers)))
    return {(row.kind, row.value) for row in rows}


def _waiting_ids(connection: Connection, named: str) -> list[Id]:
    """An id that is named by events that no turn has applied yet; by address where an `identify` tells it."""
    waiting = select(event).where(event.c.seq.is_(None))
    for kind, column in (("user", event.c.user_id), ("anonymous", event.c.anonymous_id)):
        if connection.execute(waiting.where(column == named).limit(1)).first() is not None:
            return [("user" if kind == "user" else "anonymous", named)]
    for row in connection.execute(waiting.where(event.c.type == "identify")):
        if str(row.properties.get("email", "")).lower() == named.lower():
            if row.user_id is not None:
                return [("user", row.user_id)]
            return [("anonymous", row.anonymous_id)]
    return []
