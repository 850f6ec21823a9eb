"""Dice, keys of messages and jitter: functions of names alone."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from uuid import NAMESPACE_URL, UUID, uuid5

from loyaltyloop.journey.model import Path

MESSAGE = uuid5(NAMESPACE_URL, "https://loyaltyloop.example/message")


def dice(salt: str, customer_key: str) -> float:
    """A number in [0, 1), the same each time for this salt and customer."""
    return int.from_bytes(sha256(f"{salt}\0{customer_key}".encode()).digest()[:8], "big") / 2**64


def held_out(journey: str, holdout: Decimal, customer_key: str) -> bool:
    """Is this customer kept out of this journey?"""
    return dice(f"holdout:{journey}", customer_key) < holdout


def drawn_path(journey: str, first_name: str, paths: tuple[Path, ...], customer_key: str) -> str:
    """The path of a split: intervals in the order of the file."""
    thrown, bound = dice(f"split:{journey}/{first_name}", customer_key), Decimal(0)
    for path in paths:
        bound += path.share or Decimal(0)
        if thrown < bound:
            return path.name
    return paths[-1].name


def message_key(journey: str, customer_key: str, one_per: str, occurrence: str, first_name: str) -> str:
    """The one key of a message."""
    return str(uuid5(MESSAGE, "\0".join([journey, customer_key, one_per, occurrence, first_name])))


def jitter(key: str) -> timedelta:
    """How much later than the end of quiet hours: up to ten minutes."""
    return timedelta(seconds=int.from_bytes(UUID(key).bytes[:4], "big") % 600)
