"""What all routes work with: the database, who writes to it, the secret and the clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from loyaltyloop.journey.model import Shop
from loyaltyloop.settings import Settings
from loyaltyloop.store.database import read
from loyaltyloop.store.live.versions import load_shop
from loyaltyloop.store.schema import open_store
from loyaltyloop.web.limits import Limits
from loyaltyloop.web.metrics import Metrics
from loyaltyloop.web.providers.certificates import Certificates
from loyaltyloop.web.responses.settle import settle
from loyaltyloop.web.waking.listeners import Directory
from loyaltyloop.web.waking.waker import Bell, Nobody, Waker, Waking
from loyaltyloop.web.writer import Writer

if TYPE_CHECKING:
    from starlette.requests import Request


def present() -> datetime:
    """The present instant (UTC): a web service is an outermost caller, and may ask the clock."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Service:
    """One web service on one database. `clock`, `ticks` and `certificates` (Amazon's) are replaced in tests.

    `waker` is told of what was committed, so that journeys which listen for it have a turn.
    `counts`: what happened since it began, by name and labels, as `/metrics` tells it (metrics.COUNTED); only
    the event loop counts. `ticks`: seconds that never go back, for limits.
    """

    engine: Engine
    settings: Settings
    clock: Callable[[], datetime] = present
    ticks: Callable[[], float] = monotonic
    certificates: Certificates = field(default_factory=Certificates)
    waker: Waking = field(default_factory=Nobody)
    writer: Writer = field(init=False)
    counts: Counter[tuple[str, ...]] = field(default_factory=Counter, init=False)
    metrics: Metrics = field(init=False)
    limits: Limits = field(init=False)

    def __post_init__(self) -> None:
        metrics = Metrics(self.counts, lambda: self.writer.waiting)
        object.__setattr__(self, "metrics", metrics)
        self.waker.count_in(self.counts)
        object.__setattr__(self, "limits", Limits.of(self.settings))
        writer = Writer(self.engine, settle, self.waker.heard, observe=metrics.committed)
        object.__setattr__(self, "writer", writer)

    @classmethod
    def open(cls, settings: Settings, ring: Bell | None = None) -> Service:
        """The service that these settings describe; the database is brought to the newest schema.

        `ring`: how journeys are woken by what arrives; None: their next turns take it.
        """
        engine = open_store(settings.database)
        waker = Waker(Directory(engine), ring, present) if ring else Nobody()
        return cls(engine, settings, waker=waker)

    @property
    def secret(self) -> bytes:
        """What tokens in links are signed with."""
        return self.settings.secret()

    @property
    def public_url(self) -> str:
        """Where the outside finds this service, without a slash at the end."""
        return self.settings.public_url.rstrip("/")

    def shop(self) -> Shop:
        """The shop as it was applied last. UserError if nothing was."""
        with read(self.engine) as connection:
            return load_shop(connection)


def service_of(request: Request) -> Service:
    """The service that a request came to."""
    found = request.app.state.service
    assert isinstance(found, Service)
    return found
