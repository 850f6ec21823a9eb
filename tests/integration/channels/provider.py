"""A provider on this machine: a real HTTP server that notes what it is asked, and answers as it is told."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any

Answer = tuple[int, Mapping[str, str], bytes]


@dataclass(frozen=True)
class Asked:
    """One request; names of headers in small letters."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """What a body of JSON says."""
        return json.loads(self.body)


def told(status: int = 200, document: object = None, **headers: str) -> Answer:
    """An answer in JSON."""
    return (
        status,
        {name.replace("_", "-"): value for name, value in headers.items()},
        json.dumps(document).encode(),
    )


@dataclass
class Provider:
    """What was asked, in order. `answer`: an exception hangs up. `wait`: seconds before it."""

    answer: Callable[[Asked], Answer] = lambda _: told()
    wait: float = 0.0
    asked: list[Asked] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    connections: int = 0
    under_way: int = 0
    most: int = 0  # under way at once
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    provider: Provider
    lock: Lock

    def setup(self) -> None:
        super().setup()
        with self.lock:
            self.provider.connections += 1

    def do_POST(self) -> None:
        """Note it, and answer as is said."""
        provider = self.provider
        body = self.rfile.read(int(self.headers["content-length"]))
        asked = Asked(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        with self.lock:
            provider.asked.append(asked)
            provider.times.append(time.monotonic())
            provider.under_way += 1
            provider.most = max(provider.most, provider.under_way)
        time.sleep(provider.wait)
        try:
            status, headers, answer = provider.answer(asked)
        finally:
            with self.lock:
                provider.under_way -= 1
        self.send_response(status)
        for name, value in {"content-length": str(len(answer)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """Who calls may hang up before the answer, and an answer may be to hang up."""


@contextmanager
def providing(provider: Provider | None = None, certificate: Path | None = None) -> Iterator[Provider]:
    """The provider while it is open; with a certificate by https, as localhost."""
    provider = provider or Provider()
    handler = type("Handler", (_Handler,), {"provider": provider, "lock": Lock()})
    with _Server(("127.0.0.1", 0), handler) as server:
        provider.url = f"http://127.0.0.1:{server.server_address[1]}"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
            provider.url = f"https://localhost:{server.server_address[1]}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()
