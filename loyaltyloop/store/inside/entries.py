"""The queue of those who are started by hand; they enter in the journey's next turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from loyaltyloop.errors import UserError
from loyaltyloop.journey.model import Enter, Journey
from loyaltyloop.store.canonical import LONGEST_ID
from loyaltyloop.store.live.versions import journey_table, load_newest
from loyaltyloop.store.models import Customer, Enrolment, Entry
from loyaltyloop.store.people.lookup import find_customer

customer: Table = Customer.__table__  # type: ignore[attr-defined]
entry: Table = Entry.__table__  # type: ignore[attr-defined]
enrolment: Table = Enrolment.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Queued:
    """Who waits to enter now, and who had been started with the same id before."""

    queued: tuple[str, ...]
    known: tuple[str, ...]


def queue_by_hand(
    connection: Connection,
    journey: str,
    customers: Sequence[str],
    id: str,
    now: datetime,
    trigger: Mapping[str, Any] | None = None,
) -> Queued:
    """Let these customers (user ids, or addresses) enter in the next turn; the same `id` once only.

    `connection`: one of `write_beside`, so that nobody is merged meanwhile.
    `trigger` stands for the properties of an event. UserError, and nobody is queued, if a customer is
    unknown, if the journey is not live, or if the property is missing that it enters people by.
    """
    live = load_newest(connection, journey).journey
    state = connection.execute(select(journey_table.c.state).where(journey_table.c.name == journey)).scalar()
    if state == "retired":
        raise UserError(f"The journey {journey!r} was taken away: nobody enters it any more.")
    per = _one_per(live, trigger or {})
    people = {named: find_customer(connection, named) for named in dict.fromkeys(customers)}
    _refuse_erased(connection, people)
    known = [named for named, one in people.items() if _known(connection, journey, one, id, per)]
    queued = [named for named in people if named not in known]
    for named in queued:
        row = {"journey": journey, "customer_id": people[named], "at": now, "one_per": per}
        words = {"trigger": dict(trigger or {}), "cause": "hand", "state": "queued", "reason": ""}
        connection.execute(insert(entry).values(occurrence=id, **row, **words))
    return Queued(tuple(queued), tuple(known))


def _refuse_erased(connection: Connection, people: Mapping[str, int]) -> None:
    for named, one in people.items():
        erased = select(customer.c.id).where(customer.c.id == one, customer.c.erased_at.is_not(None))
        if connection.execute(erased).first() is not None:
            raise UserError(f"The customer {named!r} was erased: nobody is there to be started.")


def one_per(enter: Enter, trigger: Mapping[str, Any]) -> str | None:
    """What there is one enrolment for, told by what one enters by; None: no value to enter by."""
    if enter.one_per == "customer":
        return ""
    value = trigger.get(enter.one_per)
    if value is None or isinstance(value, dict | list):
        return None
    text = str(value)
    return text if len(text) <= LONGEST_ID else None


def _one_per(journey: Journey, trigger: Mapping[str, Any]) -> str:
    name, found = journey.enter.one_per, one_per(journey.enter, trigger)
    if found is None or (name != "customer" and not found):
        raise UserError(
            f"{journey.name!r} takes one for each {name}: say which, for example --with {name}=1001; "
            f"it may have {LONGEST_ID} characters."
        )
    return found


def _known(connection: Connection, journey: str, customer_id: int, id: str, one_per: str) -> bool:
    for table in (entry, enrolment):
        mine = (table.c.journey == journey, table.c.customer_id == customer_id, table.c.one_per == one_per)
        if connection.execute(select(table.c.id).where(*mine, table.c.occurrence == id)).first():
            return True
    return False
