"""Bodies of requests, read and unpacked no further than they may be large."""

from __future__ import annotations

import zlib

from starlette.requests import ClientDisconnect, Request

GZIP = 16 + zlib.MAX_WBITS  # of zlib: a gzip header is wanted


class Unreadable(ValueError):
    """A body that is not packed as it says it is."""


async def read_body(request: Request, most: int) -> bytes | None:
    """The raw body, of at most so many bytes; None as soon as it proves too large: the rest is not read.

    Empty where the sender hung up: nobody is there to be answered.
    """
    try:
        return await collect(request, most)
    except ClientDisconnect:
        return b""


async def collect(request: Request, most: int) -> bytes | None:
    """The same; ClientDisconnect where the sender hung up: what came so far may be half of what was meant."""
    found = bytearray()
    async for piece in request.stream():
        found += piece
        if len(found) > most:
            return None
    return bytes(found)


def unpack_gzip(packed: bytes, most: int) -> bytes | None:
    """What was packed, of at most so many bytes; None as soon as it proves larger: the rest is not unpacked.

    Raises Unreadable for what is no gzip, ends too early, or goes on behind its end.
    """
    unpacker = zlib.decompressobj(GZIP)
    try:
        found = unpacker.decompress(packed, most + 1)
    except zlib.error:
        raise Unreadable("no gzip, as the header says it is") from None
    if len(found) > most:
        return None
    if not unpacker.eof:
        raise Unreadable("gzip that ends too early")
    if unpacker.unused_data:
        raise Unreadable("gzip with something behind its end")
    return found
