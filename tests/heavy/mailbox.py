"""A mail server in a process of its own: python -m tests.heavy.mailbox FILE.

Prints its port, and writes a line with the message's Message-ID to FILE before it takes a message.
"""

from __future__ import annotations

import signal
import socket
import sys
from email.parser import BytesHeaderParser
from typing import IO

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Mailbox:
    """Takes everything."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Note the message before it is acknowledged: what is in the file has arrived."""
        assert isinstance(envelope.content, bytes)
        self._file.write(BytesHeaderParser().parsebytes(envelope.content)["Message-ID"].strip() + "\n")
        self._file.flush()
        return "250 OK"


def free_port() -> int:
    """A port that nobody uses."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def main(path: str) -> None:
    """Serve until the process is ended."""
    with open(path, "a", encoding="ascii") as file:  # noqa: PTH123
        controller = Controller(Mailbox(file), hostname="127.0.0.1", port=free_port())
        controller.start()
        print(controller.port, flush=True)
        signal.sigwait({signal.SIGTERM, signal.SIGINT})
        controller.stop()


if __name__ == "__main__":
    main(sys.argv[1])
