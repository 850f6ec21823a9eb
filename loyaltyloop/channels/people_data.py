"""People's data beyond the database: files with mails and exports go with their person."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Engine, Table, select

from loyaltyloop.channels.calls.hook_files import HookFiles
from loyaltyloop.channels.mail.eml import EmlFiles
from loyaltyloop.settings import Settings
from loyaltyloop.store.database import is_postgres, read, write_shop
from loyaltyloop.store.models import Customer, Event, Message
from loyaltyloop.store.privacy import requests
from loyaltyloop.store.privacy.erasing import Erased, erase
from loyaltyloop.store.privacy.export import export
from loyaltyloop.store.privacy.requests import Request
from loyaltyloop.store.privacy.subject import Subject, subject_of

customer: Table = Customer.__table__  # type: ignore[attr-defined]
event: Table = Event.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]
_SUFFIXES = (EmlFiles.suffix, HookFiles.suffix, ".unfinished")
KEPT = timedelta(days=30)  # a file that was written for a shop: so long has Shopify's request


@dataclass(frozen=True)
class Files:
    """Where files about people lie: mails that the `.eml` way out wrote, and exports for a shop."""

    outbox: Path
    exports: Path

    @classmethod
    def of(cls, settings: Settings) -> Files:
        """Those of this project."""
        return cls(settings.outbox, settings.var / "privacy")

    def write(self, key: str, document: dict[str, Any]) -> Path:
        """Write an export which nobody but its owner can read; where it is."""
        self.exports.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.exports / f"{key}.json"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(as_bytes(document))
        return path

    def forget(self, keys: Iterable[str]) -> int:
        """Delete the files that are called after these keys; how many there were."""
        count = 0
        for key in keys:
            names = [self.outbox / f"{key}{suffix}" for suffix in _SUFFIXES]
            for path in (*names, self.exports / f"{key}.json"):
                if path.exists():
                    path.unlink(missing_ok=True)
                    count += 1
        return count


def as_bytes(document: dict[str, Any]) -> bytes:
    """An export as people can read it."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


def erase_person(engine: Engine, files: Files, subject: Subject, now: datetime) -> Erased:
    """Erase this person in the database, and then their files. What cannot be deleted now is swept later."""
    with write_shop(engine) as connection:
        erased = erase(connection, subject, now)
    clean(engine, files, erased.keys)
    return erased


def clean(engine: Engine, files: Files, keys: Iterable[str]) -> int:
    """What is to be done once an erasure is committed: files, and the journal of SQLite. How many files."""
    count = files.forget(keys)
    if not is_postgres(engine):
        with closing(engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return count


def sweep(engine: Engine, files: Files, now: datetime) -> int:
    """Delete what came after an erasure, as by a delivery that was at work; and exports of long ago."""
    joined = select(message.c.key).join(customer, customer.c.id == message.c.customer_id)
    with read(engine) as connection:
        gone = list(connection.execute(joined.where(customer.c.erased_at.is_not(None))).scalars())
        old = [one.key for one in requests.listed(connection, "done") if one.asked_at < now - KEPT]
    return clean(engine, files, [*gone, *old])


def carry_out(engine: Engine, files: Files, now: datetime) -> int:
    """Carry out what shops have asked for. How many requests there were.

    But not that all is to be erased: in one database nobody can tell whose shop it is. A person says so.
    """
    with read(engine) as connection:
        due = [one for one in requests.listed(connection, "due") if one.kind != "erase_shop"]
    for one in due:
        carry_out_one(engine, files, one, now)
    return len(due)


def carry_out_one(engine: Engine, files: Files, asked: Request, now: datetime) -> None:
    """Export or erase whom a shop means."""
    with write_shop(engine) as connection:
        subject = subject_of(connection, asked.ids)
        keys: tuple[str, ...] = ()
        reason = "" if subject.customers else "nobody was known by these ids"
        if asked.kind == "erase":
            keys = erase(connection, subject, now).keys
        elif subject.customers:
            files.write(asked.key, export(connection, subject, now))
        requests.done(connection, asked.key, now, reason)
    if keys:
        clean(engine, files, keys)


def erase_all(engine: Engine, files: Files, asked: Request, now: datetime) -> int:
    """Erase everybody of whom this kind of shop has ever told; how many they were."""
    told = select(event.c.customer_id).where(event.c.source == asked.origin, event.c.customer_id.is_not(None))
    alive = customer.c.erased_at.is_(None)
    with read(engine) as connection:
        found = select(customer.c.id).where(alive, customer.c.id.in_(told)).order_by(customer.c.id)
        people = list(connection.execute(found).scalars())
    count = 0
    for one in people:
        with read(engine) as connection:
            subject = subject_of(connection, (), {one})
        count += erase_person(engine, files, subject, now).customers
    with write_shop(engine) as connection:
        requests.done(connection, asked.key, now)
    return count
