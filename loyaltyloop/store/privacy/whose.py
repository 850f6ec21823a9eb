"""Which rows of each part are about a person."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, or_, select

from loyaltyloop.store import models
from loyaltyloop.store.among import among
from loyaltyloop.store.importing.customer_rows import ROW, SAID
from loyaltyloop.store.privacy.parts import Part
from loyaltyloop.store.privacy.subject import Subject

enrolment: Table = models.Enrolment.__table__  # type: ignore[attr-defined]
event: Table = models.Event.__table__  # type: ignore[attr-defined]
imported: Table = models.Imported.__table__  # type: ignore[attr-defined]
message: Table = models.Message.__table__  # type: ignore[attr-defined]
Bool = ColumnElement[bool]


def rows_of(connection: Connection, part: Part, subject: Subject) -> Bool:
    """Which rows of this part's table are about this person."""
    columns: Any = part.table.c
    match part.by:
        case "id":
            return among(connection, columns.id, subject.customers)
        case "customer_id":
            mine = among(connection, columns.customer_id, subject.customers)
            return or_(mine, waiting(connection, subject)) if part.table is event else mine
        case "enrolment_id":
            return _of(columns.enrolment_id, _theirs(connection, enrolment, subject))
        case "message_id":
            return _of(columns.message_id, _theirs(connection, message, subject))
        case "key":
            return _by_key(connection, part.table, subject)


def waiting(connection: Connection, subject: Subject) -> Bool:
    """Events that are theirs by the ids that they name, and that no turn has applied yet."""
    users = sorted(value for kind, value in subject.ids if kind == "user")
    devices = sorted(value for kind, value in subject.ids if kind == "anonymous")
    by_device = and_(event.c.user_id.is_(None), among(connection, event.c.anonymous_id, devices))
    return and_(event.c.seq.is_(None), or_(among(connection, event.c.user_id, users), by_device))


def keys_of(subject: Subject) -> set[str]:
    """Every key that a customer with one of these ids may have been given (`identity.People` does)."""
    ids = subject.ids
    return {value for _, value in ids} | {f"{kind}:" * n + value for kind, value in ids for n in (1, 2, 3)}


def _of(column: ColumnElement[int], ids: Any) -> Bool:
    return column.in_(ids)


def _theirs(connection: Connection, table: Table, subject: Subject) -> Any:
    return select(table.c.id).where(among(connection, table.c.customer_id, subject.customers))


def _by_key(connection: Connection, table: Table, subject: Subject) -> Bool:
    if table is imported:
        users = sorted(value for kind, value in subject.ids if kind == "user")
        return and_(imported.c.kind.in_((ROW, SAID)), among(connection, imported.c.key, users))
    return among(connection, table.c.key, sorted(keys_of(subject)))
