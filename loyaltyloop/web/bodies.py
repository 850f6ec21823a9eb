"""Bodies of requests, read no further than they may be large."""

from __future__ import annotations

from starlette.requests import ClientDisconnect, Request


async def read_body(request: Request, most: int) -> bytes | None:
    """The raw body, of at most so many bytes; None as soon as it proves too large: the rest is not read.

    Empty where the sender hung up: nobody is there to be answered.
    """
    found = bytearray()
    try:
        async for piece in request.stream():
            found += piece
            if len(found) > most:
                return None
    except ClientDisconnect:
        return b""
    return bytes(found)
