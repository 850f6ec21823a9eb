"""Who may send events: the write key of the shop's servers, and the public one that browsers and apps carry.

Segment takes a key as user name of Basic auth, or as `writeKey` of the body.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import Any, Literal

from loyaltyloop.settings import Settings

Sender = Literal["server", "public"]


def key_of_header(authorization: str) -> str | None:
    """The key that a header shows, empty for one that cannot be read; None without a header."""
    if not authorization:
        return None
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(given.strip(), validate=True).partition(b":")[0].decode()
    except (binascii.Error, ValueError):
        return ""


def key_of_body(said: Any) -> str:
    """The key that a body shows; empty for none."""
    key = said.get("writeKey") if isinstance(said, Mapping) else None
    return key if isinstance(key, str) else ""


def sender_of_key(settings: Settings, key: str) -> Sender | None:
    """Whose key this is; None for nobody's. It takes as long for a key that is nearly right as for any."""
    server = _is(key, settings.write_key.get_secret_value())
    public = _is(key, settings.public_key.get_secret_value())
    return "server" if server else "public" if public else None


def _is(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode()) and bool(wanted)
