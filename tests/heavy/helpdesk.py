"""A help desk in a process of its own: python -m tests.heavy.helpdesk FILE.

Prints its port, and writes a line with a call's id and the hash of its body to FILE before it takes the call.
A call whose signature does not hold is refused.
"""

from __future__ import annotations

import signal
import sys
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import IO

from loyaltyloop.signing import headers, read_secrets

SECRET = "whsec_" + "A" * 44


class Handler(BaseHTTPRequestHandler):
    """Takes what is signed."""

    protocol_version = "HTTP/1.1"
    file: IO[str]
    lock = Lock()

    def do_POST(self) -> None:
        """Note the call before it is taken: what is in the file has arrived."""
        body = self.rfile.read(int(self.headers["content-length"]))
        key, at = self.headers["webhook-id"], int(self.headers["webhook-timestamp"])
        signed = headers(read_secrets(SECRET), key, at, body)["webhook-signature"]
        if signed == self.headers["webhook-signature"]:
            with self.lock:
                self.file.write(f"{key} {sha256(body).hexdigest()}\n")
                self.file.flush()
        self.send_response(200 if signed == self.headers["webhook-signature"] else 401)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


class Server(ThreadingHTTPServer):
    """Who calls is killed now and then."""

    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """Connections break off: that is what is tried here."""


def main(path: str) -> None:
    """Serve until the process is ended."""
    with open(path, "a", encoding="ascii") as file:  # noqa: PTH123
        Handler.file = file
        server = Server(("127.0.0.1", 0), Handler)
        Thread(target=server.serve_forever, daemon=True).start()
        print(server.server_address[1], flush=True)
        signal.sigwait({signal.SIGTERM, signal.SIGINT})
        server.shutdown()


if __name__ == "__main__":
    main(sys.argv[1])
