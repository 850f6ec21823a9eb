"""Held responses are judged by what came beside them, within the transaction that records the newest.

All who record hold the shop-wide lock, as turns do when they apply events: so every pair of responses is seen
by the later one's transaction, however many services there are, and what a turn has seen is never changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from loyaltyloop.store.events.held import RESPONSES, held_responses, mark_machines
from loyaltyloop.store.messages.addressees import numbers_of_links
from loyaltyloop.store.segment import Call
from loyaltyloop.web.responses.machines import HIDDEN, WINDOW, Beside, by_company

DELIVERED = "Email Delivered"


def settle(connection: Connection, calls: Sequence[Call]) -> None:
    """Mark the held responses that these calls, just recorded, show to be machines'."""
    told = [call for call in calls if call.name in (*RESPONSES, DELIVERED) and _key(call.properties)]
    if not told:
        return
    since = min(call.arrived_at for call in told) - WINDOW
    delivered: dict[str, list[datetime]] = {}
    for call in told:
        if call.name == DELIVERED:
            delivered.setdefault(_key(call.properties), []).append(call.at)
    keys = {_key(call.properties) for call in told}
    held: dict[str, list[Row[Any]]] = {}
    for row in held_responses(connection, sorted(keys), since):
        held.setdefault(_key(row.properties), []).append(row)
    several = sorted(key for key, rows in held.items() if len({_link(row.properties) for row in rows}) > 1)
    links = numbers_of_links(connection, several) if several else {}
    mark_machines(connection, _machines(held, links, delivered))


def _key(properties: dict[str, Any]) -> str:
    key = properties.get("email_id")
    return key if isinstance(key, str) else ""


def _machines(
    held: dict[str, list[Row[Any]]], links: dict[str, int], delivered: dict[str, list[datetime]]
) -> Iterator[tuple[int, dict[str, Any], str]]:
    """Those that are machines' and are not known to be: id, properties and why."""
    for key, rows in held.items():
        by_id = {row.id: row.properties for row in rows}
        beside = [_beside(row) for row in rows]
        for number, why in by_company(beside, links.get(key, 0), delivered.get(key, ())):
            if by_id[number].get("machine") is not True:
                yield number, by_id[number], why


def _beside(row: Row[Any]) -> Beside:
    hidden = row.properties.get("machine_reason") == HIDDEN and row.properties.get("hidden") is True
    return Beside(row.id, row.at, _link(row.properties), hidden)


def _link(properties: dict[str, Any]) -> str:
    link = properties.get("link_url")
    return link if isinstance(link, str) else ""
