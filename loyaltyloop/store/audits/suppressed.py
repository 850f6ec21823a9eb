"""Nothing was claimed for an address that was suppressed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, select

from loyaltyloop.journey.model import Shop
from loyaltyloop.store.among import among
from loyaltyloop.store.audits.audit import Audit, Breach
from loyaltyloop.store.consents.fingerprints import hashes_of
from loyaltyloop.store.models import ConsentEntry, Message, Suppression

entry: Table = ConsentEntry.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]
suppression: Table = Suppression.__table__  # type: ignore[attr-defined]
SLACK = timedelta(minutes=1)  # what arrives is committed seconds later


def _find(connection: Connection, _shop: Shop, _now: datetime) -> Sequence[Breach]:
    """The ledger of addresses is only ever added to, and bears when each word of it was known.

    A message has its address until its customer is erased; then nothing can be shown of it.
    """
    ledger: dict[tuple[str, str], list[Any]] = {}
    for line in connection.execute(select(suppression)):
        ledger.setdefault((line.channel, line.address), []).append(line)
    if not ledger:
        return []
    told = _messages(connection, ledger)
    agreed = _agreements(connection, {row.customer_id for row, _ in told})
    found = []
    for row, lines in told:
        given = [at for at in agreed.get((row.customer_id, row.channel), ()) if at <= row.claimed_at]
        reasons = sorted(_against(row, lines, given))
        if reasons:
            found.append(Breach(row.key, f"claimed though suppressed: {reasons[0]}"))
    return sorted(found, key=lambda one: one.key)


def _messages(
    connection: Connection, ledger: Mapping[tuple[str, str], list[Any]]
) -> list[tuple[Any, list[Any]]]:
    """Messages to addresses of the ledger, claimed after its first line, with all its lines."""
    first = min(line.known_at for lines in ledger.values() for line in lines)
    m = message.c
    later = (m.claimed_at > first, m.to.is_not(None), m.channel.in_({channel for channel, _ in ledger}))
    asked = connection.execute(select(m.channel, m.to).where(*later).distinct()).all()
    hashes = hashes_of(connection, [(row.channel, row.to) for row in asked])
    hit = {place: lines for place, hash_ in hashes.items() if (lines := ledger.get((place[0], hash_)))}
    columns = (m.key, m.customer_id, m.channel, m.purpose, m.to, m.claimed_at)
    rows = connection.execute(
        select(*columns).where(*later, among(connection, m.to, sorted({to for _, to in hit})))
    )
    return [(row, hit[row.channel, row.to]) for row in rows if (row.channel, row.to) in hit]


def _against(row: Any, lines: Sequence[Any], given: Sequence[datetime]) -> set[str]:
    """Reasons whose newest word known by then was that it stops, and that stop such a message."""
    newest: dict[str, Any] = {}
    for line in sorted(lines, key=lambda line: (line.at, line.stops)):
        # Whether a word that came just before the claim had counted yet cannot be told: the milder is taken.
        if line.known_at + (SLACK if line.stops else timedelta()) < row.claimed_at:
            newest[line.reason] = line
    found = {reason for reason, line in newest.items() if line.stops}
    if "complaint" in found:
        again = any(at > newest["complaint"].at for at in given)
        found -= {"complaint"} if again or row.purpose == "transactional" else set()
    return found


def _agreements(connection: Connection, customers: set[int]) -> dict[tuple[int, str], list[datetime]]:
    """(Customer, channel) → when they agreed to marketing there."""
    chosen = select(entry.c.customer_id, entry.c.channel, entry.c.at).where(
        among(connection, entry.c.customer_id, sorted(customers)),
        entry.c.purpose == "marketing",
        entry.c.given,
    )
    found: dict[tuple[int, str], list[datetime]] = {}
    for row in connection.execute(chosen):
        found.setdefault((row.customer_id, row.channel), []).append(row.at)
    return found


AUDIT = Audit("suppressed", "nothing is claimed for an address that is suppressed", _find)
