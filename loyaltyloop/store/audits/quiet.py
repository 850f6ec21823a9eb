"""No message was claimed inside its recipient's quiet hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table, select

from loyaltyloop.journey.clock.times import WEEKDAYS, to_local
from loyaltyloop.journey.model import QuietHours, Shop
from loyaltyloop.journey.reading.reader import read_shop
from loyaltyloop.store.audits.audit import Audit, Breach
from loyaltyloop.store.models import Content, Customer, Message

content: Table = Content.__table__  # type: ignore[attr-defined]
customer: Table = Customer.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]


def _find(connection: Connection, _shop: Shop, _now: datetime) -> Sequence[Breach]:
    """A message bears its reader's zone, and the shop.yaml by which it was judged is kept: a year later, too.

    Not the country: windows of some countries are judged where the customer's has not changed since. Erased
    customers' messages have no zone any more.
    """
    m = message.c
    rows = connection.execute(
        select(
            m.key, m.channel, m.purpose, m.zone, m.shop, m.claimed_at, customer.c.country, customer.c.stamps
        )
        .join(customer, customer.c.id == m.customer_id)
        .where(m.claimed_at.is_not(None), m.zone.is_not(None), m.shop.is_not(None))
        .where(m.purpose.in_(("marketing", "service")), m.channel.in_(("email", "sms", "push")))
        .order_by(m.key)
    )
    shops: dict[str, Shop | None] = {}
    found = []
    for row in rows:
        if row.shop not in shops:
            shops[row.shop] = _shop_of(connection, row.shop)
        shop = shops[row.shop]
        if shop is not None and shop.quiet_hours and (window := _hit(shop, row)) is not None:
            found.append(Breach(row.key, f"claimed inside the quiet hours, {window}"))
    return found


def _shop_of(connection: Connection, digest: str) -> Shop | None:
    texts = connection.execute(select(content.c.body).where(content.c.hash.startswith(digest))).scalars()
    text = texts.first()
    return None if text is None else read_shop(text)


def _hit(shop: Shop, row: Any) -> QuietHours | None:
    stamp = (row.stamps or {}).get("country")
    same = stamp is None or datetime.fromisoformat(stamp) <= row.claimed_at
    country = row.country or shop.country
    local = to_local(row.claimed_at, row.zone)
    for window in shop.quiet_hours:
        if row.channel not in window.channels or row.purpose not in window.purposes:
            continue
        if (window.countries or "holidays" in window.days) and not same:
            continue
        if (not window.countries or country in window.countries) and _inside(window, local, country):
            return window
    return None


def _inside(window: QuietHours, local: datetime, country: str) -> bool:
    """Written here once more: an audit asks none of what it looks at."""
    begun, clock = local.date(), local.time()
    if window.start is not None and window.end is not None:
        if window.start > window.end:
            if window.end <= clock < window.start:
                return False
            begun -= timedelta(days=clock < window.end)
        elif not window.start <= clock < window.end:
            return False
    if not window.days or WEEKDAYS[begun.weekday()] in window.days:
        return True
    return "holidays" in window.days and begun in _holidays(country, begun.year)


@lru_cache(maxsize=1024)
def _holidays(country: str, year: int) -> frozenset[date]:
    import holidays

    found = set(holidays.country_holidays(country, years=year))
    return frozenset(
        found | set(holidays.country_holidays("GB", "ENG", years=year) if country == "GB" else ())
    )


AUDIT = Audit("quiet hours", "nothing is claimed inside its recipient's quiet hours", _find)
