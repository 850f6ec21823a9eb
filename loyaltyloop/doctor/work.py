"""Is the work done: turns that run, events that are applied, messages whose fate is known?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection, Table, func, select

from loyaltyloop.doctor import channels
from loyaltyloop.doctor.finding import Finding
from loyaltyloop.journey.model import Shop
from loyaltyloop.journey.numbers import counted
from loyaltyloop.store.events.setting_aside import stands_aside
from loyaltyloop.store.models import Event, LiveJourney, Message
from loyaltyloop.turn.permits import SKEW, WAY_BACK

ABOUT = "work"
TURNS = 2  # so many may be missed before somebody is told
LONGEST_CLAIM = timedelta(minutes=15)
event: Table = Event.__table__  # type: ignore[attr-defined]
journey: Table = LiveJourney.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]


def look(connection: Connection, shop: Shop, now: datetime) -> Iterator[Finding]:
    """As of now (UTC)."""
    patience = TURNS * timedelta(days=shop.turns_every.at_most_days())
    yield from _turns(connection, now, patience)
    yield from _events(connection, now, patience)
    yield from _messages(connection, now)
    yield from channels.look(connection, now)


def _turns(connection: Connection, now: datetime, patience: timedelta) -> Iterator[Finding]:
    remedy = (
        "Does a worker run? `loop up`, or Prefect's page of late runs; `loop run JOURNEY` takes one turn."
    )
    rows = connection.execute(select(journey).order_by(journey.c.name)).all()
    for row in rows:
        if row.state == "paused":
            since = f" since {row.paused_at:%Y-%m-%d %H:%M} UTC" if row.paused_at else ""
            yield Finding(
                ABOUT,
                "note",
                f"{row.name} is paused{since}",
                f"`loop resume {row.name} --overdue shift` lets it go on.",
            )
        elif row.last_now is None and now - row.applied_at > patience:
            yield Finding(ABOUT, "wrong", f"{row.name} has had no turn", remedy)
        elif row.last_now is not None and row.last_now - now > SKEW:
            what = (
                f"{row.name} had its last turn at {row.last_now:%Y-%m-%d %H:%M} UTC, which is still to come"
            )
            yield Finding(ABOUT, "wrong", what, f"{WAY_BACK.format(journey=row.name)}.")
        elif row.last_now is not None and now - row.last_now > patience:
            what = f"{row.name} had its last turn at {row.last_now:%Y-%m-%d %H:%M} UTC"
            yield Finding(ABOUT, "wrong", what, remedy)
    if not rows:
        yield Finding(ABOUT, "note", "nothing is live", "`loop apply` makes it so.")


def _events(connection: Connection, now: datetime, patience: timedelta) -> Iterator[Finding]:
    """A turn applies whatever has arrived: what is older than the last one came behind it, by an import."""
    waits = (event.c.seq.is_(None), event.c.arrived_at < now - patience)
    number = _count(connection, event, *waits, ~stands_aside())
    if number:
        wait, last = (
            f"{counted(number, 'event waits', 'events wait')} for a turn",
            _last_turn(connection, now),
        )
        remedy = "A turn of any journey applies them"
        if last is None or now - last <= patience:
            what = f"{wait}, of times gone by, as after an import"
            yield Finding(ABOUT, "note", what, f"{remedy}: the next, or `loop run JOURNEY`.")
        else:
            what = f"{wait}, and there was none since {last:%Y-%m-%d %H:%M} UTC"
            yield Finding(ABOUT, "wrong", what, f"{remedy}: does a worker run?")
    aside = _count(connection, event, event.c.seq.is_(None), stands_aside())
    if aside:
        what = f"{counted(aside, 'event')} could not be applied"
        yield Finding(ABOUT, "wrong", what, "Their kinds stand in the table set_aside: tell us of them.")
    if not number and not aside:
        yield Finding(ABOUT, "good", "every event that has arrived is applied")


def _last_turn(connection: Connection, now: datetime) -> datetime | None:
    """When the last turn was that is not still to come; before the first one, when a journey was applied."""
    turns = connection.execute(select(func.max(journey.c.last_now)).where(journey.c.last_now <= now)).scalar()
    return turns or connection.execute(select(func.max(journey.c.applied_at))).scalar()


def _messages(connection: Connection, now: datetime) -> Iterator[Finding]:
    late = _count(
        connection, message, message.c.state == "claimed", message.c.claimed_at < now - LONGEST_CLAIM
    )
    if late:
        what = f"{counted(late, 'message')} claimed and not told of for 15 minutes"
        yield Finding(ABOUT, "wrong", what, "The next delivery repeats them or calls them unknown.")
    unknown = _count(connection, message, message.c.state == "unknown")
    if unknown:
        what = f"of {counted(unknown, 'message')} it is not known whether they left"
        yield Finding(
            ABOUT, "note", what, "A provider's events may still tell: `loop messages --state unknown`."
        )


def _count(connection: Connection, table: Table, *tests: object) -> int:
    counting = select(func.count()).select_from(table).where(*tests)  # type: ignore[arg-type]
    return connection.execute(counting).scalar_one()
