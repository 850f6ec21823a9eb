"""The server under the application: uvicorn, with what it lacks against slow clients and for a clean end."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import socket
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from threading import Timer
from types import FrameType
from typing import Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from loyaltyloop.errors import UserError
from loyaltyloop.web import logs
from loyaltyloop.web.app import create_app
from loyaltyloop.web.limits import HOST, NOBODY, sender_of
from loyaltyloop.web.operation import LARGEST_HEAD
from loyaltyloop.web.service import Service

log = logging.getLogger(__name__)
IDLE: Final = 5  # seconds that a connection is kept without a request
GRACE: Final = 10  # seconds that the requests at work have left, when the service is to end
LAST_RESORT: Final = 18.0  # seconds after which it ends, whatever is still at work
HURRY: Final = 1.0  # the same after another signal
SHARE: Final = 4  # one address, unless a proxy's, may hold a quarter of all connections
FILES: Final = 256  # open files beside connections: the database's, logs, threads'
_BUSY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
)
_SLOW: Final = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


@dataclass(frozen=True)
class Patience:
    """How many seconds a client may take: for the head of a request, and to take in an answer."""

    head: float = 10.0
    answer: float = 30.0


class Bounded(H11Protocol):
    """A connection that is ended when its client takes too long. h11 reads no head beyond its limit."""

    service: Service
    patience: Patience
    shared: Callable[[str], bool]  # do many clients come from this address?
    peers: Counter[int]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take it, unless there are too many."""
        super().connection_made(transport)
        self.waits: float | None = self.loop.time()  # since when for a whole head
        self.stalls: float | None = None  # since when for the client to read
        host = self.client[0] if self.client else ""
        self.peer = sender_of(host)
        self.peers[self.peer] += 1
        self.service.metrics.connections += 1
        most = self.service.settings.connections
        greedy = self.peers[self.peer] > max(1, most // SHARE) and not self.shared(host)
        if len(self.connections) > most or greedy:
            self.end("too many", _BUSY)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self.service.metrics.connections -= 1
        self.peers[self.peer] -= 1
        if not self.peers[self.peer]:
            del self.peers[self.peer]
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """The clock runs while a head is not whole, however much of it keeps coming."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        self._look()

    def on_response_complete(self) -> None:
        """The clock runs anew for the next request."""
        super().on_response_complete()
        self._look()

    def _look(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self.waits = None
        elif self.waits is None:
            self.waits = self.loop.time()

    def pause_writing(self) -> None:
        """The client does not read."""
        super().pause_writing()
        self.stalls = self.loop.time()

    def resume_writing(self) -> None:
        """It reads again."""
        super().resume_writing()
        self.stalls = None

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP."""
        self.service.metrics.ended("no HTTP")
        super().send_400_response(msg)

    def look_at(self, now: float) -> None:
        """End it, if its client takes too long."""
        if self.stalls is not None and now - self.stalls > self.patience.answer:
            self.end("slow reader")
        elif self.waits is not None and now - self.waits > self.patience.head:
            self.end("slow head", b"" if self.transport.is_closing() else _SLOW)

    def end(self, why: str, word: bytes = b"") -> None:
        """End it, with a last word where there is one."""
        self.service.metrics.ended(why)
        if word:
            self.transport.write(word)
            self.transport.close()
            self.waits = self.loop.time()  # who does not take even that is cut off
        else:
            self.transport.abort()


class Server(uvicorn.Server):
    """uvicorn's server, which looks after its connections and ends with exit code 0."""

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second."""
        if counter % 5 == 0:
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                if isinstance(connection, Bounded):
                    connection.look_at(now)
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """A first signal: answer what is at work, take nothing new. Another one: do not wait.

        Not told to uvicorn, which would raise the signal again when all is done: that is no clean end.
        """
        if self.should_exit:
            self.force_exit = True
            _leave_within(HURRY)
            return
        self.should_exit = True
        _leave_within(LAST_RESORT)


def _leave_within(seconds: float) -> None:
    """Leave the process then, unless it has ended by itself: no thread and no database may hold it.

    Nothing is lost that was acknowledged, but somebody got no answer: that is exit code 1.
    """
    last = Timer(seconds, os._exit, (1,))
    last.daemon = True
    last.start()


def server_of(service: Service, patience: Patience | None = None) -> Server:
    """The server of this service; it listens where it is told when it runs."""
    config = uvicorn.Config(
        create_app(service),
        ws="none",
        http=_bounded(service, patience or Patience()),
        lifespan="on",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=service.settings.proxies,
        timeout_keep_alive=IDLE,
        timeout_graceful_shutdown=GRACE,
        h11_max_incomplete_event_size=LARGEST_HEAD,
    )
    return Server(config)


def _bounded(service: Service, patience: Patience) -> type[Bounded]:
    """Connections of this service: uvicorn makes them without arguments of ours."""
    networks = [ip_network(one) for one in service.settings.proxies]

    def shared(host: str) -> bool:
        return sender_of(host) in (HOST, NOBODY) or any(ip_address(host) in network for network in networks)

    own = {"service": service, "patience": patience, "shared": staticmethod(shared), "peers": Counter()}
    return type("Connection", (Bounded,), own)


def run(service: Service, host: str, port: int, tell: Callable[[], None]) -> None:
    """Listen, `tell` of it, until a signal says to end. UserError: nobody can listen there."""
    listening = listen(host, port)
    tell()
    logs.set_up(service.settings)
    _allow_files(service.settings.connections + FILES)
    server_of(service).run([listening])


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. UserError, if that cannot be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise UserError(
            f"Nobody can listen on {host}, port {port}: {error.strerror or error}. "
            "Is another `loop web` at work? Choose another with --port."
        ) from None


def _allow_files(wanted: int) -> None:
    """As many open files as there may be connections, as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
