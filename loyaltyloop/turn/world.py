"""What a turn works with: the database, the ways out and the secret, chosen once by the outermost caller."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Engine

from loyaltyloop.channels.out import WayOut
from loyaltyloop.channels.renderers import Renderers
from loyaltyloop.channels.ways_out import choose_ways
from loyaltyloop.settings import Settings
from loyaltyloop.store.schema import open_store


@dataclass(frozen=True)
class World:
    """The real thing by default; tests give ways out that only remember.

    `ways`: the way out of each channel; what is planned for another channel stays where it is.
    `clock`: tells the present (UTC) where turns are taken at the present; None where their time is made up.
    """

    engine: Engine
    ways: Mapping[str, WayOut]
    secret: bytes
    public_url: str
    clock: Callable[[], datetime] | None = None
    renderers: Renderers = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "renderers", Renderers(self.public_url, self.secret))

    @classmethod
    def open(cls, settings: Settings, clock: Callable[[], datetime] | None = None) -> World:
        """The world that these settings describe; the database is brought to the newest schema."""
        engine = open_store(settings.database)
        return cls(engine, choose_ways(settings), settings.secret(), settings.public_url, clock)
