"""Customers and their ids: read for a chunk of events, and written again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, delete, exists, func, select, text

from loyaltyloop.journey.model import Shop
from loyaltyloop.store import bulk
from loyaltyloop.store.database import is_postgres
from loyaltyloop.store.models import Customer, CustomerDate, Identity, MergedCustomer
from loyaltyloop.store.people.customers import READERS, Person
from loyaltyloop.store.people.identity import Id, Identified, People, ids_of, survivor_of
from loyaltyloop.store.people.phones import phone_of
from loyaltyloop.store.privacy.tombstones import erased_keys

customer: Table = Customer.__table__  # type: ignore[attr-defined]
identity: Table = Identity.__table__  # type: ignore[attr-defined]
dates: Table = CustomerDate.__table__  # type: ignore[attr-defined]
former: Table = MergedCustomer.__table__  # type: ignore[attr-defined]

_READ = [*READERS, "attributes", "stamps", "first_seen_at", "last_seen_at"]
_WRITE = [*_READ, "sms_number", "zone", "zone_from"]
# Facts of somebody of whom nothing is known yet.
_NEW: Mapping[str, Any] = {"orders": 0, "lifetime_value": 0, "points": 0, "open_cases": 0}
_BLANK = {"often": "normal"}  # what a column holds that is never without a value
_FOLLOW = text("SELECT setval(pg_get_serial_sequence('customer', 'id'), :newest)")


def load(connection: Connection, events: Iterable[Identified]) -> People:
    """All customers that these events can concern."""
    wanted_ids = {one for event in events for one in ids_of(event)}
    wanted = bulk.fill_temporary(connection, "wanted_identity", {"kind": str, "value": str}, wanted_ids)
    same = (identity.c.kind == wanted.c.kind) & (identity.c.value == wanted.c.value)
    links = connection.execute(select(identity).join(wanted, same)).all()
    keys = connection.execute(select(customer.c.id).join(wanted, wanted.c.value == customer.c.key)).scalars()
    persons = _persons(connection, {row.customer_id for row in links} | set(keys))
    retired = connection.execute(select(former.c.key).join(wanted, wanted.c.value == former.c.key)).scalars()
    erased = erased_keys(connection, {value for _, value in wanted_ids})

    def is_taken(key: str) -> bool:
        held = (select(table.c.key).where(table.c.key == key) for table in (customer, former))
        taken = any(connection.execute(by).first() is not None for by in held)
        return taken or bool(erased_keys(connection, {key}))

    return People(
        retired=erased.union(retired),
        is_taken=is_taken,
        by_id={(row.kind, row.value): persons[row.customer_id] for row in links},
        by_key={person.key: person for person in persons.values()},
    )


def _persons(connection: Connection, ids: Iterable[int]) -> dict[int, Person]:
    wanted = bulk.fill_temporary(connection, "wanted_customer", {"id": int}, ((one,) for one in ids))
    known = exists().where(identity.c.customer_id == customer.c.id, identity.c.kind == "user")
    columns = (customer.c.id, customer.c.key, customer.c.erased_at, *(customer.c[name] for name in _READ))
    rows = connection.execute(
        select(*columns, known.label("known")).join(wanted, wanted.c.id == customer.c.id)
    )
    return {row.id: _person(row._mapping) for row in rows}


def _person(row: Mapping[Any, Any]) -> Person:
    return Person(
        key=row["key"],
        id=row["id"],
        known=bool(row["known"]),
        erased=row["erased_at"] is not None,
        columns={name: row[name] for name in READERS},
        attributes=dict(row["attributes"] or {}),
        stamps=dict(row["stamps"] or {}),
        first_seen_at=row["first_seen_at"],
        last_seen_at=row["last_seen_at"],
    )


def number(connection: Connection, persons: Iterable[Person]) -> list[Person]:
    """Give those who are new an id; who they are. Under the shop-wide lock nobody else hands out any."""
    new = [person for person in persons if person.id is None and person.merged_into is None]
    if new:
        newest = _newest_id(connection)
        for newest, person in enumerate(new, newest + 1):  # noqa: B020
            person.id = newest
        if is_postgres(connection):
            connection.execute(_FOLLOW, {"newest": newest})
    return new


def _newest_id(connection: Connection) -> int:
    """The highest id that anybody has or had."""
    newest = (connection.execute(select(func.max(table.c.id))).scalar() or 0 for table in (customer, former))
    return max(newest)


def retire(connection: Connection, merged: Iterable[Person]) -> None:
    """Remember the keys and ids of customers who were merged, so that nobody else is given them."""
    bulk.insert_rows(connection, former, ["key", "id"], ((person.key, person.id) for person in merged))


def write(connection: Connection, new: Sequence[Person], changed: Sequence[Person], shop: Shop) -> None:
    """Insert who is new, and update who is not and has changed."""
    columns = ["id", "key", *_WRITE, *_NEW]
    rows = ((person.id, person.key, *_row(person, shop), *_NEW.values()) for person in new)
    bulk.insert_rows(connection, customer, columns, rows)
    bulk.update_rows(
        connection, customer, "id", _WRITE, ((person.id, *_row(person, shop)) for person in changed)
    )
    _write_dates(connection, [person for person in (*new, *changed) if person.dates_changed], shop)


def _row(person: Person, shop: Shop) -> tuple[Any, ...]:
    own = (person.columns.get(name, _BLANK.get(name)) for name in READERS)
    rest = (person.attributes, person.stamps, person.first_seen_at, person.last_seen_at)
    phone = phone_of(person.columns.get("phone"), person.columns.get("country"), shop.country)
    return (*own, *rest, phone.number, *person.zone(shop.timezone))


def _write_dates(connection: Connection, persons: Sequence[Person], shop: Shop) -> None:
    if not persons:
        return
    whose = ((person.id,) for person in persons)
    changed = bulk.fill_temporary(connection, "changed_dates", {"id": int}, whose)
    connection.execute(delete(dates).where(dates.c.customer_id.in_(select(changed.c.id))))
    rows = [
        (person.id, name, day.month * 100 + day.day, day.year)
        for person in persons
        for name, day in person.dates(shop.timezone)
    ]
    bulk.insert_rows(connection, dates, ["customer_id", "attribute", "month_day", "year"], rows)


def write_ids(connection: Connection, linked: Mapping[Id, Person]) -> None:
    """Write which id is whose now."""
    rows = [(kind, value, survivor_of(person).id) for (kind, value), person in linked.items()]
    bulk.upsert_rows(connection, identity, ["kind", "value"], ["kind", "value", "customer_id"], rows)
