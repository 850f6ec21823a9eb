"""Orders that use codes: a code is redeemed by the first order that names it, whoever placed that.

An order names a code itself, by its products, or by what was applied to it at the checkout. One that is
cancelled or paid back later has used its code all the same: no shop takes a code twice for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, and_, or_, select, update

from loyaltyloop.journey.codes import matched
from loyaltyloop.store.among import among
from loyaltyloop.store.bulk import fill_temporary
from loyaltyloop.store.models import Event, Order
from loyaltyloop.store.orders.orders import PLACED, products_of
from loyaltyloop.store.segment import PUBLIC
from loyaltyloop.store.vouchers.gifts import gift
from loyaltyloop.store.vouchers.stock import note_used, voucher

event: Table = Event.__table__  # type: ignore[attr-defined]
order: Table = Order.__table__  # type: ignore[attr-defined]
APPLIED, REMOVED = "Coupon Applied", "Coupon Removed"
EVENTS = frozenset((*PLACED, APPLIED, REMOVED))
_NAMES = ("coupon", "coupon_id", "coupon_name")
_LONGEST = 200


class Use(NamedTuple):
    """An order names a code, as it is matched."""

    code: str
    at: datetime
    order_id: str


def redeem(connection: Connection, told: Iterable[Any]) -> set[int]:
    """Let events that were just applied redeem the codes that they name; whose gifts those are.

    `told`: rows of events with `name`, `at`, `order_id` and `properties`, after their orders were written.
    """
    rows = [row for row in told if row.order_id is not None and row.name in EVENTS]
    placed = [row for row in rows if row.name in PLACED]
    uses = [Use(code, row.at, row.order_id) for row in placed for code in named(row.properties)]
    if rows:
        uses += _applied(connection, {row.order_id for row in rows})
    return _write(connection, uses) if uses else set()


def named(properties: Mapping[str, Any]) -> set[str]:
    """The codes that an order's event names, as they are matched."""
    found = set(_codes(properties))
    for item in products_of(properties) or ():
        found.update(_codes(item))
    return found


def _codes(said: Mapping[str, Any]) -> Iterator[str]:
    several = said.get("coupons")
    for value in (*(said.get(name) for name in _NAMES), *(several if isinstance(several, list) else ())):
        if isinstance(value, str) and len(value) <= _LONGEST:
            # Some shops name all codes of an order in one text.
            yield from (code for part in {value, *value.split(",")} if (code := matched(part)))


def _applied(connection: Connection, orders: set[str]) -> Iterator[Use]:
    """What was applied to these orders before they were placed, and was not taken off again.

    With the public key anybody could use up the codes of others, and of whole pools.
    """
    placed = select(order.c.order_id, order.c.ordered_at).where(
        among(connection, order.c.order_id, sorted(orders))
    )
    since = {row.order_id: row.ordered_at for row in connection.execute(placed)}
    columns = (event.c.name, event.c.at, event.c.order_id, event.c.properties)
    said = select(*columns).where(
        among(connection, event.c.order_id, sorted(since)),
        event.c.name.in_((APPLIED, REMOVED)),
        event.c.source != PUBLIC,
        event.c.seq.is_not(None),
    )
    standing: dict[str, set[str]] = {}
    for row in connection.execute(said.order_by(event.c.at, event.c.message_id)):
        codes = standing.setdefault(row.order_id, set())
        if row.name == APPLIED:
            codes |= set(_codes(row.properties))
        else:
            codes -= set(_codes(row.properties))
    for order_id, codes in standing.items():
        yield from (Use(code, since[order_id], order_id) for code in codes)


def _write(connection: Connection, uses: Iterable[Use]) -> set[int]:
    """The earliest use of each code redeems it; a code that nobody was given is free no more."""
    first: dict[str, Use] = {}
    for use in sorted(uses, key=lambda use: (use.at, use.order_id)):
        first.setdefault(use.code, use)
    note_used(connection, first)
    columns = {"code": str, "at": datetime, "order_id": str}
    used = fill_temporary(connection, "code_use", columns, first.values())
    free = and_(voucher.c.matched.in_(select(used.c.code)), voucher.c.state == "free")
    connection.execute(update(voucher).where(free).values(state="taken"))
    earlier = or_(gift.c.redeemed_at.is_(None), gift.c.redeemed_at > used.c.at)
    mine = and_(gift.c.matched == used.c.code, earlier)
    owners = set(connection.execute(select(gift.c.customer_id).where(mine)).scalars())
    if owners:
        words = {"redeemed_at": used.c.at, "order_id": used.c.order_id}
        connection.execute(update(gift).where(mine).values(state="redeemed", **words))
    return owners
