"""Who takes everything: `python -m benchmarks.sink`, a provider over HTTP and two mail servers, right here.

The provider and the first mail server do as little as one can; the second is a real one, aiosmtpd. Prints the
three ports, and ends with its input.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session

_TAKEN = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\n\r\n{"id": "1"}'
_SAID = {b"data": b"354 go on\r\n", b"quit": b"221 bye\r\n", b"ehlo": b"250-sink\r\n250 PIPELINING\r\n"}


class Http(asyncio.Protocol):
    """Answers each request with 200."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        """A request is over when its body is as long as its head says."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
            if len(self._buffer) < end + 4 + length:
                return
            self._buffer = self._buffer[end + 4 + length :]
            self._transport.write(_TAKEN)


class Mail(asyncio.Protocol):
    """Answers each command with 250, and each message when its last line has come."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._buffer, self._in_message = b"", False
        self._transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        """Lines, or a message."""
        self._buffer += data
        while True:
            whole, found, rest = self._buffer.partition(b"\r\n.\r\n" if self._in_message else b"\r\n")
            if not found:
                return
            self._buffer = rest
            word = b"" if self._in_message else whole[:4].lower()
            self._in_message = word == b"data"
            self._transport.write(_SAID.get(word, b"250 OK\r\n"))


class Taking:
    """What aiosmtpd does with a message."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002
        """Nothing."""
        return "250 OK"


@contextmanager
def sink() -> Iterator[tuple[int, int, int]]:
    """The ports of HTTP and of both mail servers, while they are open."""
    command = [sys.executable, "-m", "benchmarks.sink"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdin is not None
        http, mail, real = map(int, running.stdout.readline().split())
        try:
            yield http, mail, real
        finally:
            running.stdin.close()


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    kinds = (Http, Mail, lambda: SMTP(Taking(), loop=loop))
    servers = [await loop.create_server(kind, "127.0.0.1", 0) for kind in kinds]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve())
