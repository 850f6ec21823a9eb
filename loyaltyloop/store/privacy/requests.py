"""Requests about people's data: asked for on a page or by a shop, confirmed, carried out, kept on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import uuid5

from sqlalchemy import Connection, Table, and_, func, insert, select, update

from loyaltyloop.journey.dice import MESSAGES
from loyaltyloop.store import bulk
from loyaltyloop.store.models import Customer, PrivacyRequest
from loyaltyloop.store.people.identity import Id

request: Table = PrivacyRequest.__table__  # type: ignore[attr-defined]
customer: Table = Customer.__table__  # type: ignore[attr-defined]

# A page can be opened by whoever got the mail passed on: its owner's mailbox must not be filled by it.
APART = timedelta(hours=1)
MOST, WITHIN = 3, timedelta(days=1)
VALID = timedelta(days=7)  # of a link in a letter
LOST = timedelta(hours=1)  # a letter that has been on its way for so long has left, or not
Kind = Literal["export", "erase", "erase_shop"]
_COLUMNS = [column.name for column in request.columns]


@dataclass(frozen=True)
class Request:
    """One request, as the table has it. Times are UTC."""

    key: str
    kind: Kind
    origin: str
    customer_id: int | None
    user_id: str | None
    anonymous_id: str | None
    address: str | None
    shop: str | None
    asked_at: datetime
    state: str
    reason: str
    expires_at: datetime | None
    done_at: datetime | None

    @property
    def ids(self) -> list[Id]:
        """By whom a shop means."""
        found: list[Id] = [] if self.user_id is None else [("user", self.user_id)]
        return found if self.anonymous_id is None else [*found, ("anonymous", self.anonymous_id)]


@dataclass(frozen=True)
class Notice:
    """A letter that is to leave: to whom, in which language, about which request."""

    request: Request
    email: str | None
    locale: str | None


def ask(connection: Connection, kind: Kind, customer_id: int, now: datetime) -> bool:
    """Somebody asks on their page: a letter with a link is to leave. False if too many have of late.

    To be asked under the shop-wide lock.
    """
    mine = and_(request.c.customer_id == customer_id, request.c.kind == kind, request.c.origin == "page")
    asked = request.c.asked_at
    times = connection.execute(select(asked).where(mine, asked > now - WITHIN)).scalars().all()
    if len(times) >= MOST or any(at > now - APART for at in times):
        return False
    key = connection.execute(select(customer.c.key).where(customer.c.id == customer_id)).scalar_one()
    about = {"kind": kind, "origin": "page", "customer_id": customer_id, "asked_at": now, "state": "asked"}
    name = str(uuid5(MESSAGES, f"{kind}\0{key}\0{now.isoformat()}"))
    connection.execute(insert(request).values(key=name, expires_at=now + VALID, reason="", **about))
    return True


def ask_by_shop(
    connection: Connection, kind: Kind, delivery: str, ids: Sequence[Id], shop: str | None, now: datetime
) -> None:
    """A shop asks; the same delivery a second time adds nothing."""
    known = dict(ids)
    columns = ("key", "kind", "origin", "user_id", "anonymous_id", "shop", "asked_at", "state", "reason")
    name = str(uuid5(MESSAGES, f"{kind}\0shopify\0{delivery}"))
    row = (name, kind, "shopify", known.get("user"), known.get("anonymous"), shop, now, "due", "")
    bulk.insert_new(connection, request, ("key",), columns, [row])


def letters(connection: Connection, now: datetime) -> list[Notice]:
    """The letters that are to leave. One that was lost on its way is given up: nobody gets one twice."""
    lost = and_(request.c.state == "mailing", request.c.asked_at < now - LOST)
    why = "the process died while handing over"
    connection.execute(update(request).where(lost).values(state="unsent", reason=why))
    chosen = select(request, customer.c.email, customer.c.locale).join(
        customer, customer.c.id == request.c.customer_id
    )
    rows = connection.execute(
        chosen.where(request.c.state == "asked", request.c.expires_at > now, customer.c.erased_at.is_(None))
    )
    return [
        Notice(Request(**{name: row._mapping[name] for name in _COLUMNS}), row.email, row.locale)
        for row in rows
    ]


def moves(connection: Connection, key: str, before: str, state: str, **more: str) -> bool:
    """Let a request go from one state to another; `more`: other columns. False if it was no longer there."""
    mine = and_(request.c.key == key, request.c.state == before)
    values = {"state": state, **more}
    return connection.execute(update(request).where(mine).values(values)).rowcount == 1


def done(connection: Connection, key: str, now: datetime, reason: str = "") -> None:
    """It was carried out. What named its person is no longer needed."""
    values = {"state": "done", "reason": reason, "user_id": None, "anonymous_id": None}
    first = func.coalesce(request.c.done_at, now)
    connection.execute(update(request).where(request.c.key == key).values(**values, done_at=first))


def find(connection: Connection, key: str) -> Request | None:
    """The request of this key."""
    row = connection.execute(select(request).where(request.c.key == key)).first()
    return None if row is None else Request(**row._mapping)


def listed(connection: Connection, state: str | None = None) -> list[Request]:
    """All requests, or those in this state, the oldest first."""
    chosen = select(request).order_by(request.c.asked_at, request.c.key)
    rows = connection.execute(chosen if state is None else chosen.where(request.c.state == state))
    return [Request(**row._mapping) for row in rows]
