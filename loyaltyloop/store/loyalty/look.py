"""The look at points, tiers, badges and friends: at whom something happened to, and whose time has come.

Each batch is one transaction under the shop-wide lock; whatever dies in between is found by the next turn.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import Connection, Table, exists, insert, literal, select, update

from loyaltyloop.journey.model import Shop
from loyaltyloop.store import bulk
from loyaltyloop.store.canonical import digest
from loyaltyloop.store.events.apply import apply_on
from loyaltyloop.store.loyalty import badges, ledger, referral_book, tier_book
from loyaltyloop.store.loyalty.announce import News, announce
from loyaltyloop.store.loyalty.codes import give_codes
from loyaltyloop.store.loyalty.heard import mark
from loyaltyloop.store.models import Customer, Imported, LoyaltyStanding

customer: Table = Customer.__table__  # type: ignore[attr-defined]
imported: Table = Imported.__table__  # type: ignore[attr-defined]
standing: Table = LoyaltyStanding.__table__  # type: ignore[attr-defined]
BATCH = 1000
_KIND, _KEY = "loyalty", "rules"
Opened = Callable[[], AbstractContextManager[Connection]]


def is_due(connection: Connection, now: datetime, shop: Shop) -> bool:
    """Is there anybody to look at? Reading stops nobody."""
    if not shop.loyal:
        return False
    return _known_rules(connection) != rules_of(shop) or bool(
        connection.execute(select(exists().where(standing.c.look_at <= now))).scalar()
    )


def look(opened: Opened, now: datetime, shop: Shop, secret: bytes) -> int:
    """Look at everybody who is to be looked at by `now`; how many. `opened`: under the shop-wide lock.
    `secret`: what codes are made with.

    Where shop.yaml says something new all are looked at, and what they have by then is told to nobody: a shop
    that begins with tiers does not congratulate everybody on one day.
    """
    if not shop.loyal:
        return 0
    with opened() as connection:
        new = _known_rules(connection) != rules_of(shop)
        if new:
            everybody(connection, now)
    total = _look_at_all(opened, now, shop, secret, telling=not new)
    if new:  # who dies before this begins anew
        with opened() as connection:
            _note_rules(connection, shop)
    return total


def _look_at_all(opened: Opened, now: datetime, shop: Shop, secret: bytes, telling: bool) -> int:
    total = 0
    while True:
        with opened() as connection:
            chosen = select(standing.c.customer_id, standing.c.looked_at).where(standing.c.look_at <= now)
            due_first = (standing.c.look_at, standing.c.customer_id)  # by the index: most are not due
            rows = connection.execute(chosen.order_by(*due_first).limit(BATCH)).all()
            if not rows:
                return total
            looks = {who: max(now, before or now) for who, before in rows}
            news = _look(connection, now, shop, looks)
            if shop.referral is not None:
                give_codes(connection, looks, secret)
            if telling and announce(connection, news, now):
                apply_on(connection, now, shop)
        total += len(rows)


def _look(connection: Connection, now: datetime, shop: Shop, looks: Mapping[int, datetime]) -> list[News]:
    """One batch; what is new. `looks`: customer → as of when: never earlier than at the last look."""
    brought = referral_book.refresh(connection, shop, looks)
    purses = ledger.refresh(connection, shop, now, looks)
    risen = tier_book.refresh(connection, shop, looks)
    news = [*brought.news, *risen.news, *badges.refresh(connection, shop, looks)]
    rows = []
    for who, at in looks.items():
        purse = purses.get(who)
        times = [brought.looks.get(who), risen.looks.get(who), None if purse is None else purse.lapses_next]
        rows.append((who, min((time for time in times if time is not None), default=None), at))
    bulk.update_rows(connection, standing, "customer_id", ["look_at", "looked_at"], rows)
    mark(connection, brought.referrers, now)
    return news


# ── rules that change ───────────────────────────────────────────────────────


def rules_of(shop: Shop) -> str:
    """The same for the same rules."""
    return digest([repr(part) for part in (shop.points, shop.tiers, shop.badges, shop.referral)])


def _known_rules(connection: Connection) -> str | None:
    mine = (imported.c.kind == _KIND) & (imported.c.key == _KEY)
    return connection.execute(select(imported.c.digest).where(mine)).scalar()


def _note_rules(connection: Connection, shop: Shop) -> None:
    columns = ["kind", "key", "digest"]
    bulk.upsert_rows(connection, imported, columns[:2], columns, [(_KIND, _KEY, rules_of(shop))])


def everybody(connection: Connection, now: datetime) -> None:
    """Let a turn look at all customers who are not erased."""
    new = select(customer.c.id, literal(now, standing.c.look_at.type)).where(
        customer.c.erased_at.is_(None), customer.c.id.not_in(select(standing.c.customer_id))
    )
    connection.execute(update(standing).values(look_at=now))
    connection.execute(insert(standing).from_select(["customer_id", "look_at"], new))
