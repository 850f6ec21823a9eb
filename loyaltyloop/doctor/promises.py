"""Each promise that the record can show, asked of the record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection

from loyaltyloop.doctor.finding import Finding
from loyaltyloop.journey.model import Shop
from loyaltyloop.store.audits import AUDITS

ABOUT = "promises"
SHOWN = 20  # keys


def look(connection: Connection, shop: Shop, now: datetime) -> Iterator[Finding]:
    """All audits; what breaks one is a defect of ours, or somebody has changed the database by hand."""
    for audit in AUDITS:
        found = audit.find(connection, shop, now)
        if not found:
            yield Finding(ABOUT, "good", audit.promise)
            continue
        first = found[0]
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        yield Finding(
            ABOUT,
            "wrong",
            f"broken: {audit.promise}",
            f"{first.key}: {first.what}{more}",
            tuple(one.key for one in found[:SHOWN]),
        )
