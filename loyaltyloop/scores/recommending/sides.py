"""What the learned ranking counts over all customers: once a day, kept in the store, read once a process.

A turn that was killed and started again, a second worker and the same history walked twice read the same
bytes: they are committed before, or with, the first choices that are made by them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, delete, select

from loyaltyloop.scores.purchases.reading import read_catalogue, read_past
from loyaltyloop.scores.ranking.shelf_side import ItemSide, item_side, load_side
from loyaltyloop.scores.recommending.once import Once, Rows, figure, only_reads, start_of_day

KIND = "item_side"
_MOST = 4  # days that a process keeps

_loaded: dict[str, ItemSide] = {}  # by digest


@dataclass(frozen=True)
class Side(Once):
    """The counts of products as of the start of a day in UTC. `currency`: the shop's."""

    currency: str
    DONE = ""
    KEPT = timedelta(days=7)

    def rows(self, connection: Connection) -> Rows:
        """One: bytes, and their digest."""
        past = read_past(connection, self.as_of, self.currency)
        content = item_side(past, read_catalogue(connection, past, self.currency)).pack()
        value = {"digest": sha256(content).hexdigest()}
        return [{"kind": KIND, "as_of": self.as_of, "key": self.DONE, "value": value, "content": content}]

    def read(self, connection: Connection, column: Any) -> Any:
        """This column of what was counted."""
        mine = (figure.c.kind == KIND, figure.c.as_of == self.as_of, figure.c.key == self.DONE)
        return connection.execute(select(column).where(*mine)).scalar_one()

    def forget(self, connection: Connection) -> None:
        """As if it had not been counted."""
        connection.execute(delete(figure).where(figure.c.kind == KIND, figure.c.as_of == self.as_of))


def counts_of_products(now: datetime, currency: str) -> Side:
    """Those by which is ranked at `now`."""
    return Side(KIND, start_of_day(now), currency)


def side_of(connection: Connection, now: datetime, currency: str) -> ItemSide:
    """As of the start of `now`'s day in UTC. `currency`: the shop's."""
    side = counts_of_products(now, currency)
    if only_reads(connection) and not side.there(connection):
        return _for_this_once(connection, side)
    side.ensure(connection)
    digest = str(side.read(connection, figure.c.value)["digest"])
    if digest not in _loaded:
        while len(_loaded) >= _MOST:
            _loaded.pop(next(iter(_loaded)))
        _loaded[digest] = _load(connection, side)
    return _loaded[digest]


def _load(connection: Connection, side: Side) -> ItemSide:
    """What is there; counted once more where another version of the program has counted it."""
    try:
        return load_side(bytes(side.read(connection, figure.c.content)))
    except ValueError:
        if only_reads(connection):
            return _for_this_once(connection, side)
        side.forget(connection)
        side.ensure(connection)
        return load_side(bytes(side.read(connection, figure.c.content)))


def _for_this_once(connection: Connection, side: Side) -> ItemSide:
    (counted,) = side.rows(connection)
    return load_side(counted["content"])
