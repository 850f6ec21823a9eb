"""Fitted models on record: which version is live as of an instant, and the way back to the former.

Every version that was found good stays `live` and holds from its `as_of` on, until a newer one does: a walk
through the past meets the model of that time, and never one that knows what came later.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from loyaltyloop.errors import TrainingAtWork
from loyaltyloop.store.database import try_lock
from loyaltyloop.store.models import FittedModel

fitted: Table = FittedModel.__table__  # type: ignore[attr-defined]

LIVE, WITHDRAWN, REFUSED = "live", "withdrawn", "refused"
KEPT = 14  # versions of a model that stay with their bytes: two weeks of nights
_ABOUT = (
    fitted.c.name,
    fitted.c.version,
    fitted.c.state,
    fitted.c.as_of,
    fitted.c.fitted_at,
    fitted.c.digest,
    fitted.c.judged_digest,
    fitted.c.card,
    fitted.c.broke,
)


@dataclass(frozen=True)
class Version:
    """One version of a model as it stands on record, without its bytes.

    `broke`: the kind of error that it raised when it was asked; None: it did not.
    """

    name: str
    version: int
    state: str
    as_of: datetime
    fitted_at: datetime
    digest: str
    judged_digest: str
    card: dict[str, Any]
    broke: str | None = None


@dataclass(frozen=True)
class Made:
    """What a training made. `content`: the model; `judged`: the same without the newest period."""

    name: str
    as_of: datetime
    content: bytes
    judged: bytes
    card: dict[str, Any]

    @property
    def digest(self) -> str:
        """By which the same content is known again."""
        return sha256(self.content).hexdigest()

    @property
    def judged_digest(self) -> str:
        """Likewise of the twin's."""
        return sha256(self.judged).hexdigest()


def live_version(connection: Connection, name: str, now: datetime) -> Version | None:
    """The newest live version that knows of nothing from `now` (UTC) on."""
    return next(_read(connection, _live(name, now).limit(1)), None)


def versions(connection: Connection, name: str) -> list[Version]:
    """All that are on record, the newest first."""
    return list(
        _read(connection, select(*_ABOUT).where(fitted.c.name == name).order_by(fitted.c.version.desc()))
    )


def content_of(connection: Connection, version: Version) -> bytes:
    """Its bytes. ValueError if they are not those that were saved."""
    return _bytes(connection, version, fitted.c.content, version.digest)


def judged_content_of(connection: Connection, version: Version) -> bytes:
    """The bytes of its twin, which knows nothing of its newest period. ValueError likewise."""
    return _bytes(connection, version, fitted.c.judged, version.judged_digest)


def save(connection: Connection, made: Made, fitted_at: datetime, state: str) -> Version:
    """Put it on record; of one that is refused, only what is to be told of it.

    The very model that is live already, or was refused just so, is not put there twice.
    """
    before = _same(connection, made, state)
    if before:
        return before
    newest = select(func.max(fitted.c.version)).where(fitted.c.name == made.name)
    number = (connection.execute(newest).scalar() or 0) + 1
    refused = state == REFUSED
    row = {"name": made.name, "version": number, "state": state, "as_of": made.as_of, "fitted_at": fitted_at}
    row |= {"digest": made.digest, "judged_digest": made.judged_digest, "card": made.card}
    row |= {"content": b"" if refused else made.content, "judged": b"" if refused else made.judged}
    connection.execute(insert(fitted), [row])
    _forget_old(connection, made.name)
    digests = made.digest, made.judged_digest
    return Version(made.name, number, state, made.as_of, fitted_at, *digests, made.card)


def take_back(connection: Connection, name: str, now: datetime) -> tuple[Version | None, Version | None]:
    """Withdraw what is live as of `now`: what was withdrawn, and what is live then; None where nothing is."""
    found = live_version(connection, name, now)
    if found is None:
        return None, None
    this = (fitted.c.name == name) & (fitted.c.version == found.version)
    connection.execute(update(fitted).where(this).values(state=WITHDRAWN))
    return found, live_version(connection, name, now)


def note_broken(connection: Connection, version: Version, kind: str) -> bool:
    """It raised such an error when it was asked, and counts as not there from now on. Is that news?"""
    this = (fitted.c.name == version.name) & (fitted.c.version == version.version)
    noted = connection.execute(update(fitted).where(this, fitted.c.broke.is_(None)).values(broke=kind))
    return bool(noted.rowcount)


@contextmanager
def training_lock(engine: Engine, name: str) -> Iterator[None]:
    """One training of a model at a time; the lock dies with its process. TrainingAtWork if it is taken."""
    with try_lock(engine, f"train {name}") as taken:
        if not taken:
            raise TrainingAtWork(f"Another training of {name!r} is at work; try again when it has ended.")
        yield


def _live(name: str, now: datetime) -> Select[Any]:
    holds = (fitted.c.name == name) & (fitted.c.state == LIVE) & (fitted.c.as_of <= now)
    return select(*_ABOUT).where(holds).order_by(fitted.c.as_of.desc(), fitted.c.version.desc())


def _same(connection: Connection, made: Made, state: str) -> Version | None:
    """What is on record already: what is live as of the same instant, or what was fitted last and refused."""
    if state == LIVE:
        before = live_version(connection, made.name, made.as_of)
    else:
        last = select(*_ABOUT).where(fitted.c.name == made.name).order_by(fitted.c.version.desc()).limit(1)
        before = next(_read(connection, last), None)
    if before is None or (before.state, before.digest, before.as_of) != (state, made.digest, made.as_of):
        return None
    return before if state == LIVE or before.card == made.card else None


def _read(connection: Connection, wanted: Select[Any]) -> Iterator[Version]:
    return (_version(row) for row in connection.execute(wanted))


def _version(row: Row[Any]) -> Version:
    return Version(**row._mapping)


def _bytes(connection: Connection, version: Version, column: Any, digest: str) -> bytes:
    wanted = select(column).where(fitted.c.name == version.name, fitted.c.version == version.version)
    found = bytes(connection.execute(wanted).scalar_one())
    if sha256(found).hexdigest() != digest:
        raise ValueError("its bytes are not those that were saved")
    return found


def _forget_old(connection: Connection, name: str) -> None:
    """All but the newest, by number; of what is refused likewise, so that a card a night is no burden.

    And but the newest by their instants: who fits models of days gone by does not lose those of today.
    """
    by_number, by_instant = (fitted.c.version.desc(),), (fitted.c.as_of.desc(), fitted.c.version.desc())
    newest, latest = (_first(connection, name, LIVE, by) for by in (by_number, by_instant))
    if len(newest) == KEPT:
        old = (fitted.c.version < newest[-1]) & fitted.c.version.not_in(latest)
        connection.execute(delete(fitted).where(fitted.c.name == name, old))
    refused = _first(connection, name, REFUSED, by_number)
    if len(refused) == KEPT:
        old = (fitted.c.version < refused[-1]) & (fitted.c.state == REFUSED)
        connection.execute(delete(fitted).where(fitted.c.name == name, old))


def _first(connection: Connection, name: str, state: str, by: Sequence[ColumnElement[Any]]) -> Sequence[int]:
    """The numbers of the first that are kept in this order."""
    own = select(fitted.c.version).where(fitted.c.name == name, fitted.c.state == state)
    return connection.execute(own.order_by(*by).limit(KEPT)).scalars().all()
