"""Messages that are to be claimed, with all that the gate asks about and all that their templates print.

It is one query for the messages of one step: what `leave_when` and the step's `if` say of their customers
is asked in it, and a customer's row is read once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    String,
    Table,
    and_,
    case,
    func,
    literal,
    null,
    select,
    type_coerce,
)

from loyaltyloop.channels.claiming.outbox import WAITING, body, journey, message
from loyaltyloop.channels.claiming.place import There, end_of, find_step, gives_of, offers_of, questions_of
from loyaltyloop.channels.claiming.where import columns_for
from loyaltyloop.channels.values.context import People, columns_of, fields_of
from loyaltyloop.journey.model import CALLS, Give, Recommend, Shop, Step
from loyaltyloop.journey.question import Question
from loyaltyloop.store.among import among
from loyaltyloop.store.conditions.asking import scope_of
from loyaltyloop.store.conditions.sql import holds
from loyaltyloop.store.inside.cohorts import customer, enrolment
from loyaltyloop.store.models import Consent
from loyaltyloop.store.records import records

consent: Table = Consent.__table__  # type: ignore[attr-defined]
_PLACE = ("journey", "version", "step", "template")
_OF_MESSAGE = (
    "id", "key", "enrolment_id", "customer_id", *_PLACE, "channel", "purpose", "expires_at", "reason",
    "routes", "via", "claimed_at", "handed_over_at",
)  # fmt: skip
CHANNELS = ("email", "sms", "push")  # by which a customer may have agreed to hear from the shop
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
    `question`: the one that these messages ask. `step`: as it is now; None where nobody runs in its version.
    """

    rows: Sequence[Any]
    objections: Sequence[Objection]
    people: People
    offers: Mapping[str, Recommend]
    questions: Mapping[str, Question]
    question: Question | None
    step: Step | None = None
    gives: Mapping[str, Give] = field(default_factory=dict)  # the `give` steps that the template names


def load_groups(
    connection: Connection,
    shop: Shop,
    now: datetime,
    uses_of: Callable[[str, str], frozenset[str]],
    keys: Sequence[str],
) -> list[Group]:
    """The messages with these keys that still wait. LookupError: one's version is not its person's.

    `uses_of`: the names that a channel's template uses.
    Nothing is asked of those who have ended, and a version with nobody else is not there any more.
    """
    place = [message.c[name] for name in (*_PLACE, "channel")]
    places = connection.execute(
        select(*place, message.c.id)
        .where(among(connection, message.c.key, keys), WAITING)
        .order_by(*place, message.c.id)
    ).all()
    found = []
    for (*where, template, channel), members in groupby(places, key=lambda row: tuple(row[:5])):
        there = find_step(connection, *where)
        ids = [row.id for row in members]
        asked = _asked(connection, shop, now, there, ids) if there else []
        uses = uses_of(channel, template)
        fields = fields_of(uses)
        more = [
            *end_of(there),
            *(_OF_CALL if channel == CALLS else (*_OF_LETTER, *_holding(connection, shop, now, ids))),
            *columns_for(channel),
        ]
        chosen = _chosen(connection, where[0], more, fields, [test for test, _ in asked], ids)
        rows = records(connection.execute(chosen))
        if there is None and any(row.ended_at is None for row in rows):
            name, version, _ = where
            raise LookupError(f"messages of version {version} of {name!r} wait, and nobody runs in it")
        people = People(shop, fields, {row.enrolment_id: row for row in rows if row.zone is not None})
        objections = [objection for _, objection in asked]
        if there is None:
            found.append(Group(rows, objections, people, {}, {}, None))
            continue
        offers, questions = offers_of(there.journey, uses), questions_of(there.journey, uses, there.step.name)
        question = questions.get(there.step.name)
        gives = gives_of(there.journey, uses)
        found.append(Group(rows, objections, people, offers, questions, question, there.step, gives))
    return found


def _chosen(
    connection: Connection,
    name: str,
    more: Sequence[ColumnElement[Any]],
    fields: Sequence[str],
    asked: Sequence[ColumnElement[bool]],
    ids: list[int],
) -> Any:
    objection = case(*((test, number) for number, test in enumerate(asked))) if asked else null()
    state = select(journey.c.state).where(journey.c.name == name).scalar_subquery()
    return (
        select(
            *(message.c[column] for column in _OF_MESSAGE),
            *more,
            state.label("journey_state"),
            customer.c.zone,
            customer.c.email,
            customer.c.paused_until,
            _LATEST_OF_FEW,
            type_coerce(customer.c.erased_at, String).label("erased_at"),
            *_GIVEN,
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
        other.c.customer_id == message.c.customer_id,
        other.c.purpose == "marketing",
        other.c.channel != CALLS,
        other.c.id != message.c.id,
    )
    return case((customer.c.often == "less", latest.scalar_subquery())).label("latest_of_few")


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


# Made once: a group is often of a few messages, and making these takes longer than reading them.
_LATEST_OF_FEW = _latest_of_few()
_GIVEN = (_given("marketing"), _given("service"))


def _given_by(channel: str) -> ColumnElement[bool]:
    """Has the customer agreed to marketing by this channel?"""
    given = select(consent.c.customer_id).where(
        consent.c.customer_id == message.c.customer_id,
        consent.c.channel == channel,
        consent.c.purpose == "marketing",
        consent.c.given,
    )
    return given.exists().label(f"agreed_{channel}")


# What is asked of a call beside, and what its body may say.
_OF_CALL: tuple[ColumnElement[Any], ...] = (
    *map(_given_by, CHANNELS),
    enrolment.c.one_per,
    enrolment.c.entered_at,
    customer.c.key.label("first_id"),
    message.c.decided_at,
    select(body.c.text).where(body.c.message_id == message.c.id).scalar_subquery().label("stored"),
)

# Of what was claimed before, by a way out that is to get the same bytes again: from whom, and about what.
_OF_LETTER: tuple[ColumnElement[Any], ...] = (
    case((body.select().where(body.c.message_id == message.c.id).exists(), message.c.sender)).label("stored"),
    message.c.subject.label("stored_subject"),
)


def _asked(
    connection: Connection, shop: Shop, now: datetime, there: There, ids: list[int]
) -> list[tuple[ColumnElement[bool], Objection]]:
    """What is asked of the customers, in order: `leave_when`, then the step's `if`."""

    def zones() -> list[str]:
        return _zones(connection, ids)

    found = []
    for reason, condition in () if there.at_end else there.journey.leave_when:
        scope = scope_of(connection, shop, now, [condition], zones, entered=True)
        found.append((holds(condition, scope), Objection(f"left: {reason}", reason)))
    own = there.step.condition
    if own is not None:
        scope = scope_of(connection, shop, now, [own], zones)
        found.append((~holds(own, scope), Objection("its `if` does not hold")))
    return found


def _holding(connection: Connection, shop: Shop, now: datetime, ids: list[int]) -> list[ColumnElement[Any]]:
    """Does the shop hold messages of this purpose back from this customer now?

    The shop asks about customers, whatever journey they are in.
    """

    def zones() -> list[str]:
        return _zones(connection, ids)

    tests = [
        (
            and_(
                message.c.purpose == purpose,
                holds(
                    condition, replace(scope_of(connection, shop, now, [condition], zones), enrolment=None)
                ),
            ),
            literal(1),
        )
        for purpose, condition in shop.hold_while
    ]
    return [type_coerce(case(*tests), Integer).label("holding")] if tests else [null().label("holding")]


def _zones(connection: Connection, ids: list[int]) -> list[str]:
    of_these = select(customer.c.zone).select_from(_SOURCE).where(among(connection, message.c.id, ids))
    return sorted(zone for zone in connection.execute(of_these.distinct()).scalars() if zone)
