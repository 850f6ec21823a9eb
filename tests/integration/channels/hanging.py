"""A mail server that fails at a word: it says nothing more, or hangs up."""

from __future__ import annotations

import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from loyaltyloop.channels.smtp import Server


class Failing(socketserver.ThreadingTCPServer):
    """Answers until it hears a line that begins with `at` (b"": from the first), then hangs, or hangs up."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, at: bytes, hangs_up: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.at = at
        self.hangs_up = hangs_up
        self.connections = 0
        self.taken: list[bytes] = []

    @property
    def settings(self) -> Server:
        """How to reach it."""
        return Server("127.0.0.1", int(self.server_address[1]), tls="none")


class _Session(socketserver.StreamRequestHandler):
    server: Failing

    def handle(self) -> None:
        self.server.connections += 1
        failed = not (self.server.at and self._say(b"220 hello")) or not all(map(self._answer, self.rfile))
        if failed and not self.server.hangs_up:
            self.rfile.read()  # until the other side has had enough

    def _answer(self, line: bytes) -> bool:
        """Answer one line; False where it fails."""
        if line.upper().startswith(self.server.at):
            return False
        if not line.upper().startswith(b"DATA"):
            return self._say(b"250 OK")
        self._say(b"354 go on")
        message = b"".join(iter(self.rfile.readline, b".\r\n"))
        if self.server.at == b".":
            return False
        self.server.taken.append(message)
        return self._say(b"250 OK")

    def _say(self, answer: bytes) -> bool:
        self.wfile.write(answer + b"\r\n")
        return True


@contextmanager
def failing(at: bytes = b"", hangs_up: bool = False) -> Iterator[Failing]:
    """Such a server, at work."""
    with Failing(at, hangs_up) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
