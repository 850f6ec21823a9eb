"""What the audits say of a database."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Engine

from loyaltyloop.store.audits import AUDITS
from loyaltyloop.store.database import read
from loyaltyloop.store.live.versions import load_shop


def breaches(engine: Engine, now: datetime) -> dict[str, list[str]]:
    """The keys of what breaks each promise; nothing where all are kept."""
    with read(engine) as connection:
        return told(connection, now)


def told(connection: Connection, now: datetime) -> dict[str, list[str]]:
    """The same, within a transaction."""
    shop = load_shop(connection)
    found = {audit.name: [one.key for one in audit.find(connection, shop, now)] for audit in AUDITS}
    return {name: keys for name, keys in found.items() if keys}
