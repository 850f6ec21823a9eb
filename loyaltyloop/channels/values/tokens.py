"""Tokens in links: opaque, signed, and the same whenever they are made.

A token is base64url, without padding, of: one byte for its kind, the message key's 16 bytes, for a
click the link's number in two bytes, and the first 16 bytes of the HMAC-SHA256 of all that.
"""

from __future__ import annotations

import base64
import hmac
from binascii import b2a_base64
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, get_args
from uuid import UUID

from loyaltyloop.errors import LoopError

# click, unsubscribe, preferences, view, open, answer; of a request: data, erase
Kind = Literal["c", "u", "p", "v", "o", "a", "d", "e"]
NUMBERED = ("c", "a")
SIGNATURE = 16
_KINDS: tuple[Kind, ...] = get_args(Kind)
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class TokenError(LoopError):
    """This is no token of ours, or somebody changed it."""


@dataclass(frozen=True)
class Token:
    """What a token says: its kind, the message's key, and the link's number for a click."""

    kind: Kind
    key: str
    number: int | None = None


class Maker:
    """Makes tokens with one secret; the key schedule of the HMAC is worked out once."""

    def __init__(self, secret: bytes) -> None:
        block = (sha256(secret).digest() if len(secret) > 64 else secret).ljust(64, b"\0")
        self._inner = sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = sha256(bytes(byte ^ 0x5C for byte in block))

    def make(self, said: bytes) -> str:
        """The token of these bytes (kind, key, number), signed."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(said)
        outer.update(inner.digest())
        signed = said + outer.digest()[:SIGNATURE]
        return b2a_base64(signed, newline=False).translate(_URL_SAFE, b"=").decode()


def make(secret: bytes, kind: Kind, key: str, number: int | None = None) -> str:
    """The token of a message; `number` counts the message's links from 0. ValueError for what cannot be."""
    if kind not in _KINDS or (number is not None) != (kind in NUMBERED):
        raise ValueError(f"no token is of kind {kind!r} with the number {number!r}")
    tail = b"" if number is None else number.to_bytes(2, "big")
    return Maker(secret).make(kind.encode() + UUID(key).bytes + tail)


def read(secret: bytes, token: str) -> Token:
    """What a token says, after its signature was compared in constant time. TokenError for any other text."""
    raw = _decode(token)
    said, signature = raw[:-SIGNATURE], raw[-SIGNATURE:]
    right = hmac.compare_digest(hmac.digest(secret, said, "sha256")[:SIGNATURE], signature)
    kind = next((one for one in _KINDS if one.encode() == said[:1]), None)
    if not right or kind is None or len(said) != (19 if kind in NUMBERED else 17):
        raise TokenError("This link is not one of ours, or it was changed on its way.")
    number = int.from_bytes(said[17:], "big") if kind in NUMBERED else None
    return Token(kind, str(UUID(bytes=said[1:17])), number)


def read_kind(secret: bytes, kind: Kind, token: str) -> Token:
    """The same of a token of this kind; TokenError for one of another, too."""
    found = read(secret, token)
    if found.kind != kind:
        raise TokenError("This link is one of ours, and leads elsewhere.")
    return found


def _decode(token: str) -> bytes:
    try:
        raw = base64.b64decode(
            token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True
        )
    except ValueError:
        return b""
    # One token has one spelling: the unused bits of the last character must be as we write them.
    spelt = b2a_base64(raw, newline=False).translate(_URL_SAFE, b"=").decode()
    return raw if spelt == token else b""
