"""What is drawn and named by hashing: the same on every machine, at every repetition."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from decimal import Decimal
from uuid import NAMESPACE_URL, UUID, uuid5

MESSAGES = uuid5(NAMESPACE_URL, "https://loyaltyloop.example/message")
_NAMESPACE = MESSAGES.bytes
LONGEST_JITTER = 600


def throw(salt: str, customer_key: str) -> float:
    """A number in [0, 1) that belongs to this customer and salt."""
    digest = hashlib.sha256(f"{salt}\0{customer_key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def holdout_salt(journey: str) -> str:
    """What the dice are thrown with for a journey's holdout."""
    return f"holdout:{journey}"


def split_salt(journey: str, step: str) -> str:
    """`step` is the step's first name, so that renaming throws nobody's dice again."""
    return f"split:{journey}/{step}"


def give_salt(journey: str, step: str) -> str:
    """What the dice are thrown with for a gift's chance; `step` is the step's first name."""
    return f"give:{journey}/{step}"


def explore_salt(journey: str, step: str, one_per: str, occurrence: str, place: int) -> str:
    """What the dice are thrown with for one place in a list of products; `step` is the step's first name."""
    return f"explore:{journey}/{step}/{one_per}/{occurrence}/{place}"


def choose(shares: Sequence[tuple[str, Decimal]], drawn: float) -> str:
    """The path whose interval holds the number; intervals stand in file order from 0 up."""
    edge = Decimal(0)
    for name, share in shares:
        edge += share
        if drawn < edge:
            return name
    return shares[-1][0]


def message_key(journey: str, customer_key: str, one_per: str, occurrence: str, step: str) -> str:
    """The UUIDv5 of a message; `step` is the step's first name."""
    name = "\0".join((journey, customer_key, one_per, occurrence, step))
    digest = bytearray(hashlib.sha1(_NAMESPACE + name.encode(), usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def jitter(key: str) -> int:
    """Seconds in [0, 600) by which a message is moved away from the end of quiet hours."""
    return int.from_bytes(UUID(key).bytes[:4], "big") % LONGEST_JITTER
