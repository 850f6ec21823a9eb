"""Whether a turn may be taken: asked when it is opened, and by whoever wants to know before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, exists, select, union

from loyaltyloop.channels.claiming.outbox import WAITING, message
from loyaltyloop.channels.reach import REMEDY, lost_links
from loyaltyloop.errors import TurnPutOff, TurnRefused
from loyaltyloop.journey.model import CALLS, Ask, Journey, Send
from loyaltyloop.journey.numbers import counted
from loyaltyloop.store.live.standing import standing
from loyaltyloop.store.live.versions import Live, load_versions
from loyaltyloop.store.models import Event, Identity, LiveJourney
from loyaltyloop.turn.world import World

event = Event.__table__  # type: ignore[attr-defined]
identity = Identity.__table__  # type: ignore[attr-defined]
journey_table = LiveJourney.__table__  # type: ignore[attr-defined]

LEAP = timedelta(days=60)  # between two turns of a journey, longer than a worker is down by mistake
SKEW = timedelta(minutes=15)  # more than clocks of two machines differ by
WAY_BACK = (
    "Was its year mistyped? What that turn did cannot be undone, and until then the journey takes turns at "
    "later times alone (`loop run {journey} --now T`). To have it at the present again, put back a copy of "
    "the database from before that turn; or give it another name in journeys/, and `loop apply`"
)


def permit(
    connection: Connection,
    world: World,
    journey: str,
    now: datetime,
    customers: Sequence[str] = (),
    dry_run: bool = False,
) -> tuple[list[Live], Row[tuple[object, ...]]]:
    """The journey's versions, oldest first, and its row, where it may have this turn.

    TurnRefused says why it may not: it was never applied or is paused, `now` is earlier than its last turn,
    a customer is unknown, marketing would leave with links that nobody can open.
    """
    versions = load_versions(connection, journey)
    row = connection.execute(journey_table.select().where(journey_table.c.name == journey)).one()
    if row.state == "paused":
        raise TurnPutOff(f"{journey!r} is paused; `loop resume {journey} --overdue shift` lets it go on.")
    if row.last_now is not None and now < row.last_now:
        raise TurnRefused(
            f"{journey!r} had a turn at {row.last_now:%Y-%m-%d %H:%M:%S} UTC already;"
            f" a turn cannot be earlier than the last.{_way_back(world, journey, row.last_now)}"
        )
    _known(connection, customers, now)
    if not dry_run:
        _can_be_unsubscribed(connection, world, [live.journey for live in versions], now)
    return versions, row


def _way_back(world: World, journey: str, last: datetime) -> str:
    """Where turns are taken at the present, and the last lies in the future: what that is, and ways out."""
    if world.clock is None or last - world.clock() <= SKEW:
        return ""
    return f" That time is still to come. {WAY_BACK.format(journey=journey)}."


def _known(connection: Connection, customers: Sequence[str], now: datetime) -> None:
    """Is each the user id of a customer, or of an event that the turn will apply?"""
    if not customers:
        return
    new = (event.c.seq.is_(None), event.c.arrived_at <= now)
    found = union(
        select(identity.c.value).where(identity.c.kind == "user", identity.c.value.in_(customers)),
        select(event.c.user_id).where(*new, event.c.user_id.in_(customers)),
    )
    known = set(connection.execute(found).scalars())
    if missing := [named for named in customers if named not in known]:
        raise TurnRefused(f"There is no customer {missing[0]!r}: give the user id.")


def _can_be_unsubscribed(
    connection: Connection, world: World, versions: Sequence[Journey], now: datetime
) -> None:
    """Links that open on this machine alone are for trials: real marketing does not leave with them."""
    far = any(way.far for channel, way in world.ways.items() if channel != CALLS)
    lost = lost_links(world.public_url) if far else ""
    if lost and (any(map(_sends_marketing, versions)) or _marketing_waits(connection, now)):
        raise TurnRefused(f"Marketing messages would leave, and {lost}. Nothing was done. {REMEDY}")


def _sends_marketing(journey: Journey) -> bool:
    for step in (*journey, *journey.at_end):
        send = step.action.send if isinstance(step.action, Ask) else step.action
        if isinstance(send, Send) and send.purpose == "marketing":
            return True
    return False


def _marketing_waits(connection: Connection, now: datetime) -> bool:
    """Is there marketing of any journey that this turn's delivery might hand over?"""
    paused = select(journey_table.c.name).where(journey_table.c.state == "paused")
    ready = (WAITING, message.c.due_at <= now, message.c.purpose == "marketing", message.c.channel != CALLS)
    return bool(connection.execute(select(exists().where(*ready, message.c.journey.not_in(paused)))).scalar())


def ahead(journey: str, now: datetime, present: datetime) -> str:
    """What a turn of the journey at `now` means where that is still to come; else empty."""
    if now <= present:
        return ""
    return (
        f"{now:%Y-%m-%d %H:%M} UTC is still to come, {_how_far(now - present)} from now. What a turn does "
        "cannot be undone: waits end, and messages leave, as of then; and if it is of all customers, "
        f"{journey!r} can have none at the present until then"
    )


def _how_far(length: timedelta) -> str:
    return counted(length.days, "day") if length.days else "less than a day"


def leap(connection: Connection, journey: str, now: datetime) -> str:
    """What a turn at `now` takes the people inside over, where that is more than LEAP; else empty."""
    mine = journey_table.c.name == journey
    last = connection.execute(select(journey_table.c.last_now).where(mine)).scalar()
    people = sum(place.people for place in standing(connection, journey))
    if last is None or now - last <= LEAP or not people:
        return ""
    inside = counted(people, "person is", "people are")
    return (
        f"the last turn of {journey!r} was at {last:%Y-%m-%d %H:%M} UTC, {(now - last).days:,} days ago, and "
        f"{inside} inside. A turn at the present takes them over all of that at once: waits end, and "
        "messages leave as of today"
    )
