"""Addresses as hashes: of one normalised form, so that all ways to write one are equal."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from hashlib import sha256

from sqlalchemy import Connection, Table, insert, select

from loyaltyloop.store.models import Salt
from loyaltyloop.store.privacy.tombstones import by_email, by_phone, hashed

salt: Table = Salt.__table__  # type: ignore[attr-defined]
NAME, KIND = "suppressed", "suppression"


def fingerprint(channel: str, address: str) -> str:
    """An address as events have it: a hash of its normalised form, equal for all ways to write it."""
    if channel == "sms":
        return f"phone:{sha256(by_phone(address).encode()).hexdigest()[:32]}"
    return by_email(address.strip())


def is_address(channel: str, text: str) -> bool:
    """Can it be one of this channel's?"""
    return bool(by_phone(text)) if channel == "sms" else "@" in text.strip(" @")


def hash_of_mark(key: bytes, mark: str) -> str:
    """The hash of a fingerprint, as the ledger has it."""
    return hashed(key, KIND, mark)


def hash_of(key: bytes, channel: str, address: str) -> str:
    """The hash of an address, as the ledger has it."""
    return hash_of_mark(key, fingerprint(channel, address))


def hashes_of(connection: Connection, asked: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """(Channel, address) → the hash by which the ledger has it; nothing where nothing was ever suppressed."""
    key = find_key(connection)
    if key is None:
        return {}
    return {(channel, to): hash_of(key, channel, to) for channel, to in asked}


def find_key(connection: Connection) -> bytes | None:
    """What hashes are keyed with here; None where nothing was ever suppressed."""
    found = connection.execute(select(salt.c.value).where(salt.c.name == NAME)).scalar()
    return None if found is None else str(found).encode()


def new_key(connection: Connection) -> bytes:
    """Make it, once for ever."""
    made = secrets.token_hex(32)
    connection.execute(insert(salt).values(name=NAME, value=made))
    return made.encode()
