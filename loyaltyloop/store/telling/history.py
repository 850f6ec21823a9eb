"""What happened to one customer, what did not, and why: read for `loop explain`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, and_, select

from loyaltyloop.journey.dice import message_key
from loyaltyloop.journey.model import Journey
from loyaltyloop.store.inside.answers import Answered, answers_of
from loyaltyloop.store.live.versions import journey_table, load_version
from loyaltyloop.store.models import (
    Customer,
    Enrolment,
    Entry,
    Event,
    Kept,
    Message,
    Product,
    Visit,
)
from loyaltyloop.store.people.noted import Noted, noted_of
from loyaltyloop.store.predictions.predicted import Said, predicted_of
from loyaltyloop.store.telling.others import Other, not_come_up_for
from loyaltyloop.store.vouchers import gifts

customer: Table = Customer.__table__  # type: ignore[attr-defined]
enrolment: Table = Enrolment.__table__  # type: ignore[attr-defined]
entry: Table = Entry.__table__  # type: ignore[attr-defined]
event: Table = Event.__table__  # type: ignore[attr-defined]
kept: Table = Kept.__table__  # type: ignore[attr-defined]
product: Table = Product.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]
visit: Table = Visit.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Who:
    """The customer, as far as the story needs it. `zone_from`: own, country or shop.

    `points`, `tier` and `referral_code` as they are on record; None where the customer has none.
    """

    key: str
    email: str | None
    name: str
    zone: str
    zone_from: str
    erased_at: datetime | None
    points: int | None = None
    tier: str | None = None
    referral_code: str | None = None


@dataclass(frozen=True)
class Seen:
    """A step that was left: by which path (`""`: the only one), and why."""

    step: str
    arrived_at: datetime
    left_at: datetime
    path: str
    why: str


@dataclass(frozen=True)
class Sent:
    """A message and what became of it."""

    key: str
    journey: str
    step: str
    channel: str
    template: str
    to: str | None
    state: str
    reason: str
    decided_at: datetime
    due_at: datetime
    handed_over_at: datetime | None
    subject: str | None
    routes: list[dict[str, Any]] | None = None  # the channels that it may take, and why


@dataclass(frozen=True)
class Way:
    """One enrolment: how it began, what was passed, where it stands or how it ended.

    `state`: ready, waiting, sending, sent or ended. `reason`: why it ended. `cause`: the event's name.
    `kept`: what steps decided for this customer; `names`: of the products in it. `answers`: to questions.
    """

    journey: str
    version: int
    key: str
    entered_at: datetime
    enrolled_at: datetime
    cause: str
    trigger: dict[str, Any]
    state: str
    reason: str | None
    held_out: bool
    step: str | None
    arrived_at: datetime
    due_at: datetime | None
    until_at: datetime | None
    ended_at: datetime | None
    goal_at: datetime | None
    paused: bool
    visits: tuple[Seen, ...]
    messages: tuple[Sent, ...]
    kept: dict[str, Any]
    names: dict[str, str]
    file: Journey
    answers: tuple[Answered, ...] = ()


@dataclass(frozen=True)
class NotEntered:
    """A candidate who did not enter (`refused`), or not yet (`queued`), and why."""

    journey: str
    at: datetime
    cause: str
    state: str
    reason: str


@dataclass(frozen=True)
class History:
    """All there is to tell about one customer."""

    who: Who
    ways: tuple[Way, ...] = ()
    not_entered: tuple[NotEntered, ...] = ()
    messages: tuple[Sent, ...] = ()
    noted: tuple[Noted, ...] = ()  # beside journeys
    others: tuple[Other, ...] = ()  # live journeys for which the customer has not come up
    predicted: tuple[Said, ...] = ()


def load_history(connection: Connection, customer_id: int, journey: str | None = None) -> History:
    """The story of a customer, oldest first; of one journey alone if it is named."""
    rows = connection.execute(_enrolments(customer_id, journey)).all()
    ids = [row.id for row in rows]
    visits, messages, values = _visits(connection, ids), _messages(connection, ids), _kept(connection, ids)
    answers = answers_of(connection, ids)
    ways = tuple(
        replace(
            _way(connection, row, visits.get(row.id, []), messages.get(row.id, []), values.get(row.id, {})),
            answers=tuple(answers.get(row.id, ())),
        )
        for row in rows
    )
    sent = sorted((one for way in ways for one in way.messages), key=lambda one: (one.decided_at, one.key))
    missed = _not_entered(connection, customer_id, journey)
    known = {way.journey for way in ways} | {one.journey for one in missed}
    others = tuple(not_come_up_for(connection, customer_id, journey, known))
    noted = noted_of(connection, customer_id)
    who, said = _who(connection, customer_id), predicted_of(connection, customer_id)
    return History(who, ways, missed, tuple(sent), noted, others, said)


def _who(connection: Connection, customer_id: int) -> Who:
    row = connection.execute(select(customer).where(customer.c.id == customer_id)).one()
    name = " ".join(part for part in (row.first_name, row.last_name) if part)
    loyal = (row.points, row.tier, row.referral_code)
    return Who(row.key, row.email, name, row.zone, row.zone_from, row.erased_at, *loyal)


def _enrolments(customer_id: int, journey: str | None) -> Any:
    source = enrolment.join(journey_table, journey_table.c.name == enrolment.c.journey)
    source = source.outerjoin(event, event.c.id == enrolment.c.trigger_event_id)
    found = (
        select(enrolment, journey_table.c.state.label("journey_state"), event.c.name.label("event_name"))
        .select_from(source)
        .where(enrolment.c.customer_id == customer_id)
        .order_by(enrolment.c.entered_at, enrolment.c.enrolled_at, enrolment.c.id)
    )
    return found if journey is None else found.where(enrolment.c.journey == journey)


def _way(
    connection: Connection, row: Any, visits: list[Seen], messages: list[Sent], values: dict[str, Any]
) -> Way:
    live = load_version(connection, row.journey, row.version)
    order = {step.name: number for number, step in enumerate(live.journey)}
    visits.sort(key=lambda seen: (seen.arrived_at, seen.left_at, order.get(seen.step, -1)))
    return Way(
        journey=row.journey,
        version=row.version,
        key=message_key(row.journey, row.customer_key, row.one_per, row.occurrence, ""),
        entered_at=row.entered_at,
        enrolled_at=row.enrolled_at,
        cause=row.event_name or "",
        trigger=row.trigger or {},
        state=row.state,
        reason=row.reason or (row.end or "").replace("_", " ") or None,
        held_out=row.held_out,
        step=row.step,
        arrived_at=row.arrived_at,
        due_at=row.due_at,
        until_at=row.until_at,
        ended_at=row.ended_at,
        goal_at=row.goal_at,
        paused=row.journey_state == "paused",
        visits=tuple(visits),
        messages=tuple(messages),
        kept=values,
        names=_names(connection, values),
        file=live.journey,
    )


def _visits(connection: Connection, ids: Sequence[int]) -> dict[int, list[Seen]]:
    found: dict[int, list[Seen]] = {}
    for row in connection.execute(select(visit).where(visit.c.enrolment_id.in_(ids))):
        late = f"; an answer of {row.late_at:%Y-%m-%d %H:%M} UTC came too late" if row.late_at else ""
        seen = Seen(row.step, row.arrived_at, row.left_at, row.path, row.why + late)
        found.setdefault(row.enrolment_id, []).append(seen)
    return found


_SENT = tuple(Sent.__dataclass_fields__)


def _messages(connection: Connection, ids: Sequence[int]) -> dict[int, list[Sent]]:
    found: dict[int, list[Sent]] = {}
    mine = (
        select(message).where(message.c.enrolment_id.in_(ids)).order_by(message.c.decided_at, message.c.key)
    )
    for row in connection.execute(mine):
        sent = Sent(**{name: row._mapping[name] for name in _SENT})
        found.setdefault(row.enrolment_id, []).append(sent)
    return found


def _kept(connection: Connection, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for row in connection.execute(select(kept).where(kept.c.enrolment_id.in_(ids)).order_by(kept.c.step)):
        found.setdefault(row.enrolment_id, {})[row.step] = row.value
    for enrolment_id, given in gifts.told(connection, ids).items():
        found.setdefault(enrolment_id, {}).update(given)
    return found


def _names(connection: Connection, values: dict[str, Any]) -> dict[str, str]:
    """Product id → its name as it is now."""
    lists = [value for value in values.values() if isinstance(value, list)]
    ids = {str(item["product_id"]) for items in lists for item in items if "product_id" in item}
    rows = connection.execute(
        select(product.c.product_id, product.c.name).where(product.c.product_id.in_(ids))
    )
    return {row.product_id: row.name for row in rows}


def _not_entered(connection: Connection, customer_id: int, journey: str | None) -> tuple[NotEntered, ...]:
    mine = entry.c.customer_id == customer_id
    where = mine if journey is None else and_(mine, entry.c.journey == journey)
    source = entry.outerjoin(event, event.c.id == entry.c.trigger_event_id)
    rows = connection.execute(
        select(entry, event.c.name.label("event_name"))
        .select_from(source)
        .where(where)
        .order_by(entry.c.at, entry.c.id)
    )
    return tuple(
        NotEntered(row.journey, row.at, row.event_name or row.cause, row.state, row.reason) for row in rows
    )
