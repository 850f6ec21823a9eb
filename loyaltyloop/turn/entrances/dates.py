"""Entering by a yearly date: the day and time have come where the customer lives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from sqlalchemy import ColumnElement, Connection, Table, and_, select, true

from loyaltyloop.journey.admission import Candidate
from loyaltyloop.journey.clock.times import add_months, to_instant, yearly_day
from loyaltyloop.journey.model import ByDate
from loyaltyloop.store.among import among
from loyaltyloop.store.events.touched import batches, touched_customers
from loyaltyloop.store.inside.cohorts import customer
from loyaltyloop.store.models import CustomerDate
from loyaltyloop.turn.counts import Counts
from loyaltyloop.turn.enrolling import Enrolling
from loyaltyloop.turn.entrances.asking import asked_of_all
from loyaltyloop.turn.frame import Frame, journey_table

customer_date: Table = CustomerDate.__table__  # type: ignore[attr-defined]
CHUNK = 2000
AHEAD = timedelta(days=1)  # so far the next turn is known
AROUND = timedelta(days=2)  # local times of one instant lie no farther apart, even where a zone skips a day


def work(frame: Frame, by: ByDate, enrolling: Enrolling) -> Iterator[Counts]:
    """Enrol those whose instant came since the last turn, or lately for whoever was touched since."""
    with frame.transactions.read() as connection:
        found = _found(connection, frame, by)
    for chunk in batches(range(len(found)), CHUNK):
        with frame.transactions.write() as connection:
            candidates = _still_there(connection, [found[number] for number in chunk])
            counts = enrolling.enrol(connection, asked_of_all(connection, frame, candidates))
        yield counts


def _still_there(connection: Connection, found: Sequence[Candidate]) -> list[Candidate]:
    """Those who were not erased or merged meanwhile; a merge touches who they are now for the next turn."""
    named = among(connection, customer.c.id, {one.customer_id for one in found})
    there = select(customer.c.id).where(named, customer.c.erased_at.is_(None))
    ids = set(connection.execute(there).scalars())
    return [one for one in found if one.customer_id in ids]


def _found(connection: Connection, frame: Frame, by: ByDate) -> list[Candidate]:
    row = connection.execute(journey_table.select().where(journey_table.c.name == frame.journey.name)).one()
    checked = row.checked_at if frame.limits.all else None
    found = _after(connection, frame, by, checked, None)
    if checked is not None:
        for ids in batches(touched_customers(connection, row.seen_seq, frame.upto)):
            found += _after(connection, frame, by, None, ids)
    unique = {(candidate.customer_id, candidate.one_per): candidate for candidate in found}
    ordered = sorted(unique.values(), key=lambda candidate: (candidate.at, candidate.customer_id))
    return ordered[: frame.limits.limit]


def _after(
    connection: Connection, frame: Frame, by: ByDate, checked: datetime | None, ids: list[int] | None
) -> list[Candidate]:
    """Candidates whose instant lies in (checked, now] and is not older than `catch_up` lets it be."""
    days = _days(by, frame.now, frame.shop.timezone, checked)
    who: ColumnElement[bool] = true() if ids is None else customer.c.id.in_(ids)
    if frame.limits.customers:
        who = and_(who, customer.c.id.in_(frame.limits.customer_ids()))
    rows = connection.execute(
        select(customer.c.id, customer.c.key, customer.c.zone, customer_date.c.month_day)
        .join(customer, customer.c.id == customer_date.c.customer_id)
        .where(customer_date.c.attribute == by.attribute, customer_date.c.month_day.in_(sorted(days)), who)
    )
    return [
        Candidate(row.id, row.key, row.zone, at, str(year), "", cause="date")
        for row in rows
        for year in days[row.month_day]
        if (at := _instant(by, row.month_day, year, row.zone)) is not None
        and _since(by, frame.now, row.zone, checked) < at <= frame.now
    ]


def next_instant(connection: Connection, frame: Frame, by: ByDate) -> datetime:
    """When the time comes next for somebody, after now; a day from now if for nobody until then."""
    end = frame.now + AHEAD
    days = _days(by, end, frame.shop.timezone, frame.now)
    rows = connection.execute(
        select(customer.c.zone, customer_date.c.month_day)
        .join(customer, customer.c.id == customer_date.c.customer_id)
        .where(customer_date.c.attribute == by.attribute, customer_date.c.month_day.in_(sorted(days)))
        .distinct()
    )
    coming = (_instant(by, day, year, zone) for zone, day in rows for year in days[day])
    return min((at for at in coming if at is not None and frame.now < at <= end), default=end)


@lru_cache(maxsize=4096)
def _since(by: ByDate, now: datetime, zone: str, checked: datetime | None) -> datetime:
    """How far back a customer of this zone is looked at: days of `catch_up` are days there."""
    earliest = by.catch_up.before(now, zone)
    return max(earliest, checked) if checked else earliest


def _days(by: ByDate, now: datetime, home: str, checked: datetime | None) -> dict[int, list[int]]:
    """month * 100 + day of dates that can have come by now in some zone → the years."""
    # Days and months of `catch_up` end elsewhere at another time; `checked` is the same everywhere.
    earliest = by.catch_up.before(now - AROUND, home) - AROUND
    since = max(earliest, checked) if checked else earliest
    elapsed = timedelta(seconds=by.offset_sign * by.offset.seconds if by.offset else 0)
    # Widened before the months are counted: 28 February is a month before 28 March, and before the 31st, too,
    # but whatever is a month before 1 March is later than all of these.
    day = _unshifted(by, (since - elapsed).date() - AROUND)
    last = _unshifted(by, (now - elapsed).date() + AROUND)
    days: dict[int, list[int]] = {}
    while day <= last:
        for month_day in _month_days(by, day):
            days.setdefault(month_day, []).append(day.year)
        day += timedelta(days=1)
    return days


def _month_days(by: ByDate, day: date) -> list[int]:
    own = [day.month * 100 + day.day]
    leap = yearly_day(2, 29, day.year, by.feb29)
    return [*own, 229] if leap == day and own != [229] else own


def _unshifted(by: ByDate, day: date) -> date:
    """The first day whose shifted one this is, or would be: where months are clamped, there are more."""
    if by.offset is None:
        return day
    moved = day - by.offset_sign * timedelta(days=by.offset.days)
    return add_months(moved, -by.offset_sign * by.offset.months)


@lru_cache(maxsize=4096)
def _instant(by: ByDate, month_day: int, year: int, zone: str) -> datetime | None:
    """When it is time where the customer lives; None: not this year."""
    day = yearly_day(month_day // 100, month_day % 100, year, by.feb29)
    if day is None:
        return None
    seconds = 0
    if by.offset is not None:
        day = add_months(day, by.offset_sign * by.offset.months) + timedelta(
            days=by.offset_sign * by.offset.days
        )
        seconds = by.offset_sign * by.offset.seconds
    return to_instant(datetime.combine(day, by.at or time()), zone) + timedelta(seconds=seconds)
