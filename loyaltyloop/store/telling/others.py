"""Journeys for which a customer has not come up, and why what they did has let them into none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Table, and_, func, or_, select

from loyaltyloop.journey.model import ByEvent, Journey
from loyaltyloop.store.events.setting_aside import stands_aside
from loyaltyloop.store.live.versions import (
    journey_table,
    live_journeys,
    load_shop,
    load_version,
    version_table,
)
from loyaltyloop.store.models import Event, Identity
from loyaltyloop.store.telling.unmet import Unmet, asked_of_somebody, unmet

event: Table = Event.__table__  # type: ignore[attr-defined]
identity: Table = Identity.__table__  # type: ignore[attr-defined]

Why = Literal["", "waits", "aside", "earlier", "passed"]


@dataclass(frozen=True)
class Other:
    """A journey for which the customer has not come up; the newest event that might have let them in, if any.

    `why` it has not: it `waits` to be looked at, it could not be applied and stands `aside`, it came
    `earlier` than the journey was live, or it was looked at and `passed` over. Where customers are asked as
    such, `unmet` says what did not hold `as_of` the journey's last turn (UTC), by what is known now; None:
    it had no turn yet.
    """

    journey: Journey
    event: str = ""
    at: datetime | None = None
    why: Why = ""
    paused: bool = False
    unmet: tuple[Unmet, ...] = ()
    as_of: datetime | None = None


def not_come_up_for(
    connection: Connection, customer_id: int, journey: str | None, known: set[str]
) -> Iterator[Other]:
    """The live journeys but `known`, or this one alone, and why the customer is in none of them."""
    for row in live_journeys(connection):
        if row.name not in known and journey in (None, row.name) and row.state != "retired":
            file = load_version(connection, row.name, row.version).journey
            other = _by_event(connection, customer_id, file) if isinstance(file.enter.by, ByEvent) else None
            asked = other or _asked(connection, customer_id, file, row.last_now)
            yield replace(asked, paused=row.state == "paused")


def _asked(connection: Connection, customer_id: int, journey: Journey, last: datetime | None) -> Other:
    condition = asked_of_somebody(journey.enter)
    if condition is None or last is None:
        return Other(journey)
    found = unmet(connection, customer_id, condition, last, load_shop(connection))
    return Other(journey, unmet=found, as_of=last)


def _by_event(connection: Connection, customer_id: int, journey: Journey) -> Other | None:
    """The newest event by which the customer might have entered, and why that did not come about."""
    by = journey.enter.by
    assert isinstance(by, ByEvent)
    mine = identity.c.customer_id == customer_id
    users, devices = (
        select(identity.c.value).where(mine, identity.c.kind == kind) for kind in ("user", "anonymous")
    )
    # What is not applied yet has no customer, but the ids that it came with.
    new = and_(event.c.seq.is_(None), or_(event.c.user_id.in_(users), event.c.anonymous_id.in_(devices)))
    theirs = [event.c.customer_id == customer_id, new]
    columns = (event.c.name, event.c.at, event.c.seq, stands_aside().label("aside"))
    found = [
        row
        for whose in theirs
        for row in connection.execute(
            select(*columns).where(event.c.name.in_(by.events), whose).order_by(event.c.at.desc()).limit(1)
        )
    ]
    if not found:
        return None
    newest = max(found, key=lambda row: (row.seq is None, row.at))
    return Other(journey, newest.name, newest.at, _why_not(connection, journey.name, newest))


def _why_not(connection: Connection, journey: str, row: Any) -> Why:
    if row.seq is None and row.aside:
        return "aside"
    mine = journey_table.c.name == journey
    looked_at = connection.execute(select(journey_table.c.entered_seq).where(mine)).scalar_one()
    if row.seq is None or row.seq > looked_at:
        return "waits"
    opened = select(func.min(version_table.c.applied_at)).where(version_table.c.journey == journey)
    return "earlier" if row.at < connection.execute(opened).scalar_one() else "passed"
