"""Points and a badge, told simply: of customers whose orders nobody cancels or gives back."""

from __future__ import annotations

from typing import Any

from tests.reference.state import Happening, Person

LOYAL = """\
points: {earn: 1, for_each: 10}
badges: {fan: {about: Two orders, when: {did: Order Completed, times: {at_least: 2}}}}
"""


def loyalty(person: Person) -> dict[str, Any]:
    """What conditions may ask of it; who has no badge has no list of them either."""
    made = [event for event in person.events if event.name == "Order Completed"]
    points = {"points": sum(int(total) // 10 for total in _totals(made))}
    return points | ({"badges": ["fan"]} if len(made) >= 2 else {})


def _totals(made: list[Happening]) -> list[float]:
    """What each order came to, by the newest word on it."""
    found: dict[str, float] = {}
    for event in sorted(made, key=lambda one: (one.at, one.message_id)):
        if "order_id" in event.properties and "total" in event.properties:
            found[event.properties["order_id"]] = event.properties["total"]
    return list(found.values())
