"""Messages that are to be claimed, with all that the gate asks about and all that their templates print.

It is one query for the messages of one step: what `leave_when` and the step's `if` say of their customers
is asked in it, and a customer's row is read once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    String,
    Table,
    case,
    func,
    null,
    select,
    type_coerce,
)

from loyaltyloop.channels.context import People, columns_of, fields_of
from loyaltyloop.channels.outbox import WAITING, journey, message
from loyaltyloop.channels.questions import asked_in
from loyaltyloop.channels.render import Renderer
from loyaltyloop.journey.model import Journey, Recommend, Shop
from loyaltyloop.journey.question import Question
from loyaltyloop.store.among import among
from loyaltyloop.store.asking import scope_of
from loyaltyloop.store.cohorts import customer, enrolment
from loyaltyloop.store.conditions import holds
from loyaltyloop.store.models import Consent
from loyaltyloop.store.records import records
from loyaltyloop.store.versions import load_versions

consent: Table = Consent.__table__  # type: ignore[attr-defined]
_PLACE = ("journey", "version", "step", "template")
_OF_MESSAGE = ("id", "key", "enrolment_id", "customer_id", *_PLACE, "channel", "purpose", "expires_at")
_SOURCE = message.join(enrolment, enrolment.c.id == message.c.enrolment_id).outerjoin(
    customer, customer.c.id == enrolment.c.customer_id
)


@dataclass(frozen=True)
class Objection:
    """Why a message does not leave; `left`: the reason for which its customer leaves the journey, if so."""

    why: str
    left: str | None = None


@dataclass(frozen=True)
class Group:
    """Messages of one step with the same template.

    `rows` hold the columns of the gate, `objection` (a place in `objections`) and what `people` reads.
    `offers`: the `recommend` steps that the template names; `questions`: the `ask` steps, its own included;
    `question`: the one that these messages ask.
    """

    rows: Sequence[Any]
    objections: Sequence[Objection]
    people: People
    offers: Mapping[str, Recommend]
    questions: Mapping[str, Question]
    question: Question | None


def load_groups(
    connection: Connection, shop: Shop, now: datetime, renderer: Renderer, keys: Sequence[str]
) -> list[Group]:
    """The messages with these keys that still wait. LookupError: one's version is not its person's.

    Nothing is asked of those who have ended, and a version with nobody else is not there any more.
    """
    places = connection.execute(
        select(*(message.c[name] for name in _PLACE), message.c.id)
        .where(among(connection, message.c.key, keys), WAITING)
        .order_by(*(message.c[name] for name in _PLACE), message.c.id)
    ).all()
    found = []
    for (name, version, step, template), members in groupby(places, key=lambda row: tuple(row[:4])):
        live = next((live for live in load_versions(connection, name) if live.number == version), None)
        ids = [row.id for row in members]
        asked = _asked(connection, shop, now, live.journey, step, ids) if live else []
        uses = renderer.uses_of(template)
        fields = fields_of(uses)
        chosen = _chosen(connection, name, fields, [test for test, _ in asked], ids)
        rows = records(connection.execute(chosen))
        if live is None and any(row.ended_at is None for row in rows):
            raise LookupError(f"messages of version {version} of {name!r} wait, and nobody runs in it")
        people = People(shop, fields, {row.enrolment_id: row for row in rows if row.zone is not None})
        offers = _offers(live.journey, uses) if live else {}
        questions = _questions(live.journey, uses, step) if live else {}
        objections = [objection for _, objection in asked]
        found.append(Group(rows, objections, people, offers, questions, questions.get(step)))
    return found


def _offers(own: Journey, uses: Collection[str]) -> dict[str, Recommend]:
    named = {path.partition(".")[0] for path in uses}
    return {
        step.name: step.action for step in own if step.name in named and isinstance(step.action, Recommend)
    }


def _questions(own: Journey, uses: Collection[str], step: str) -> dict[str, Question]:
    named = {path.partition(".")[0] for path in uses} | {step}
    return {name: question for name, question in asked_in(own).items() if name in named}


def _chosen(
    connection: Connection,
    name: str,
    fields: Sequence[str],
    asked: Sequence[ColumnElement[bool]],
    ids: list[int],
) -> Any:
    objection = case(*((test, number) for number, test in enumerate(asked))) if asked else null()
    state = select(journey.c.state).where(journey.c.name == name).scalar_subquery()
    return (
        select(
            *(message.c[column] for column in _OF_MESSAGE),
            # Only whether there is an instant matters: as text it costs nothing to read.
            type_coerce(enrolment.c.ended_at, String).label("ended_at"),
            enrolment.c.end,
            enrolment.c.reason.label("ended_reason"),
            state.label("journey_state"),
            customer.c.zone,
            customer.c.email,
            customer.c.paused_until,
            _latest_of_few().label("latest_of_few"),
            type_coerce(customer.c.erased_at, String).label("erased_at"),
            *(_given(purpose) for purpose in ("marketing", "service")),
            type_coerce(objection, Integer).label("objection"),
            *columns_of(fields),
        )
        .select_from(_SOURCE)
        .where(among(connection, message.c.id, ids), WAITING)
    )


def _latest_of_few() -> ColumnElement[Any]:
    """When somebody who wants to hear less often was last sent marketing; null for all others."""
    other = message.alias()
    latest = select(func.max(other.c.handed_over_at)).where(
        other.c.customer_id == message.c.customer_id, other.c.purpose == "marketing"
    )
    return case((customer.c.often == "less", latest.scalar_subquery()))


def _given(purpose: str) -> ColumnElement[bool | None]:
    return (
        select(consent.c.given)
        .where(
            consent.c.customer_id == message.c.customer_id,
            consent.c.channel == message.c.channel,
            consent.c.purpose == purpose,
        )
        .scalar_subquery()
        .label(f"{purpose}_consent")
    )


def _asked(
    connection: Connection, shop: Shop, now: datetime, asking: Journey, step: str, ids: list[int]
) -> list[tuple[ColumnElement[bool], Objection]]:
    """What is asked of the customers, in order: `leave_when`, then the step's `if`."""

    def zones() -> list[str]:
        of_these = select(customer.c.zone).select_from(_SOURCE).where(among(connection, message.c.id, ids))
        return sorted(zone for zone in connection.execute(of_these.distinct()).scalars() if zone)

    found = []
    for reason, condition in asking.leave_when:
        scope = scope_of(connection, shop, now, [condition], zones, entered=True)
        found.append((holds(condition, scope), Objection(f"left: {reason}", reason)))
    own = asking.step(step).condition
    if own is not None:
        scope = scope_of(connection, shop, now, [own], zones)
        found.append((~holds(own, scope), Objection("its `if` does not hold")))
    return found
