"""What the learned ranking counts over all customers: once a day, kept in the store, read once a process.

A turn that was killed and started again, a second worker and the same history walked twice read the same
bytes: they are committed with the first choices that were made by them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256

from sqlalchemy import Connection, delete, insert, select

from loyaltyloop.scores.purchases.reading import read_catalogue, read_past
from loyaltyloop.scores.ranking.shelf_side import ItemSide, item_side, load_side
from loyaltyloop.scores.recommending.figures import LOCK, figure
from loyaltyloop.store.database import is_postgres

KIND = "item_side"
_KEPT = timedelta(days=7)
_MOST = 4  # days that a process keeps

_loaded: dict[str, ItemSide] = {}  # by digest


def side_of(connection: Connection, now: datetime, currency: str) -> ItemSide:
    """As of the start of `now`'s day in UTC. `currency`: the shop's."""
    as_of = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    digest = _digest(connection, as_of) or _count(connection, as_of, currency)
    if digest not in _loaded:
        while len(_loaded) >= _MOST:
            _loaded.pop(next(iter(_loaded)))
        _loaded[digest] = _load(connection, as_of, currency)
    return _loaded[digest]


def _load(connection: Connection, as_of: datetime, currency: str) -> ItemSide:
    """What is there; counted once more where another version of the program has counted it."""
    try:
        return load_side(_content(connection, as_of))
    except ValueError:
        connection.execute(delete(figure).where(figure.c.kind == KIND, figure.c.as_of == as_of))
        _count(connection, as_of, currency)
        return load_side(_content(connection, as_of))


def _digest(connection: Connection, as_of: datetime) -> str | None:
    found = select(figure.c.value).where(figure.c.kind == KIND, figure.c.as_of == as_of, figure.c.key == "")
    value = connection.execute(found).scalar()
    return None if value is None else str(value["digest"])


def _content(connection: Connection, as_of: datetime) -> bytes:
    found = select(figure.c.content).where(figure.c.kind == KIND, figure.c.as_of == as_of, figure.c.key == "")
    return bytes(connection.execute(found).scalar_one())


def _count(connection: Connection, as_of: datetime, currency: str) -> str:
    """Count it and put it there, unless another worker has done so meanwhile; its digest."""
    if is_postgres(connection):  # on SQLite a transaction that writes is alone
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
        if found := _digest(connection, as_of):
            return found
    past = read_past(connection, as_of, currency)
    content = item_side(past, read_catalogue(connection, past, currency)).pack()
    digest = sha256(content).hexdigest()
    row = {"kind": KIND, "as_of": as_of, "key": "", "value": {"digest": digest}, "content": content}
    connection.execute(delete(figure).where(figure.c.kind == KIND, figure.c.as_of < as_of - _KEPT))
    connection.execute(insert(figure), [row])
    return digest
