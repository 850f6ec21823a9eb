"""Entering by a schedule: broadcasts, one-off and recurring."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import and_, select, true

from loyaltyloop.journey.admission import Candidate
from loyaltyloop.journey.clock.schedules import local_instants
from loyaltyloop.journey.clock.times import load_zone, to_instant, to_local
from loyaltyloop.journey.model import BySchedule
from loyaltyloop.store.conditions.sql import holds
from loyaltyloop.store.inside.cohorts import customer
from loyaltyloop.turn.counts import Counts
from loyaltyloop.turn.enrolling import Enrolling
from loyaltyloop.turn.entrances.asking import asked_of_all, customer_scope
from loyaltyloop.turn.frame import Frame, journey_table

CHUNK = 5000
_AROUND = timedelta(hours=2)
LATEST = timedelta(days=1)  # a broadcast that was missed for longer is not sent any more
AHEAD = timedelta(days=400)  # what lies farther off is known in time: the turns in between look, too
FIRST = timedelta(hours=1)  # how far a journey looks back that was applied later than the turn's now


def work(frame: Frame, by: BySchedule, enrolling: Enrolling) -> Iterator[Counts]:
    """If an instant of the schedule has come since the last turn, go through all customers for the latest."""
    at = _latest(frame, by)
    last, left = 0, frame.limits.limit
    while at is not None and (left is None or left > 0):
        with frame.transactions.write() as connection:
            who = customer.c.id.in_(frame.limits.customer_ids()) if frame.limits.customers else true()
            there = and_(customer.c.id > last, customer.c.erased_at.is_(None), who)
            chunk = select(customer.c.id).where(there).order_by(customer.c.id).limit(CHUNK)
            ids = list(connection.execute(chunk).scalars())
            if not ids:
                return
            zones = set(connection.execute(select(customer.c.zone).where(customer.c.id.in_(ids))).scalars())
            scope = customer_scope(connection, frame, by.to, zones)
            rows = connection.execute(
                select(customer.c.id, customer.c.key, customer.c.zone)
                .where(customer.c.id.in_(ids), holds(by.to, scope))
                .order_by(customer.c.id)
            )
            never = frame.journey.enter.again.kind == "never"
            occurrence = "" if never else at.isoformat()
            found = [
                Candidate(row.id, row.key, row.zone, at, "", occurrence, cause="schedule") for row in rows
            ][:left]
            counts = enrolling.enrol(connection, asked_of_all(connection, frame, found))
            last = ids[-1]
        left = None if left is None else left - len(found)
        yield counts


def _latest(frame: Frame, by: BySchedule) -> datetime | None:
    with frame.transactions.read() as connection:
        columns = (journey_table.c.checked_at, journey_table.c.applied_at)
        checked, applied = connection.execute(
            select(*columns).where(journey_table.c.name == frame.journey.name)
        ).one()
    # What was time before the journey was there is not sent; walked through the past, it was there.
    begin = checked or (applied if applied <= frame.now else frame.now - FIRST)
    since = max(begin, frame.now - LATEST)
    return max(instants(by.rule, since, frame.now, frame.shop.timezone), default=None)


def next_instant(frame: Frame, by: BySchedule) -> datetime | None:
    """The first instant of the schedule after the turn's now; None if none comes within `AHEAD`."""
    coming = instants(by.rule, frame.now, frame.now + AHEAD, frame.shop.timezone)
    return next(coming, None)


def instants(rule: str, since: datetime, until: datetime, zone: str) -> Iterator[datetime]:
    """The instants of an RRULE or a cron line, told in the zone's local time, in (since, until]."""
    # Local times that clocks set forward or back move by an hour are found, too.
    start, end = to_local(since, zone) - _AROUND, to_local(until, zone) + _AROUND
    for local in local_instants(rule, start, end, load_zone(zone)):
        moment = to_instant(local, zone)
        if since < moment <= until:
            yield moment
