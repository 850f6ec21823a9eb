"""Devices that take pushes: by the token that the app tells with what its owner does."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, ScalarSelect, Table, exists, select, update

from loyaltyloop.store import bulk
from loyaltyloop.store.among import among
from loyaltyloop.store.canonical import Refused, plain_text
from loyaltyloop.store.models import Device

device: Table = Device.__table__  # type: ignore[attr-defined]

LONGEST = 1024  # letters of a token; those of FCM have about 160
PLATFORMS = ("android", "ios", "web")
_COLUMNS = ("token", "customer_id", "platform", "seen_at", "dropped_at")


@dataclass(frozen=True)
class Seen:
    """A device that was in somebody's hands at an instant. `platform`: android, ios, web or empty."""

    token: str
    platform: str
    at: datetime
    dropped_at: datetime | None = None


def seen(context: Mapping[str, Any] | None, at: datetime) -> Seen | None:
    """The device that a call's context tells of (Segment's `device`: `type`, `token`); None for most."""
    told = (context or {}).get("device")
    token = told.get("token") if isinstance(told, Mapping) else None
    if not isinstance(told, Mapping) or not isinstance(token, str) or not _can_be(token):
        return None
    platform = told.get("type")
    known = platform.lower() if isinstance(platform, str) else ""
    return Seen(token, known if known in PLATFORMS else "", at)


def _can_be(token: str) -> bool:
    try:
        plain_text(token)
    except Refused:
        return False
    return 0 < len(token) <= LONGEST and token.isascii() and token.isprintable() and " " not in token


def write(connection: Connection, told: Iterable[tuple[int, Seen]]) -> None:
    """Whose each device (customer id, device) is: whoever held it last. One that was dropped comes back
    when it is seen again."""
    found = list(told)
    if not found:
        return
    tokens = {one.token for _, one in found}
    wanted = bulk.fill_temporary(connection, "wanted_device", {"token": str}, ((one,) for one in tokens))
    rows = connection.execute(select(device).join(wanted, wanted.c.token == device.c.token))
    known = {
        row.token: (row.customer_id, Seen(row.token, row.platform, row.seen_at, row.dropped_at))
        for row in rows
    }
    for who, one in found:
        there = known.get(one.token)
        if there is None or there[1].at <= one.at:
            gone = there[1].dropped_at if there else None
            known[one.token] = who, replace(one, dropped_at=gone if gone and gone >= one.at else None)
    values = ((one.token, who, one.platform, one.at, one.dropped_at) for who, one in known.values())
    bulk.upsert_rows(connection, device, ["token"], list(_COLUMNS), values)


def drop(connection: Connection, tokens: Collection[str], now: datetime) -> None:
    """These take no pushes any more: their provider says so."""
    if tokens:
        gone = among(connection, device.c.token, sorted(tokens))
        connection.execute(update(device).where(gone).values(dropped_at=now))


def has_device(customer: FromClause) -> ColumnElement[bool]:
    """Does the customer of the row have a device that takes pushes?"""
    own = device.alias()
    mine = (own.c.customer_id == customer.c.id, own.c.dropped_at.is_(None))
    return exists().select_from(own).where(*mine).correlate_except(own)


def newest_token(customer: FromClause) -> ScalarSelect[str]:
    """The device that the customer of the row held last: the one that a push goes to."""
    own = device.alias()
    mine = (own.c.customer_id == customer.c.id, own.c.dropped_at.is_(None))
    chosen = select(own.c.token).where(*mine).order_by(own.c.seen_at.desc(), own.c.token).limit(1)
    return chosen.correlate_except(own).scalar_subquery()
