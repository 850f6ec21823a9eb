"""Nobody stands ready and unmoved for longer than two turns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, func, or_, select

from loyaltyloop.journey.model import Shop
from loyaltyloop.store.audits.audit import Audit, Breach
from loyaltyloop.store.models import Enrolment, LiveJourney, Message

enrolment: Table = Enrolment.__table__  # type: ignore[attr-defined]
journey: Table = LiveJourney.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]
TURNS = 2


def _find(connection: Connection, shop: Shop, _now: datetime) -> Sequence[Breach]:
    """The record shows where people stand now, and since when; not who stood still a year ago.

    It is measured against each journey's last turn: a journey that has no turns is another matter.
    """
    e = enrolment.c
    found = []
    for row in connection.execute(
        select(journey).where(journey.c.state != "paused").order_by(journey.c.name)
    ):
        if row.last_now is None:
            continue
        limit = row.last_now - TURNS * _length(shop)
        for why, test in _standing_still(limit):
            stand = (
                select(e.id, e.step).where(e.journey == row.name, e.ended_at.is_(None), test).order_by(e.id)
            )
            found += [
                Breach(f"enrolment {one.id}", f"{row.name}, {one.step}: {why}")
                for one in connection.execute(stand)
            ]
    return found


def _length(shop: Shop) -> timedelta:
    return timedelta(days=shop.turns_every.at_most_days())


def _standing_still(limit: datetime) -> Iterator[tuple[str, ColumnElement[Any]]]:
    e, m = enrolment.c, message.c
    own = and_(m.enrolment_id == e.id, m.step == e.step)
    under_way = select(m.id).where(own, m.state.in_(("planned", "held", "claimed")))
    done_at = select(func.coalesce(m.claimed_at, m.due_at)).where(own).scalar_subquery()
    yield "stands ready, and no turn has moved it", and_(e.state == "ready", e.arrived_at < limit)
    yield "its wait is over, and no turn has moved it", and_(e.state == "waiting", e.due_at < limit)
    yield (
        "its message is gone, and no turn has moved it",
        and_(e.state == "sent", or_(done_at < limit, and_(done_at.is_(None), e.arrived_at < limit))),
    )
    yield (
        "waits for a message that is not there",
        and_(e.state == "sending", e.arrived_at < limit, ~under_way.exists()),
    )


AUDIT = Audit("nobody stuck", "nobody stands ready and unmoved for longer than two turns", _find)
