"""Addresses to which nothing is sent."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from loyaltyloop.store.models.columns import big


class Suppression(SQLModel, table=True):
    """Why nothing is sent to an address any more, or since when it is again. Only ever added to.

    `address` is a hash of the normalised address, keyed with a salt of the database's own: so it still stops
    when its owner was erased, and nobody can be told from it. reason: hard bounce, complaint, stop, by hand.
    `stops`: false where the reason has ceased (START, by hand); the latest `at` counts, of two at the same
    instant the one that stops. `known_at`: since when it is on record. `event_id`: of the event that told it.
    """

    id: int | None = big(default=None, primary_key=True)
    channel: str  # email, sms
    address: str = Field(index=True)
    reason: str
    stops: bool
    at: datetime
    known_at: datetime
    event_id: int | None = big(default=None)
