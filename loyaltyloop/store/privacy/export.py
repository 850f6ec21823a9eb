"""Everything about a person as one document, as `parts` declares it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select

from loyaltyloop.store.consents.suppression import ledger_of
from loyaltyloop.store.privacy.parts import PARTS, Part
from loyaltyloop.store.privacy.subject import Subject
from loyaltyloop.store.privacy.whose import rows_of

FORMAT = "loyalty-loop personal data 1"
# Part → the column of it, and that of the part within which it stands, which lead from one to the other.
_LINKS = {
    "visits": ("enrolment_id", "id"),
    "kept": ("enrolment_id", "id"),
    "what_was_sent": ("message_id", "id"),
    "lines": ("order_id", "order_id"),
}
_ORDER = ("at", "ordered_at", "entered_at", "decided_at", "asked_at", "arrived_at")
Row = Mapping[str, Any]


def export(connection: Connection, subject: Subject, now: datetime) -> dict[str, Any]:
    """All that is on record about this person, as JSON values. Times are UTC, money is in minor units."""
    found = {part.name: _rows(connection, part, subject) for part in PARTS}
    within = {name: _grouped(found[name], mine) for name, (mine, _) in _LINKS.items()}
    document: dict[str, Any] = {"format": FORMAT, "exported_at": _plain(now)}
    for part in PARTS:
        if not part.inside:
            document[part.name] = [_told(part, row, within) for row in found[part.name]]
    document["addresses_suppressed"] = list(_suppressed(connection, found["customer"]))
    return document


def _suppressed(connection: Connection, customers: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """Why nothing is sent to an address of theirs, or was not: the ledger itself names no address."""
    for row in customers:
        for channel, address in (("email", row["email"]), ("sms", row["sms_number"])):
            for line in ledger_of(connection, channel, address) if address else ():
                said = {"reason": line.reason, "stops": line.stops, "at": _plain(line.at)}
                yield {"channel": channel, "address": address, **said}


def _rows(connection: Connection, part: Part, subject: Subject) -> list[Row]:
    rows = connection.execute(select(part.table).where(rows_of(connection, part, subject)))
    names = [name for name in (*_ORDER, *part.table.primary_key.columns.keys()) if name in part.table.c]
    found = [dict(row._mapping) for row in rows]
    return sorted(found, key=lambda row: tuple((row[name] is None, _place(row[name])) for name in names))


def _place(value: Any) -> Any:
    return f"{value:020}" if isinstance(value, int) else str(value)


def _grouped(rows: Iterable[Row], column: str) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[column]].append(row)
    return groups


def _told(part: Part, row: Row, within: Mapping[str, Mapping[Any, list[Row]]]) -> dict[str, Any]:
    told = {name: _plain(value) for name, value in row.items() if name not in part.untold}
    for inner in PARTS:
        if inner.inside == part.name:
            _, theirs = _LINKS[inner.name]
            rows = within[inner.name].get(row[theirs], ())
            told[inner.name] = [_told(inner, one, within) for one in rows]
    return told


def _plain(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case _:
            return value  # JSON columns hold JSON values
