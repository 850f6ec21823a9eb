"""Which journeys listen for what, as it is live: read anew when something was applied, paused or resumed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce

from sqlalchemy import Connection, Engine, select

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.conditions.listening import Listening, listens
from loyaltyloop.journey.model import Shop
from loyaltyloop.store.database import read
from loyaltyloop.store.live.versions import journey_table, load_shop, load_versions, shop_text
from loyaltyloop.store.people.customers import NAMES

LOOK_AGAIN = timedelta(seconds=5)  # whether something was applied
_NOTHING = Listening()


@dataclass(frozen=True)
class Listeners:
    """Journeys that can be woken, each with what it listens for. `apart`: of two turns of one, at least."""

    by_journey: Mapping[str, Listening] = field(default_factory=dict)
    apart: timedelta = timedelta(0)

    @property
    def all(self) -> Listening:
        """What anybody listens for."""
        return reduce(lambda one, other: one | other, self.by_journey.values(), _NOTHING)


class Directory:
    """The listeners of a database. A look costs one query of a row a journey; a change, reading them all."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._looked_at: datetime | None = None
        self._state: object = None
        self.listeners = Listeners()

    def look(self, now: datetime) -> Listeners:
        """Those of now, a few seconds old at most. Errors of the database are raised."""
        if self._looked_at is None or not self._looked_at <= now < self._looked_at + LOOK_AGAIN:
            with read(self._engine) as connection:
                state = _state(connection)
                if state != self._state:
                    self.listeners, self._state = load_listeners(connection), state
            self._looked_at = now
        return self.listeners


def load_listeners(connection: Connection) -> Listeners:
    """Who listens. A paused journey does nothing; into a retired one nobody enters."""
    rows = connection.execute(select(journey_table.c.name, journey_table.c.state)).all()
    if not rows:
        return Listeners()
    shop = load_shop(connection)
    found = {
        row.name: _of_journey(connection, row.name, row.state, shop) for row in rows if row.state != "paused"
    }
    return Listeners(found, _elapsed(shop.turns_at_least_apart))


def _of_journey(connection: Connection, name: str, state: str, shop: Shop) -> Listening:
    versions = load_versions(connection, name)
    newest = versions[-1].number
    parts = (
        listens(live.journey, live.number == newest and state == "live", shop.hold_while) for live in versions
    )
    found = reduce(lambda one, other: one | other, parts, _NOTHING)
    raw = {call for call, kept in NAMES.items() if kept in found.traits}  # as calls have them
    return found | Listening(traits=frozenset(raw))


def _state(connection: Connection) -> object:
    """It is another one when something was applied, paused or resumed."""
    columns = [journey_table.c[name] for name in ("name", "state", "version", "applied_at")]
    rows = connection.execute(select(*columns).order_by(journey_table.c.name)).all()
    return [tuple(row) for row in rows], shop_text(connection)


def _elapsed(apart: Duration) -> timedelta:
    return timedelta(days=apart.months * 30 + apart.days, seconds=apart.seconds)
