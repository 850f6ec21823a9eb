"""What holds for every request: its limits, its id, its place in log and metrics, and headers of its answer.

Plain ASGI around all routes: it costs some microseconds, which ingest notices.
"""

from __future__ import annotations

import asyncio
import logging
from math import ceil
from random import getrandbits
from time import perf_counter
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from loyaltyloop.web import logs
from loyaltyloop.web.limits import AREAS
from loyaltyloop.web.metrics import METHODS
from loyaltyloop.web.responses import pages
from loyaltyloop.web.service import Service

log = logging.getLogger(__name__)
LARGEST_HEAD: Final = 16 * 1024  # bytes of all headers
LARGEST_TARGET: Final = 8 * 1024  # bytes of path and query
BODY_PATIENCE: Final = 20.0  # seconds that a sender may take for a body
HELD: Final = 128 * 1024 * 1024  # bytes of bodies, of all requests at work
NO_ROUTE: Final = "none"
STRICT: Final = (b"strict-transport-security", b"max-age=31536000")
# Of answers that say nothing else: nothing runs, frames or stores them.
_SAFE: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
)
Headers = list[tuple[bytes, bytes]]


class Declined(Exception):
    """A request that no route answers: the status, why, and after how many seconds it may come again."""

    def __init__(self, status: int, why: str, retry: int = 0) -> None:
        super().__init__(why)
        self.status, self.why, self.retry = status, why, retry


def is_for_people(path: str) -> bool:
    """Does a person see what is answered there?"""
    return AREAS.get(path[1:].partition("/")[0]) in ("links", "pages")


async def no_route(request: Request, error: Exception) -> Response:
    """Where no route leads, as a link that was broken on its way may: people get a page."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404 and is_for_people(request.url.path):
        return pages.gone()
    return JSONResponse({"detail": error.detail}, error.status_code, error.headers)


class Operation:
    """The service's application, with what holds for every request around it."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self.app = app
        self.service = service
        self.held = 0  # bytes of bodies
        public = service.settings.public_url.startswith("https:")
        self.headers = (*_SAFE, STRICT) if public else _SAFE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; whatever happens, it is answered, counted and logged."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = _Exchange(self, scope, receive, send)
        token = logs.REQUEST.set(exchange.noted)
        try:
            await exchange.run()
        finally:
            self.held -= exchange.read
            exchange.close()
            logs.REQUEST.reset(token)


class _Exchange:
    """A request and its answer. `read`, `sent`: bytes of their bodies."""

    __slots__ = ("_receive", "_send", "noted", "of", "read", "scope", "sent", "started", "status", "until")

    def __init__(self, of: Operation, scope: Scope, receive: Receive, send: Send) -> None:
        self.of, self.scope, self._receive, self._send = of, scope, receive, send
        self.noted = logs.Noted(f"{getrandbits(64):016x}")
        self.status = self.read = self.sent = 0
        self.until = 0.0
        self.started = perf_counter()

    async def run(self) -> None:
        try:
            has_body = self._check()
            await self.of.app(self.scope, self.receive if has_body else self._receive, self.send)
        except Declined as why:
            await self._decline(why)
        except Exception:
            # Logged here, and not raised: a server would print what the error says.
            log.exception("a request failed")
            await self._decline(Declined(500, "something went wrong here"))

    def _check(self) -> bool:
        """Does it come with a body? Declined: it is too large, or comes too early."""
        scope = self.scope
        size, key, length, chunked = 0, b"", b"", False
        for name, value in scope["headers"]:
            size += len(name) + len(value) + 4
            if name == b"authorization":
                key = value
            elif name == b"content-length":
                length = value
            elif name == b"transfer-encoding":
                chunked = True
        if size > LARGEST_HEAD:
            raise Declined(431, "the headers are too large")
        if len(scope["raw_path"]) + len(scope["query_string"]) > LARGEST_TARGET:
            raise Declined(414, "the address is too long")
        if chunked and length:  # where a body ends, a proxy may see otherwise (RFC 9112, 6.1)
            raise Declined(400, "both Content-Length and Transfer-Encoding are there")
        service, client = self.of.service, scope["client"]
        host = client[0] if client else None
        area, early = service.limits.early(scope["path"], host, key, service.ticks())
        if early:
            service.metrics.limited(area)
            raise Declined(429, "too many requests: come again later", ceil(early))
        return chunked or length not in (b"", b"0")

    async def receive(self) -> Message:
        """A piece of the body, in time, and while there is room for it."""
        loop = asyncio.get_running_loop()
        self.until = self.until or loop.time() + BODY_PATIENCE
        try:
            async with asyncio.timeout_at(self.until):
                message = await self._receive()
        except TimeoutError:
            raise Declined(408, "the body takes too long to come") from None
        size = len(message.get("body", b""))
        self.read += size
        self.of.held += size
        if self.of.held > HELD:
            raise Declined(503, "busy: try again", 1)
        return message

    async def send(self, message: Message) -> None:
        """The answer, with the headers that all answers have."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given: Headers = list(message.get("headers", ()))
            names = {name for name, _ in given}
            given += [header for header in self.of.headers if header[0] not in names]
            given.append((b"x-request-id", self.noted.id.encode()))
            message["headers"] = given
        else:
            self.sent += len(message.get("body", b""))
        await self._send(message)

    async def _decline(self, why: Declined) -> None:
        if self.status:  # it has begun to be answered; the server ends the connection
            return
        retry = str(why.retry or "")
        if is_for_people(self.scope["path"]):
            answer = pages.declined(why.status, retry)
        else:
            headers = {"Retry-After": retry} if retry else {}
            answer = JSONResponse({"success": False, "error": why.why}, why.status, headers)
        if why.status not in (429, 500):  # what is left of the request is not worth reading
            answer.headers["Connection"] = "close"
        await answer(self.scope, self._receive, self.send)

    def close(self) -> None:
        """Count it and log it."""
        seconds = perf_counter() - self.started
        route = self.scope.get("route")
        template = getattr(route, "path_format", NO_ROUTE)
        method = self.scope["method"]
        self.of.service.metrics.answered(template, method, self.status, seconds)
        if logs.requests.isEnabledFor(logging.INFO):
            logs.requests.info(
                "request",
                extra={
                    "said": {
                        "route": template,
                        "method": method if method in METHODS else "other",
                        "status": self.status,
                        "ms": round(seconds * 1000, 2),
                        "in": self.read,
                        "out": self.sent,
                        **self.noted.said,
                    }
                },
            )
