"""Standard Webhooks: secrets as `whsec_` and base64, and the signature over id, time and body.

Source: https://www.standardwebhooks.com, specification, "Signature scheme" and "Webhook headers".
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence
from hashlib import sha256

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64  # bytes of a secret, as the specification wants them


def read_secrets(text: str) -> list[bytes]:
    """The keys in a setting: one, or several with blanks or commas between. ValueError for what is none."""
    return [_key(one) for one in text.replace(",", " ").split()]


def _key(text: str) -> bytes:
    if not text.startswith(PREFIX):
        raise ValueError(f"a secret begins with {PREFIX}")
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError(f"behind {PREFIX} stands no base64") from None
    if not SHORTEST <= len(key) <= LONGEST:
        raise ValueError(f"a secret has {SHORTEST} to {LONGEST} bytes")
    return key


def headers(keys: Sequence[bytes], message: str, seconds: int, body: bytes) -> dict[str, str]:
    """The three headers of a call: its id, the time of this try (Unix seconds), a signature by each key."""
    signed = f"{message}.{seconds}.".encode() + body
    signatures = [base64.b64encode(hmac.digest(key, signed, sha256)).decode() for key in keys]
    return {
        "webhook-id": message,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
    }
