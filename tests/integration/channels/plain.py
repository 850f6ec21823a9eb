"""The simplest provider over HTTP, one that knows keys, and what is handed to them."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Any, ClassVar

from loyaltyloop.channels.http.meaning import Meaning
from loyaltyloop.channels.http.settings import HttpSettings
from loyaltyloop.channels.http.way import HttpWay, Request
from loyaltyloop.channels.out import Outcome, Outgoing

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


class Plain(HttpWay[HttpSettings]):
    """A provider that takes bytes, and knows a key."""

    name, title = "plain", "Plain"
    idempotent = False
    meanings: ClassVar[Mapping[str, Meaning]] = {
        "no_such_user": "refused",
        "out_of_credit": "away",
        "504": "later",
    }

    def request(self, outgoing: Outgoing) -> Request:
        return Request(f"{self.settings.url}/send", outgoing.raw, {"x-key": outgoing.key})

    def code(self, body: bytes) -> str:
        return body.decode()


class Keyed(Plain):
    """One that does nothing twice for one key."""

    idempotent = True


def way(url: str, kind: type[Plain] = Plain, context: ssl.SSLContext | None = None, **settings: Any) -> Plain:
    return kind(HttpSettings(url=url, **({"rate": 0, "timeout": 3} | settings)), lambda: NOW, context)


def batch(count: int = 1) -> list[Outgoing]:
    return [
        Outgoing(f"key-{n:03}", "shop@shop.example", "ada@example.com", b"body %d" % n) for n in range(count)
    ]


def handed(url: str, count: int = 1, kind: type[Plain] = Plain, **settings: Any) -> list[Outcome]:
    with closing(way(url, kind, **settings)) as out:
        assert out.open() is None
        return list(out.hand_over(batch(count)))
