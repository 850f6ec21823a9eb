"""A shop, and calls in short, for tests of the store."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine, Table, select

from loyaltyloop.journey.model import Market, Sender, Shop
from loyaltyloop.store.database import read, write
from loyaltyloop.store.events.ingest import Recorded, record
from loyaltyloop.store.segment import Call, read_call

SHOP = Shop(
    name="Sample Shop",
    timezone="Europe/London",
    currency="GBP",
    country="GB",
    sender=Sender("Sample Shop", "hello@example.com", "1 Example Road"),
    markets=(("DE", Market("EUR", rate=Decimal("0.8"), countries=("DE",))),),
)
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def at(hour: float, day: int = 1) -> str:
    """An instant in May 2026 as text."""
    minutes = round(hour * 60)
    return f"2026-05-{day:02}T{minutes // 60:02}:{minutes % 60:02}:00Z"


def call(raw: dict[str, Any]) -> Call:
    """The call, which must be one that is taken."""
    found = read_call(raw, lateness=SHOP.lateness)
    assert isinstance(found, Call), found
    return found


def track(who: str, event: str, when: str, **properties: Any) -> dict[str, Any]:
    """A track call of a user (or, with a name like `~x`, of a device)."""
    return {"type": "track", "event": event, "timestamp": when, "properties": properties} | ids(who)


def identify(who: str, when: str, device: str | None = None, **traits: Any) -> dict[str, Any]:
    """An identify call of a user, and the device."""
    beside = {} if device is None else {"anonymousId": device}
    return {"type": "identify", "timestamp": when, "traits": traits} | ids(who) | beside


def alias(new: str, old: str, when: str) -> dict[str, Any]:
    return {"type": "alias", "timestamp": when, "userId": new, "previousId": old}


def ids(who: str) -> dict[str, str]:
    return {"anonymousId": who[1:]} if who.startswith("~") else {"userId": who}


def feed(engine: Engine, raws: Iterable[dict[str, Any]]) -> Recorded:
    """Record calls, in one transaction."""
    with write(engine) as connection:
        return record(connection, [call(raw) for raw in raws])


def rows(engine: Engine, model: type[Any], *order: str) -> list[Any]:
    """All rows of a table."""
    table: Table = model.__table__
    with read(engine) as connection:
        return list(connection.execute(select(table).order_by(*(table.c[name] for name in order))).all())


def one(engine: Engine, model: type[Any]) -> Any:
    """The only row of a table."""
    (row,) = rows(engine, model)
    return row
