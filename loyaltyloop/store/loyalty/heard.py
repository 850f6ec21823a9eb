"""Of whom a chunk of events says something that points, tiers, badges or friends may hang on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table

from loyaltyloop.journey.model import Shop
from loyaltyloop.store import bulk
from loyaltyloop.store.loyalty import points, referral_book
from loyaltyloop.store.models import LoyaltyStanding
from loyaltyloop.store.people.customers import Person

standing: Table = LoyaltyStanding.__table__  # type: ignore[attr-defined]


@dataclass
class Heard:
    """What was heard, in the order of the events. `claims`: event, friend, code, when."""

    spoken: list[Person] = field(default_factory=list)
    claims: list[tuple[int, Person, str, datetime]] = field(default_factory=list)

    def take(self, person: Person, row: Any) -> None:
        """What this `track` event (a row of `event`) says."""
        if row.name in points.EVENTS:
            self.spoken.append(person)
        if code := referral_book.claimed(row):
            self.claims.append((row.id, person, code, row.at))


def write(
    connection: Connection,
    now: datetime,
    shop: Shop,
    heard: Heard,
    number: Callable[[Person], int],
    owners: Iterable[int],
    everybody: Iterable[int],
) -> None:
    """Note whom the turn is to look at. `owners`: whose orders changed, and who turned out to be two."""
    if not shop.loyal:
        return
    if shop.referral is not None and heard.claims:
        claims = ((event, number(who), code, at) for event, who, code, at in heard.claims)
        referral_book.note(connection, claims)
    concerned = set(owners) | {number(who) for who in heard.spoken}
    if shop.badges or shop.referral is not None:  # conditions may be about anything, and all get a code
        concerned |= set(everybody)
    mark(connection, concerned, now)


def mark(connection: Connection, customers: Iterable[int], now: datetime) -> None:
    """Let a turn at `now` or later look at these customers."""
    rows = [(who, now) for who in sorted(set(customers))]
    bulk.upsert_rows(connection, standing, ["customer_id"], ["customer_id", "look_at"], rows)
