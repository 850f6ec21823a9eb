"""Entering by a schedule: broadcasts, one-off and recurring."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from cronsim import CronSim
from dateutil.rrule import rrulestr
from sqlalchemy import select, true

from loyaltyloop.journey.admission import Candidate
from loyaltyloop.journey.model import BySchedule
from loyaltyloop.journey.times import load_zone, to_instant, to_local
from loyaltyloop.store.cohorts import customer
from loyaltyloop.store.conditions import holds
from loyaltyloop.turn.counts import Counts
from loyaltyloop.turn.enrolling import Enrolling
from loyaltyloop.turn.entrances.asking import asked_of_all, customer_scope
from loyaltyloop.turn.frame import Frame, journey_table

CHUNK = 5000
LATEST = timedelta(days=1)  # a broadcast that was missed for longer is not sent any more


def work(frame: Frame, by: BySchedule, enrolling: Enrolling) -> Iterator[Counts]:
    """If an instant of the schedule has come since the last turn, go through all customers for the latest."""
    at = _latest(frame, by)
    last = 0
    while at is not None:
        with frame.transactions.write() as connection:
            who = customer.c.id.in_(frame.limits.customer_ids()) if frame.limits.customers else true()
            chunk = (
                select(customer.c.id).where(customer.c.id > last, who).order_by(customer.c.id).limit(CHUNK)
            )
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
            ]
            counts = enrolling.enrol(connection, asked_of_all(connection, frame, found))
            last = ids[-1]
        yield counts


def _latest(frame: Frame, by: BySchedule) -> datetime | None:
    with frame.transactions.read() as connection:
        checked = connection.execute(
            select(journey_table.c.checked_at).where(journey_table.c.name == frame.journey.name)
        ).scalar_one()
    since = max(checked or frame.now - LATEST, frame.now - LATEST)
    return max(instants(by.rule, since, frame.now, frame.shop.timezone), default=None)


def instants(rule: str, since: datetime, until: datetime, zone: str) -> Iterator[datetime]:
    """The instants of an RRULE or a cron line, told in the zone's local time, in (since, until]."""
    start, end = to_local(since, zone), to_local(until, zone)
    for local in _locals(rule, start, end, zone):
        moment = to_instant(local, zone)
        if since < moment <= until:
            yield moment


def _locals(rule: str, start: datetime, end: datetime, zone: str) -> Iterator[datetime]:
    if "FREQ=" in rule:
        begin = start.replace(hour=0, minute=0, second=0, microsecond=0)
        yield from rrulestr(rule, dtstart=begin).between(
            start - timedelta(hours=2), end + timedelta(hours=2), inc=True
        )
        return
    for found in CronSim(rule, (start - timedelta(hours=2)).replace(tzinfo=load_zone(zone))):
        local = found.replace(tzinfo=None)
        if local > end + timedelta(hours=2):
            return
        yield local
