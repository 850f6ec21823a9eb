"""What an event tells of its customer: attributes, and what a device says of its owner."""

from __future__ import annotations

from datetime import date
from typing import Any

from loyaltyloop.store.consents.consent import CSV
from loyaltyloop.store.people.customers import Person


def learn(person: Person, row: Any) -> None:
    """Let the customer know what this row of `event` says."""
    if row.type == "identify":
        person.learn(_traits(row), row.at, _reference(row))
    if row.context:
        person.learn(_of_context(row.context), row.at, None)


def _traits(row: Any) -> dict[str, Any]:
    """In a list of customers consent stands among the columns; it is kept elsewhere."""
    traits: dict[str, Any] = row.properties
    if row.source != CSV:
        return traits
    return {name: value for name, value in traits.items() if not name.startswith("consent_")}


def _reference(row: Any) -> date | None:
    """Birthdays lie before the call arrived; the importer has looked at those of a file."""
    return None if row.source == CSV else row.arrived_at.date()


def _of_context(context: dict[str, Any]) -> dict[str, Any]:
    """What a device says of its owner: zone and language."""
    return {name: context[name] for name in ("timezone", "locale") if name in context}
