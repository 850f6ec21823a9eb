"""Of one marketing step one copy went to one address on one local day, though several customers have it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Table, and_, or_, select

from loyaltyloop.journey.clock.times import to_local
from loyaltyloop.journey.model import Shop
from loyaltyloop.store.audits.audit import Audit, Breach
from loyaltyloop.store.live.versions import load_versions
from loyaltyloop.store.models import Message

message: Table = Message.__table__  # type: ignore[attr-defined]


def _find(connection: Connection, _shop: Shop, _now: datetime) -> Sequence[Breach]:
    """By whose they are now: of two customers who have become one both copies are that one's."""
    first, second = message.alias("first"), message.alias("second")
    a, b = first.c, second.c
    earlier = or_(
        a.handed_over_at < b.handed_over_at, and_(a.handed_over_at == b.handed_over_at, a.id < b.id)
    )
    pairs = (
        select(b.key, b.journey, b.step, b.zone, b.handed_over_at, a.step.label("other"))
        .add_columns(a.handed_over_at.label("before"))
        .join_from(second, first, and_(a.address == b.address, a.journey == b.journey, earlier))
        .where(a.customer_id != b.customer_id, a.purpose == "marketing", b.purpose == "marketing")
        .where(b.zone.is_not(None))
    )

    @cache
    def names(journey: str) -> dict[str, str]:
        return {
            name: step.first_name or step.name
            for live in load_versions(connection, journey)
            for step in (*live.journey.steps, *live.journey.at_end)
            for name in (*step.was, step.name)
        }

    found = set()
    for row in connection.execute(pairs).all():
        same_day = to_local(row.before, row.zone).date() == to_local(row.handed_over_at, row.zone).date()
        known = names(row.journey) if same_day else {}
        if same_day and known.get(row.other, row.other) == known.get(row.step, row.step):
            found.add(Breach(row.key, f"{row.journey}.{row.step}: another copy went to its address that day"))
    return sorted(found, key=lambda one: one.key)


AUDIT = Audit("one copy", "to one address one copy a day of one marketing step", _find)
