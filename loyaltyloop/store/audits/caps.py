"""No cap was exceeded: by the shop.yaml that each message was judged by, in the zone its reader had then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, Table, func, select

from loyaltyloop.journey.clock.times import to_local
from loyaltyloop.journey.model import Cap, Shop
from loyaltyloop.store.audits.audit import Audit, Breach
from loyaltyloop.store.live.versions import shop_judged_by
from loyaltyloop.store.models import Enrolment, Message

enrolment: Table = Enrolment.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]


def _find(connection: Connection, _shop: Shop, _now: datetime) -> Sequence[Breach]:
    """Asked of the key by which customers entered: who was somebody else then had room of their own."""
    judged = select(message.c.shop).where(message.c.shop.is_not(None)).distinct()
    digests = sorted(connection.execute(judged).scalars())
    by: dict[Cap, list[str]] = {}
    for digest in digests:
        shop = shop_judged_by(connection, digest)
        for cap in shop.caps if shop else ():
            by.setdefault(cap, []).append(digest)
    found = {
        Breach(row.key, f"the cap of {cap} was exceeded")
        for cap, shops in by.items()
        for whose in (enrolment.c.customer_key, message.c.address)
        for row in _too_many(connection, cap, shops, whose)
    }
    return sorted(found, key=lambda one: (one.key, one.what))


def _too_many(
    connection: Connection, cap: Cap, shops: Sequence[str], whose: ColumnElement[str | None]
) -> Iterator[Row[tuple[str, str, datetime, str, datetime]]]:
    """Messages before which so many went out in one span of the cap; what was erased says no zone."""
    m = message.c
    order = (m.handed_over_at, m.id)
    before = func.lag(m.handed_over_at, cap.number, type_=m.handed_over_at.type).over(
        partition_by=whose, order_by=order
    )
    purposes = [one for one in cap.purposes if one != "transactional"]
    counted = (
        select(m.key, m.zone, m.handed_over_at, m.shop, before.label("before"))
        .join(enrolment, enrolment.c.id == m.enrolment_id)
        .where(m.handed_over_at.is_not(None), m.zone.is_not(None), whose.is_not(None))
        .where(m.channel.in_(cap.channels), m.purpose.in_(purposes))
        .subquery()
    )
    c = counted.c
    chosen = select(c.key, c.zone, c.handed_over_at, c.shop, c.before)
    for row in connection.execute(chosen.where(c.before.is_not(None), c.shop.in_(shops)).order_by(c.key)):
        if _together(cap, row.before, row.handed_over_at, row.zone):
            yield row


def _together(cap: Cap, first: datetime, last: datetime, zone: str) -> bool:
    if cap.unit is None:
        return cap.span.after(first, zone) > last
    return _period(cap.unit, first, zone) == _period(cap.unit, last, zone)


def _period(unit: str, at: datetime, zone: str) -> tuple[int, ...]:
    local = to_local(at, zone)
    match unit:
        case "hour":
            return (local.toordinal(), local.hour)
        case "day":
            return (local.toordinal(),)
        case "week":
            return tuple(local.isocalendar()[:2])
        case _:
            return (local.year, local.month)


AUDIT = Audit("caps", "no cap was exceeded", _find)
