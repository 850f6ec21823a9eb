"""Is a friend who was brought somebody else? Compared by all that is known of both. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Providers of mailboxes in which dots do not count, or in which what stands behind `+` does not.
_DOTLESS = frozenset(("gmail.com", "googlemail.com"))
_SAME_HOST = {"googlemail.com": "gmail.com"}
_PLUS = "+"
_NOT_LETTERS = re.compile(r"[\W_]+")
_NOT_DIGITS = re.compile(r"\D")
_TAIL = 9  # digits by which two ways to write a number are the same, with and without the country
_SHORTEST = 6


@dataclass(frozen=True)
class Somebody:
    """Who somebody is, as far as it is known."""

    id: int
    email: str | None = None
    phone: str | None = None
    address: Mapping[str, Any] | None = None  # Segment's trait: street, postalCode, city, country


def self_referral(one: Somebody, other: Somebody) -> str:
    """Why these two are one, in plain words; empty where nothing says so."""
    if one.id == other.id:
        return "it is the same customer"
    if _same(mailbox(one.email), mailbox(other.email)):
        return "both have one e-mail address"
    if _same(number(one.phone), number(other.phone)):
        return "both have one phone number"
    if _same(place(one.address), place(other.address)):
        return "both have one postal address"
    return ""


def _same(one: str, other: str) -> bool:
    return bool(one) and one == other


def mailbox(address: str | None) -> str:
    """The mailbox behind an address: small letters, no `+tag`, and no dots where the provider sees none."""
    name, _, host = (address or "").strip().lower().rpartition("@")
    name, host = name.partition(_PLUS)[0], host.rstrip(".")
    if not name or not host:
        return ""
    if host in _DOTLESS:
        name = name.replace(".", "")
    return f"{name}@{_SAME_HOST.get(host, host)}"


def number(phone: str | None) -> str:
    """The last digits of a phone number; empty for what is too short to be one."""
    digits = _NOT_DIGITS.sub("", phone or "").lstrip("0")
    return digits[-_TAIL:] if len(digits) >= _SHORTEST else ""


def place(address: Mapping[str, Any] | None) -> str:
    """Street and postal code in small letters, without blanks; empty unless both are known."""
    parts = []
    for names in (("street",), ("postalCode", "postal_code", "zip")):
        given = next((address[name] for name in names if address and isinstance(address.get(name), str)), "")
        parts.append(_NOT_LETTERS.sub("", given.casefold()))
    return "|".join(parts) if all(parts) else ""
