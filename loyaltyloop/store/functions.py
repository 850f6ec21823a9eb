"""Functions that both databases lack; migrations create the same ones on PostgreSQL."""

from __future__ import annotations

from loyaltyloop.journey.clock.times import read_instant


def instant(text: object) -> str | None:
    """`read_instant` as SQLite stores instants; PostgreSQL has the same as PL/pgSQL."""
    found = read_instant(text)
    return found.replace(tzinfo=None).isoformat(" ", "microseconds") if found else None
