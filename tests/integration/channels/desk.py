"""A help desk on this machine: a real server that takes calls, notes them, and behaves as it is told."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from threading import Event, Thread
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
def desk(certificate: Path | None = None) -> Iterator[Desk]:
    """The desk while it is open; with a certificate by https."""
    told = Desk()
    handler = type("Handler", (_Handler,), {"desk": told})
    with _Server(("127.0.0.1", 0), handler) as server:
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        told.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def dripping(part: str, answer: bytes = b"") -> Iterator[str]:
    """The address of a server that sends its head or its body byte by byte; or this answer as a whole."""
    stop = Event()

    def serve(listening: socket) -> None:
        while not stop.is_set():
            try:
                connection, _ = listening.accept()
            except TimeoutError:
                continue
            with connection, suppress(OSError):
                connection.recv(65_536)
                if part == "whole":
                    connection.sendall(answer)
                    continue
                if part == "body":
                    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
                else:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nx: ")
                while not stop.wait(0.1):
                    connection.sendall(b"y")

    with socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(0.05)
        thread = Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/x"
        finally:
            stop.set()
            thread.join()
