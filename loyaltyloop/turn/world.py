"""What a turn works with: the database, the ways out and the secret, chosen once by the outermost caller."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from secrets import token_hex
from threading import Lock
from time import monotonic

from sqlalchemy import Engine

from loyaltyloop.channels.out import WayOut
from loyaltyloop.channels.rendering.renderers import Renderers
from loyaltyloop.channels.ways_out import choose_ways
from loyaltyloop.settings import Settings
from loyaltyloop.store.schema import open_store


@dataclass(frozen=True)
class World:
    """The real thing by default; tests give ways out that only remember.

    `ways`: the way out of each channel; what is planned for another channel stays where it is.
    `clock`: tells the present (UTC) where turns are taken at the present; None where their time is made up.
    `deliverer`: a name like no other's, by which it is known whose claims are whose; it says nothing of the
    machine, decides nothing and reaches no message. `ticks`: seconds that pass evenly, by which its leases
    are kept. `at_work`: held by the one delivery that uses its ways out.
    """

    engine: Engine
    ways: Mapping[str, WayOut]
    secret: bytes
    public_url: str
    clock: Callable[[], datetime] | None = None
    deliverer: str = field(default_factory=lambda: token_hex(6), compare=False)
    ticks: Callable[[], float] = monotonic
    at_work: Lock = field(init=False, compare=False, default_factory=Lock)
    renderers: Renderers = field(init=False, compare=False)
    _deliveries: Iterator[int] = field(init=False, compare=False, default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        object.__setattr__(self, "renderers", Renderers(self.public_url, self.secret))

    @classmethod
    def open(cls, settings: Settings, clock: Callable[[], datetime] | None = None) -> World:
        """The world that these settings describe; the database is brought to the newest schema."""
        engine = open_store(settings.database)
        return cls(engine, choose_ways(settings), settings.secret(), settings.public_url, clock)

    def next_delivery(self) -> str:
        """The name of a delivery, like no other's."""
        return f"{self.deliverer}.{next(self._deliveries)}"
