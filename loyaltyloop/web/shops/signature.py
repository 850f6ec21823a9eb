"""Is a delivery the shop's own? Looked at before anything of it is parsed."""

from __future__ import annotations

import hmac
from base64 import b64encode
from hashlib import sha256


def signature(secret: str, body: bytes) -> bytes:
    """As Shopify and WooCommerce write it: base64 of the HMAC-SHA256 of the raw body."""
    return b64encode(hmac.digest(secret.encode(), body, sha256))


def is_signed(secret: str, body: bytes, given: str) -> bool:
    """Does this header fit the body? Compared in constant time; without a secret nothing is signed."""
    expected = signature(secret, body)
    return bool(secret) and hmac.compare_digest(expected, given.strip().encode("utf-8", "replace"))
