"""A small made-up shop for tests of what is live: its files, and people placed where a test needs them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Table, insert, select

from loyaltyloop.journey.reading.reader import Reading, read_project
from loyaltyloop.store.database import read
from loyaltyloop.store.live import changes
from loyaltyloop.store.live.change import Change
from loyaltyloop.store.models import Customer, Enrolment, Message, Visit

customer: Table = Customer.__table__  # type: ignore[attr-defined]
enrolment: Table = Enrolment.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]
visit: Table = Visit.__table__  # type: ignore[attr-defined]

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHOP = """\
shop: Sample Shop
timezone: Europe/London
currency: GBP
country: GB
sender: {name: Sample Shop, email: hello@shop.example, postal_address: 1 Sample Street}
segments:
  british: {customer: {country: GB}}
"""
WELCOME = """\
journey: welcome
about: Welcome new customers.
enter: {event: Signed Up}
steps:
  - send: hello
    template: welcome/hello
  - wait: 2 days
  - send: picks
    template: welcome/picks
"""
TEMPLATES = {
    "templates/welcome/hello.html": "Hello {{ customer.first_name }}",
    "templates/welcome/picks.html": "Picked for you",
}


def reading(welcome: str = WELCOME, extra: Mapping[str, str | None] | None = None) -> Reading:
    """The shop's files, read; `extra` replaces or adds files, None takes one away."""
    found: dict[str, str | None] = {"journeys/shop.yaml": SHOP, "journeys/welcome.yaml": welcome, **TEMPLATES}
    found |= extra or {}
    return read_project({path: text for path, text in found.items() if text is not None})


def place(connection: Connection, step: str, people: int, version: int = 1, **values: Any) -> list[int]:
    """So many new customers who stand at this step of `welcome`; the enrolments' ids."""
    ids = []
    for number in range(people):
        row = {
            "journey": "welcome",
            "version": version,
            "customer_id": new_customer(connection, f"{step}.{version}.{number}"),
            "customer_key": f"{step}.{version}.{number}",
            "one_per": "",
            "occurrence": "",
            "entered_at": NOW,
            "enrolled_at": NOW,
            "trigger": {},
            "held_out": False,
            "step": step,
            "state": "ready",
            "arrived_at": NOW,
            **values,
        }
        ids.append(_insert(connection, enrolment, row))
    return ids


def _insert(connection: Connection, table: Table, row: dict[str, Any]) -> int:
    return int(connection.execute(insert(table).values(row).returning(table.c.id)).scalar_one())


def new_customer(connection: Connection, key: str, **values: Any) -> int:
    """A customer of whom nothing is known but what is given; the id."""
    row = {"key": key, "attributes": {}, "stamps": {}, "tags": [], "zone": "Europe/London"}
    facts = {"often": "normal", "orders": 0, "lifetime_value": 0, "points": 0, "open_cases": 0}
    return _insert(connection, customer, {**row, "zone_from": "shop", **facts, **values})


def visited(connection: Connection, enrolment_id: int, *steps: str) -> None:
    """The enrolment has been through these steps."""
    for step in steps:
        row = {"enrolment_id": enrolment_id, "step": step, "arrived_at": NOW, "left_at": NOW}
        connection.execute(insert(visit).values(path="", why="", **row))


def planned(connection: Connection, enrolment_id: int, step: str, **values: Any) -> str:
    """A message of this step that has not left; its key."""
    key = f"key-{enrolment_id}-{step}"
    whose = select(enrolment.c.customer_id).where(enrolment.c.id == enrolment_id)
    row = {
        "key": key,
        "enrolment_id": enrolment_id,
        "customer_id": connection.execute(whose).scalar_one(),
        "journey": "welcome",
        "version": 1,
        "step": step,
        "channel": "email",
        "purpose": "marketing",
        "template": f"welcome/{step}",
        "priority": 50,
        "entered_at": NOW,
        "decided_at": NOW,
        "due_at": NOW + timedelta(hours=1),
        "expires_at": NOW + timedelta(days=3),
        "state": "held",
        "reason": "",
        **values,
    }
    connection.execute(insert(message).values(row))
    return key


def standing(connection: Connection) -> list[tuple[int, str, str, int]]:
    """(version, step, state, people) of all running enrolments, sorted."""
    where = enrolment.c.ended_at.is_(None)
    columns = (enrolment.c.version, enrolment.c.step, enrolment.c.state)
    found = [tuple(row) for row in connection.execute(select(*columns).where(where))]
    return sorted((*row, found.count(row)) for row in set(found))


def planned_changes(engine: Engine, files: Reading, **words: list[str]) -> list[Change]:
    with read(engine) as connection:
        return changes.plan(connection, files, **words)


def without_welcome() -> Reading:
    return reading(extra={"journeys/welcome.yaml": None})


def kinds(found: list[Change]) -> list[tuple[str, str, str | None, int]]:
    return [(change.journey, change.change, change.step, change.people) for change in found]


def where(engine: Engine) -> list[tuple[int, str, str, int]]:
    with read(engine) as connection:
        return standing(connection)
