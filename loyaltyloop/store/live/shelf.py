"""Writing what is live: versions of journeys, shop.yaml and templates, by the hash of their content."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, delete, func, insert, select, update

from loyaltyloop.journey.model import ByEvent, Journey
from loyaltyloop.store.events.touched import event, newest_seq
from loyaltyloop.store.live.versions import content_table, file_table, journey_table, load_shop, version_table


def open_journey(connection: Connection, journey: Journey, text: str, version: int, now: datetime) -> None:
    """Make a journey live that was not, or no longer; its first turn looks back as far as `max_age`.

    One that comes back has never looked at dates, conditions or schedules, like a new one.
    """
    name = journey.name
    cursors = {"entered_seq": _look_back(connection, journey, now), "seen_seq": newest_seq(connection)}
    known = connection.execute(select(journey_table.c.version).where(journey_table.c.name == name)).scalar()
    if known is None:
        row = {"name": name, "state": "live", "version": version, "applied_at": now, **cursors}
        connection.execute(insert(journey_table).values(row))
    else:
        entered = func.max if connection.dialect.name == "sqlite" else func.greatest
        later = entered(journey_table.c.entered_seq, cursors["entered_seq"])
        values = {"state": "live", "applied_at": now, "checked_at": None, "entered_seq": later}
        connection.execute(update(journey_table).where(journey_table.c.name == name).values(values))
    if known != version:
        add_version(connection, name, version, text, now)


def _look_back(connection: Connection, journey: Journey, now: datetime) -> int:
    """The last event before those that are young enough to enter: old ones are not even counted."""
    by = journey.enter.by
    if not isinstance(by, ByEvent):
        return newest_seq(connection)
    since = by.max_age.before(now, load_shop(connection).timezone)
    first = connection.execute(
        select(func.min(event.c.seq)).where(event.c.name.in_(by.events), event.c.at >= since)
    ).scalar()
    return newest_seq(connection) if first is None else int(first) - 1


def look_again(connection: Connection, journeys: Collection[str]) -> None:
    """Let the next turns of these journeys look again: at dates as far back as they catch up, and once a year
    enters; at a condition though the day was looked at, and nobody enters twice in it.
    """
    theirs = journey_table.c.name.in_(journeys)
    connection.execute(update(journey_table).where(theirs).values(checked_at=None))


def add_version(connection: Connection, journey: str, number: int, text: str, now: datetime) -> None:
    """Store a version and make it the newest."""
    row = {"journey": journey, "number": number, "hash": digest(text), "file": text, "applied_at": now}
    connection.execute(insert(version_table).values(row))
    connection.execute(
        update(journey_table).where(journey_table.c.name == journey).values(version=number, applied_at=now)
    )


def replace_text(connection: Connection, journey: str, number: int, text: str) -> None:
    """The same version in other words: nothing that decides differs."""
    connection.execute(
        update(version_table)
        .where(version_table.c.journey == journey, version_table.c.number == number)
        .values(hash=digest(text), file=text)
    )


def retire(connection: Connection, journey: str) -> None:
    """Nobody enters any more; those inside finish."""
    connection.execute(update(journey_table).where(journey_table.c.name == journey).values(state="retired"))


def put_file(connection: Connection, path: str, text: str) -> None:
    """Make a template, or shop.yaml, live with this text."""
    hash = digest(text)
    if not connection.execute(select(content_table.c.hash).where(content_table.c.hash == hash)).scalar():
        connection.execute(insert(content_table).values(hash=hash, body=text))
    drop_file(connection, path)
    connection.execute(insert(file_table).values(path=path, hash=hash))


def drop_file(connection: Connection, path: str) -> None:
    connection.execute(delete(file_table).where(file_table.c.path == path))


def digest(text: str) -> str:
    """The name of a content: its SHA-256."""
    return sha256(text.encode()).hexdigest()
