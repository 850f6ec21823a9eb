"""AWS Signature Version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote, urlsplit


@dataclass(frozen=True)
class Keys:
    """Who signs. `token`: of credentials that are lent for a time; empty for lasting ones."""

    access: str
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)


def signed(
    keys: Keys, region: str, service: str, now: datetime, url: str, content: bytes,
    headers: Mapping[str, str], method: str = "POST",
) -> dict[str, str]:  # fmt: skip
    """These headers (in small letters) with those that a request signed by these keys has beside.

    The URL has no query. `now`: AWS takes no signature that is more than 15 minutes old.
    """
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    parts = urlsplit(url)
    whole = {**headers, "host": parts.netloc, "x-amz-date": stamp}
    if keys.token:
        whole["x-amz-security-token"] = keys.token
    names = ";".join(sorted(whole))
    lines = "".join(f"{name}:{' '.join(whole[name].split())}\n" for name in sorted(whole))
    path = quote(parts.path or "/", safe="/-_.~")
    request = f"{method}\n{path}\n\n{lines}\n{names}\n{sha256(content).hexdigest()}"
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{sha256(request.encode()).hexdigest()}"
    key = _key(keys.secret, stamp[:8], region, service)
    signature = hmac.digest(key, text.encode(), sha256).hex()
    whole["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={keys.access}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return whole


@lru_cache(maxsize=8)
def _key(secret: str, day: str, region: str, service: str) -> bytes:
    """The key of one day, region and service."""
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), sha256)
    return key
