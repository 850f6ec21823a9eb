"""Addresses to which nothing is sent: what events tell of them, what stands on record, and whom it stops.

It goes by address, not by customer: who shares an address shares what is known of it, and a new address is
free. An event on record that no turn has applied yet counts at the claim, as a withdrawal does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, select

from loyaltyloop.store import bulk
from loyaltyloop.store.among import among
from loyaltyloop.store.consents.fingerprints import find_key, fingerprint, hash_of, hash_of_mark, new_key
from loyaltyloop.store.events.setting_aside import stands_aside
from loyaltyloop.store.events.touched import not_applied
from loyaltyloop.store.models import Consent, Customer, Event, Identity, Message, Suppression
from loyaltyloop.store.segment import PUBLIC

consent: Table = Consent.__table__  # type: ignore[attr-defined]
customer: Table = Customer.__table__  # type: ignore[attr-defined]
event: Table = Event.__table__  # type: ignore[attr-defined]
identity: Table = Identity.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]
suppression: Table = Suppression.__table__  # type: ignore[attr-defined]

BOUNCED, COMPLAINT, STOP, BY_HAND = "hard bounce", "complaint", "stop", "by hand"
REASONS = (BOUNCED, COMPLAINT, STOP, BY_HAND)
# Events that tell of an address. What a provider drops by its own list says whether it is hard itself.
NAMES = ("Email Bounced", "SMS Bounced", "Email Marked as Spam", "Consent Withdrawn", "SMS Resumed")
ADDRESS = "address"  # the property in which an event has a fingerprint, where it names no message
KEYWORD = "keyword"  # the property that tells a STOP from a consent that was withdrawn elsewhere
_COLUMNS = ("channel", "address", "reason", "stops", "at", "known_at", "event_id")


@dataclass(frozen=True)
class Line:
    """One entry of the ledger. `address`: the hash; `at`, `known_at` in UTC."""

    channel: str
    address: str
    reason: str
    stops: bool
    at: datetime
    known_at: datetime
    event_id: int | None = None


def tells(row: Any) -> tuple[str, str, bool] | None:
    """Channel, reason and whether it stops, of an event (a row of `event`) that tells of an address."""
    if row.type != "track" or row.name not in NAMES or row.source == PUBLIC:
        return None
    match row.name:
        case "Email Bounced" | "SMS Bounced" if row.properties.get("type") == "hard":
            return ("email" if row.name == "Email Bounced" else "sms"), BOUNCED, True
        case "Email Marked as Spam":
            return "email", COMPLAINT, True
        case "Consent Withdrawn" if row.properties.get(KEYWORD) == "STOP":
            return "sms", STOP, True
        case "SMS Resumed":
            return "sms", STOP, False
        case _:
            return None


# ── what is written ─────────────────────────────────────────────────────────


def write(connection: Connection, told: Sequence[tuple[Any, int]]) -> None:
    """Add what these events (rows of `event`, and whose they are now) tell of addresses to the ledger."""
    if told:
        key = find_key(connection) or new_key(connection)
        _add(connection, _lines(connection, key, [(row, [who]) for row, who in told]))


def note(
    connection: Connection, channel: str, address: str, now: datetime, *, reason: str = BY_HAND, stops: bool
) -> None:
    """Say by hand that nothing is sent to this address for that reason, or that it is again."""
    key = find_key(connection) or new_key(connection)
    hash_ = hash_of(key, channel, address)
    _add(connection, [Line(channel, hash_, reason, stops, now, now)])


def _add(connection: Connection, lines: Iterable[Line]) -> None:
    rows = [tuple(getattr(line, name) for name in _COLUMNS) for line in lines]
    bulk.insert_rows(connection, suppression, _COLUMNS, rows)


def _lines(connection: Connection, key: bytes, told: Sequence[tuple[Any, Collection[int]]]) -> Iterator[Line]:
    """What these events, of these customers, come to: a line for each address that is meant."""
    found = [(row, whose, what) for row, whose in told if (what := tells(row)) is not None]
    sent_to = _sent_to(connection, {name for row, _, _ in found if (name := _message_of(row))})
    present = _addresses(connection, {who for _, whose, _ in found for who in whose})
    for row, whose, (channel, reason, stops) in found:
        at = min(row.at, row.arrived_at)  # nothing happens later than it was told
        for mark in sorted(_meant(row, channel, whose, sent_to, present)):
            yield Line(channel, hash_of_mark(key, mark), reason, stops, at, row.arrived_at, row.id)


def _message_of(row: Any) -> str:
    named = row.properties.get("email_id", row.properties.get("sms_id"))
    return named if isinstance(named, str) else ""


def _meant(
    row: Any,
    channel: str,
    whose: Collection[int],
    sent_to: Mapping[str, tuple[str, str]],
    present: Mapping[int, tuple[str | None, str | None]],
) -> set[str]:
    """Fingerprints: of where the message went, else of what the event names, else of what they have now."""
    to = sent_to.get(_message_of(row))
    if to is not None and to[0] == channel:
        return {fingerprint(channel, to[1])}
    named = row.properties.get(ADDRESS)
    if isinstance(named, str) and named:
        return {named}
    theirs = (present.get(who, (None, None))[channel == "sms"] for who in whose)
    return {fingerprint(channel, address) for address in theirs if address}


def _sent_to(connection: Connection, keys: set[str]) -> dict[str, tuple[str, str]]:
    if not keys:
        return {}
    chosen = select(message.c.key, message.c.channel, message.c.to)
    rows = connection.execute(chosen.where(among(connection, message.c.key, sorted(keys))))
    return {row.key: (row.channel, row.to) for row in rows if row.to}


def _addresses(connection: Connection, customers: set[int]) -> dict[int, tuple[str | None, str | None]]:
    if not customers:
        return {}
    chosen = select(customer.c.id, customer.c.email, customer.c.sms_number)
    rows = connection.execute(chosen.where(among(connection, customer.c.id, sorted(customers))))
    return {row.id: (row.email, row.sms_number) for row in rows}


# ── what it stops ───────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Waiting:
    """A message that asks: `to` is its address in whatever spelling, None where there is none."""

    key: str
    customer_id: int
    channel: str
    purpose: str
    to: str | None


def stopped(connection: Connection, asking: Sequence[Waiting], since: int) -> dict[str, str]:
    """Key → the reason for which such a message does not leave; the others are not named.

    As things will stand once all is applied that was recorded after the event `since` (an id).
    """
    waiting = _waiting(connection, since)
    key = find_key(connection)
    if key is None and not waiting:
        return {}
    key = key or b""
    marks = {one.key: (one.channel, hash_of(key, one.channel, one.to)) for one in asking if one.to}
    lines = [*_ledger(connection, {address for _, address in marks.values()})]
    lines += _lines(connection, key, [(row, _whose(connection, row)) for row in waiting])
    standing = in_force(lines)
    hit = [one for one in asking if one.key in marks and marks[one.key] in standing]
    agreed = _agreed(connection, {one.customer_id for one in hit})
    found = {}
    for one in hit:
        reasons = standing[marks[one.key]]
        held = stops(reasons, one.purpose, agreed.get((one.customer_id, one.channel)))
        if held:
            found[one.key] = held
    return found


def in_force(lines: Iterable[Line]) -> dict[tuple[str, str], dict[str, datetime]]:
    """(channel, address) → reasons that hold now, and since when: for each reason the latest word counts."""
    latest: dict[tuple[str, str, str], Line] = {}
    for line in lines:
        place = (line.channel, line.address, line.reason)
        known = latest.get(place)
        if known is None or (known.at, known.stops) < (line.at, line.stops):
            latest[place] = line
    found: dict[tuple[str, str], dict[str, datetime]] = {}
    for (channel, address, reason), line in latest.items():
        if line.stops:
            found.setdefault((channel, address), {})[reason] = line.at
    return found


def stops(reasons: Mapping[str, datetime], purpose: str, agreed: datetime | None) -> str | None:
    """The reason that stops a message of this purpose, to somebody who agreed to marketing then, if at all.

    Whoever agrees anew after a complaint hears again; transactional messages never cease for one.
    """
    for reason in REASONS:
        since = reasons.get(reason)
        if since is None:
            continue
        if reason == COMPLAINT and (purpose == "transactional" or (agreed is not None and agreed > since)):
            continue
        return reason
    return None


def _agreed(connection: Connection, customers: set[int]) -> dict[tuple[int, str], datetime]:
    """(Customer, channel) → since when they agree to marketing there."""
    if not customers:
        return {}
    given = select(consent.c.customer_id, consent.c.channel, consent.c.at).where(
        among(connection, consent.c.customer_id, sorted(customers)),
        consent.c.purpose == "marketing",
        consent.c.given,
    )
    return {(row.customer_id, row.channel): row.at for row in connection.execute(given)}


def phones(connection: Connection, customers: set[int]) -> dict[int, str]:
    """Customer → the number to which texts go, where there is one."""
    return {who: phone for who, (_, phone) in _addresses(connection, customers).items() if phone}


def _waiting(connection: Connection, since: int) -> Sequence[Any]:
    """Events on record that tell of an address and that nobody has applied yet."""
    chosen = select(event).where(not_applied(since), event.c.name.in_(NAMES), ~stands_aside())
    return [row for row in connection.execute(chosen) if tells(row)]


def _whose(connection: Connection, row: Any) -> list[int]:
    """The customers who have an id of this event's: too many are no harm."""
    ids = {one for one in (row.user_id, row.anonymous_id) if one}
    kinds = identity.c.kind.in_(("user", "anonymous"))
    chosen = select(identity.c.customer_id).where(kinds, identity.c.value.in_(sorted(ids)))
    return list(connection.execute(chosen.distinct()).scalars())


def _ledger(connection: Connection, addresses: set[str]) -> list[Line]:
    columns = [suppression.c[name] for name in _COLUMNS]
    mine = among(connection, suppression.c.address, sorted(addresses))
    return [Line(*row) for row in connection.execute(select(*columns).where(mine))]


def reasons_of(connection: Connection, channel: str, address: str) -> dict[str, datetime]:
    """Why nothing is sent to this address, and since when; empty if nothing stands against it."""
    key = find_key(connection)
    if key is None:
        return {}
    hash_ = hash_of(key, channel, address)
    return in_force(_ledger(connection, {hash_})).get((channel, hash_), {})


def ledger_of(connection: Connection, channel: str, address: str) -> list[Line]:
    """All that was ever told of this address, the oldest first."""
    key = find_key(connection)
    if key is None:
        return []
    lines = _ledger(connection, {hash_of(key, channel, address)})
    return sorted((one for one in lines if one.channel == channel), key=lambda one: (one.at, one.stops))
