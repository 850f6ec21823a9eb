"""Entering by a condition: at each check, those for whom it has begun to hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Table, and_, delete, insert, select, true

from loyaltyloop.journey.admission import Candidate
from loyaltyloop.journey.clock.times import to_instant, to_local
from loyaltyloop.journey.conditions.condition import AllOf, Condition
from loyaltyloop.journey.model import ByState
from loyaltyloop.store.among import among
from loyaltyloop.store.bulk import insert_rows
from loyaltyloop.store.conditions.sql import holds
from loyaltyloop.store.events.touched import batches
from loyaltyloop.store.inside.cohorts import customer, enrolment
from loyaltyloop.store.models import Holding
from loyaltyloop.turn.counts import Counts
from loyaltyloop.turn.enrolling import Enrolling
from loyaltyloop.turn.entrances.asking import customer_scope
from loyaltyloop.turn.frame import Frame, journey_table

holding: Table = Holding.__table__  # type: ignore[attr-defined]
CHUNK = 5000


def work(frame: Frame, by: ByState, enrolling: Enrolling) -> Iterator[Counts]:
    """If a check is due, go through all customers, chunk by chunk."""
    if not _check_due(frame, by):
        return
    last, left = 0, frame.limits.limit
    while left is None or left > 0:
        with frame.transactions.write() as connection:
            ids = list(connection.execute(_next(frame, last)).scalars().all())
            if not ids:
                return
            candidates = _candidates(connection, frame, by, ids)[:left]
            counts = enrolling.enrol(connection, candidates)
            if not frame.limits.all:
                _note_entered(connection, frame, [candidate.customer_id for candidate in candidates])
            last = ids[-1]
        left = None if left is None else left - len(candidates)
        yield counts


def _check_due(frame: Frame, by: ByState) -> bool:
    """Once in each hour or local day of the shop."""
    with frame.transactions.read() as connection:
        last = connection.execute(
            select(journey_table.c.checked_at).where(journey_table.c.name == frame.journey.name)
        ).scalar_one()
    return last is None or not frame.limits.all or _period(last, frame, by) != _period(frame.now, frame, by)


def _period(now: datetime, frame: Frame, by: ByState) -> str:
    if by.check == "hourly":
        return f"{now:%Y-%m-%dT%H}"
    return to_local(now, frame.shop.timezone).date().isoformat()


def next_check(frame: Frame, by: ByState) -> datetime:
    """The first instant of the next period: the next hour, or the shop's next day."""
    if by.check == "hourly":
        return frame.now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    tomorrow = to_local(frame.now, frame.shop.timezone).date() + timedelta(days=1)
    return to_instant(datetime.combine(tomorrow, time()), frame.shop.timezone)


def _next(frame: Frame, last: int) -> Any:
    who = customer.c.id.in_(frame.limits.customer_ids()) if frame.limits.customers else true()
    there = and_(customer.c.id > last, customer.c.erased_at.is_(None), who)
    return select(customer.c.id).where(there).order_by(customer.c.id).limit(CHUNK)


def _candidates(connection: Connection, frame: Frame, by: ByState, ids: list[int]) -> list[Candidate]:
    condition = _condition(frame, by)
    here = customer.c.id.between(ids[0], ids[-1])
    zones = set(connection.execute(select(customer.c.zone).where(here).distinct()).scalars())
    scope = customer_scope(connection, frame, condition, zones)
    rows = connection.execute(
        select(customer.c.id, customer.c.key, customer.c.zone)
        .where(customer.c.id.in_(ids), holds(condition, scope))
        .order_by(customer.c.id)
    ).all()
    begun = _note_holding(connection, frame, ids, [row.id for row in rows])
    anew = frame.journey.enter.again.kind == "after"
    return [_candidate(frame, by, row) for row in rows if anew or row.id in begun]


def _condition(frame: Frame, by: ByState) -> Condition:
    """`when` and `if` together: what must begin to hold."""
    also = frame.journey.enter.condition
    return AllOf((by.condition, also)) if also is not None else by.condition


def _note_holding(connection: Connection, frame: Frame, ids: list[int], now_holding: list[int]) -> set[int]:
    """Note for whom it holds, if this is a whole turn; those for whom it did not at the last check."""
    mine = holding.c.journey == frame.journey.name
    here = holding.c.customer_id.between(ids[0], ids[-1])
    before = set(connection.execute(select(holding.c.customer_id).where(mine, here)).scalars())
    begun = set(now_holding) - before
    if frame.limits.all:
        for gone in batches(sorted(before - set(now_holding))):
            connection.execute(delete(holding).where(mine, holding.c.customer_id.in_(gone)))
        rows = [(frame.journey.name, customer_id) for customer_id in sorted(begun)]
        insert_rows(connection, holding, ("journey", "customer_id"), rows)
    return begun


def _note_entered(connection: Connection, frame: Frame, ids: list[int]) -> None:
    """A restricted turn notes those whom it enrolled: for the next whole one it has begun to hold already."""
    mine = holding.c.journey == frame.journey.name
    noted = select(holding.c.customer_id).where(mine)
    entered = select(enrolment.c.journey, enrolment.c.customer_id).where(
        enrolment.c.journey == frame.journey.name,
        enrolment.c.enrolled_at == frame.now,
        among(connection, enrolment.c.customer_id, ids),
        enrolment.c.customer_id.not_in(noted),
    )
    connection.execute(insert(holding).from_select(["journey", "customer_id"], entered.distinct()))


def _candidate(frame: Frame, by: ByState, row: Row[Any]) -> Candidate:
    never = frame.journey.enter.again.kind == "never"
    occurrence = "" if never else _period(frame.now, frame, by)
    return Candidate(row.id, row.key, row.zone, frame.now, "", occurrence, cause="state")
