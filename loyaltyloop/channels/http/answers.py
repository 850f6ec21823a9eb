"""What answers over HTTP have in common: when to come again, how much is read, why there is none."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx


def retry_after(text: str, now: datetime) -> timedelta:
    """How long `Retry-After` asks to wait (RFC 9110, 10.2.3): seconds, or an instant; zero if it does not."""
    if text.isascii() and text.isdigit() and len(text) < 9:
        return timedelta(seconds=int(text))
    try:
        instant = parsedate_to_datetime(text)
    except ValueError:
        return timedelta()
    known = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return max(known - now, timedelta())


async def read_small(answer: httpx.Response, largest: int) -> bytes:
    """A small answer to its end, so that its connection can be used again; of a larger one only so much."""
    whole = bytearray()
    async for piece in answer.aiter_raw():
        whole += piece
        if len(whole) > largest:
            break
    return bytes(whole[:largest])


def kind_of(error: BaseException) -> str:
    """What went wrong with a connection, in a word; nothing of what was sent."""
    certificate = error.__cause__ or error.__context__
    while certificate is not None and not isinstance(certificate, ssl.SSLError):
        certificate = certificate.__cause__ or certificate.__context__
    return certificate.reason or "TLS failed" if certificate is not None else type(error).__name__
