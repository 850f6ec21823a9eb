"""A help desk on this machine: a real server that takes calls, notes them, and behaves as it is told."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


class Desk:
    """What arrived, in order; how to answer: a status, headers, a body, after so many seconds.

    `ways`: path → the same for that path alone.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, str], bytes]] = []
        self.status, self.wait, self.body = 200, 0.0, b"ok"
        self.headers: dict[str, str] = {}
        self.statuses: dict[str, int] = {}  # webhook-id → status
        self.connections = 0
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/desk"

    @property
    def ids(self) -> list[str]:
        """The ids of what arrived, sorted."""
        return sorted(headers["webhook-id"] for _, headers, _ in self.calls)

    @property
    def documents(self) -> list[Any]:
        """What the bodies say."""
        return [json.loads(body) for _, _, body in self.calls]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    desk: Desk

    def setup(self) -> None:
        super().setup()
        self.desk.connections += 1

    def do_POST(self) -> None:
        """Note it, and answer as is said."""
        desk = self.desk
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        desk.calls.append((self.path, headers, body))
        time.sleep(desk.wait)
        self.send_response(desk.statuses.get(headers["webhook-id"], desk.status))
        for name, value in {"content-length": str(len(desk.body)), **desk.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(desk.body)

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """Who calls may hang up before the answer."""


@contextmanager
def desk() -> Iterator[Desk]:
    """The desk while it is open."""
    told = Desk()
    handler = type("Handler", (_Handler,), {"desk": told})
    with _Server(("127.0.0.1", 0), handler) as server:
        told.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()
