"""A mail server that fails at a word: it says nothing more, or hangs up."""

from __future__ import annotations

import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from loyaltyloop.channels.mail.smtp import Server


class Failing(socketserver.ThreadingTCPServer):
    """Answers until it hears a line that begins with `at` (b"": from the first), then hangs, or hangs up.

    `extensions`: what it says that it knows; `heard`: all commands. No more than `most` connections at once.
    `refuses`: how a command begins that it refuses; it wants the message all the same. `thanks`: what it
    says when it has taken one.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, at: bytes, hangs_up: bool, extensions: tuple[bytes, ...] = (), most: int = 99) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.at = at
        self.hangs_up = hangs_up
        self.extensions = extensions
        self.heard: list[bytes] = []
        self.most = most
        self.refuses, self.thanks = b"\0", b"250 OK"
        self.here = self.connections = 0
        self.taken: list[bytes] = []

    @property
    def settings(self) -> Server:
        """How to reach it."""
        return Server("127.0.0.1", int(self.server_address[1]), tls="none")


class _Session(socketserver.StreamRequestHandler):
    server: Failing
    refused = False

    def handle(self) -> None:
        self.server.connections += 1
        self.server.here += 1
        try:
            if self.server.here > self.server.most:
                self._say(b"421 4.7.0 too many connections")
            else:
                self._serve()
        finally:
            self.server.here -= 1

    def _serve(self) -> None:
        failed = not (self.server.at and self._say(b"220 hello")) or not all(map(self._answer, self.rfile))
        if failed and not self.server.hangs_up:
            self.rfile.read()  # until the other side has had enough

    def _answer(self, line: bytes) -> bool:
        """Answer one line; False where it fails."""
        self.server.heard.append(line.rstrip())
        if line.upper().startswith(self.server.at):
            return False
        if line.upper().startswith(b"EHLO"):
            names = [b"mail.example", *self.server.extensions]
            return all(
                self._say(b"250%s%s" % (b" " if last == len(names) else b"-", name))
                for last, name in enumerate(names, 1)
            )
        if line.upper().startswith(self.server.refuses):
            self.refused = True
            return self._say(b"550 5.1.1 no such mailbox")
        if not line.upper().startswith(b"DATA"):
            return self._say(b"250 OK")
        self._say(b"354 go on")
        message = b"".join(iter(self.rfile.readline, b".\r\n"))
        if self.server.at == b".":
            return False
        if self.refused:
            self.refused = False
            return self._say(b"554 5.5.1 no valid recipients")
        self.server.taken.append(message)
        return self._say(self.server.thanks)

    def _say(self, answer: bytes) -> bool:
        self.wfile.write(answer + b"\r\n")
        return True


@contextmanager
def failing(
    at: bytes = b"", hangs_up: bool = False, extensions: tuple[bytes, ...] = (), most: int = 99
) -> Iterator[Failing]:
    """Such a server, at work."""
    with Failing(at, hangs_up, extensions, most) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
