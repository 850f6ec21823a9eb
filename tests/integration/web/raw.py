"""Bytes sent as they are, to a service on a socket."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from urllib.parse import urlsplit


def connect(url: str, seconds: float = 20) -> socket.socket:
    """A connection; what takes longer than so many seconds fails."""
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=seconds)


def ask(url: str, said: bytes) -> bytes:
    """The whole answer to these bytes, until the service hangs up; the head tells it to."""
    with connect(url) as line:
        with suppress(OSError):  # it may have hung up already
            line.sendall(said)
        return rest(line)


def rest(line: socket.socket) -> bytes:
    """All that still comes."""
    found = bytearray()
    with suppress(ConnectionError):
        while piece := line.recv(65_536):
            found += piece
    return bytes(found)


def status(answer: bytes) -> int:
    """The status of an answer; 0 where the service just hung up."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


def _hangs_up(line: socket.socket, byte: int) -> bool:
    """Send a byte: has the service closed the connection? While it listens for more it says nothing."""
    try:
        line.sendall(bytes([byte]))
        return not line.recv(1)
    except OSError as error:
        return not isinstance(error, TimeoutError)


def trickle(line: socket.socket, said: bytes, every: float, most: float) -> float:
    """Send byte by byte until the service hangs up; after how many seconds it did."""
    began = time.monotonic()
    line.settimeout(every)
    for byte in said:
        if _hangs_up(line, byte):
            return time.monotonic() - began
        assert time.monotonic() - began < most, "the service still listens"
    raise AssertionError("all was sent, and the service still listens")
