"""How fast messages leave: claimed, judged by the gate, rendered, stored, handed over and recorded.

Each way out is held against a bare loop of its client library that hands over the same messages, ready
made, to the same server, over as many connections.
"""

from __future__ import annotations

import asyncio
import smtplib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import httpx
from sqlalchemy import Engine, func, select

from benchmarks.databases import Server
from benchmarks.journeys import PUBLIC, message
from benchmarks.shop import START, open_shop, sign_up
from loyaltyloop.channels.http.postmark import Postmark, PostmarkSettings
from loyaltyloop.channels.http.sendgrid import SendGrid, SendGridSettings
from loyaltyloop.channels.http.way import HttpWay, Request
from loyaltyloop.channels.mail.smtp import Smtp
from loyaltyloop.channels.mail.smtp_line import Line
from loyaltyloop.channels.mail.smtp_line import Server as MailServer
from loyaltyloop.channels.out import Outcome, Outgoing, WayOut
from loyaltyloop.store.database import read
from loyaltyloop.turn.runner import tick
from loyaltyloop.turn.world import World

AT_ONCE = 16  # requests
CONNECTIONS = 4  # to the mail server
ROUNDS = 4
NOW = START + timedelta(seconds=1)


@dataclass(frozen=True)
class Rates:
    """Messages a second: ours, and by the bare loop."""

    ours: float
    bare: float


def by_http(server: Server, port: int, count: int) -> Rates:
    """A request for each message, as SendGrid wants it."""
    settings = SendGridSettings(url=f"http://127.0.0.1:{port}", api_key="key", rate=0, at_once=AT_ONCE)
    return _rates(server, count, lambda: SendGrid(settings, _now), _post)


def by_http_together(server: Server, port: int, count: int) -> Rates:
    """25 messages in a request, as Postmark wants them; the sink says of none what became of it."""
    settings = PostmarkSettings(url=f"http://127.0.0.1:{port}", token="key", rate=0, at_once=AT_ONCE)
    return _rates(server, count, lambda: _Blind(settings, _now), _post)


def by_smtp(server: Server, port: int, count: int) -> Rates:
    """To a mail server without TLS, which would cost both the same."""
    where = MailServer("127.0.0.1", port, tls="none", connections=CONNECTIONS)
    return _rates(server, count, lambda: Smtp(where), lambda sent: _send(where, sent))


class _Blind(Postmark):
    """Takes 200 to mean that all were taken."""

    def unpack(self, several: Sequence[Outgoing], status: int, *_: object) -> list[Outcome]:
        return [self.judged(outgoing, status) for outgoing in several]


def _now() -> datetime:
    return datetime.now(UTC)


def _rates(
    server: Server, count: int, open_way: Callable[[], WayOut], bare: Callable[[list[Any]], None]
) -> Rates:
    """In turns, as the machine may slow down meanwhile."""
    ours = floor = 0.0
    _deliver(server, open_way(), 100)  # imports and compiles
    for _ in range(ROUNDS):
        way = open_way()
        sent = _noted(way)
        ours += _deliver(server, way, count)
        start = time.perf_counter()
        bare(sent)
        floor += time.perf_counter() - start
    return Rates(ROUNDS * count / ours, ROUNDS * count / floor)


def _noted(way: WayOut) -> list[Any]:
    """What will be handed over: requests, or messages with their bytes."""
    sent: list[Any] = []
    if isinstance(way, HttpWay):
        pack = way.pack

        def noting(several: Sequence[Outgoing]) -> Request:
            sent.append(request := pack(several))
            return request

        way.pack = noting  # type: ignore[method-assign]
    elif isinstance(way, Smtp):
        for line in way._lines:
            _note_line(line, sent)
    return sent


def _note_line(line: Line, sent: list[Outgoing]) -> None:
    send = line.send

    def noting(message: Outgoing) -> Outcome:
        ready = replace(message, content=message.raw)
        sent.append(ready)
        return send(ready)

    line.send = noting  # type: ignore[method-assign]


def _deliver(server: Server, way: WayOut, count: int) -> float:
    """Seconds in which messages that were planned before leave by this way."""
    with server.database() as engine:
        open_shop(engine)
        sign_up(engine, count)
        tick(World(engine, {}, b"a secret of this benchmark only", PUBLIC), START)
        world = World(engine, {"email": way}, b"a secret of this benchmark only", PUBLIC)
        start = time.perf_counter()
        tick(world, NOW)
        seconds = time.perf_counter() - start
        _check(engine, count)
    return seconds


def _check(engine: Engine, count: int) -> None:
    chosen = select(message.c.state, func.count()).group_by(message.c.state)
    with read(engine) as connection:
        found = dict(connection.execute(chosen).tuples().all())
    if found.get("handed_over") != count:
        raise RuntimeError(f"{count} messages should have been handed over: {found}")


def _post(requests: list[Request]) -> None:
    """The bare loop over HTTP."""

    async def post() -> None:
        waiting = iter(requests)
        limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
        async with httpx.AsyncClient(limits=limits, trust_env=False) as client:

            async def work() -> None:
                for request in waiting:
                    answer = await client.post(request.url, content=request.content, headers=request.headers)
                    answer.raise_for_status()

            await asyncio.gather(*(work() for _ in range(AT_ONCE)))

    asyncio.run(post())


def _send(where: MailServer, sent: list[Outgoing]) -> None:
    """The bare loop over SMTP."""

    def work(place: int) -> None:
        with smtplib.SMTP(where.host, where.port) as connection:
            for outgoing in islice(sent, place, None, CONNECTIONS):
                connection.sendmail(outgoing.sender, [outgoing.to], outgoing.raw)

    with ThreadPoolExecutor(CONNECTIONS) as threads:
        list(threads.map(work, range(CONNECTIONS)))
