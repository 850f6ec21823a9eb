"""The claim: one transaction in which the gate judges messages and stores the bytes of those that leave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, Table, and_, func, select, update

from loyaltyloop.channels.context import load_names
from loyaltyloop.channels.errors import CannotRender
from loyaltyloop.channels.gate import Moment, Verdict, judge
from loyaltyloop.channels.outbox import WAITING, body, journey, let_go, message
from loyaltyloop.channels.render import Rendered, Renderer
from loyaltyloop.journey.model import Shop
from loyaltyloop.store.among import among
from loyaltyloop.store.asking import cohort_scope, leaves_by
from loyaltyloop.store.bulk import fill_temporary, insert_rows
from loyaltyloop.store.cohorts import cohort, customer, end, ended_state, enrolment, mark, take
from loyaltyloop.store.conditions import holds
from loyaltyloop.store.models import Consent
from loyaltyloop.store.versions import load_versions

_OF_MESSAGE = (
    "id", "key", "enrolment_id", "journey", "version", "step", "channel", "purpose", "template", "expires_at",
)  # fmt: skip
consent: Table = Consent.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Desk:
    """What a claim works with. `via`: the name of the way out."""

    now: datetime
    shop: Shop
    renderer: Renderer
    via: str


@dataclass
class Claimed:
    """What a claim decided: rendered messages by key, and how many were held or refused."""

    rendered: dict[str, Rendered] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)


def claim(connection: Connection, desk: Desk, keys: Sequence[str]) -> Claimed:
    """Judge these messages in their order, render what may leave, and store both. The caller commits."""
    rows = _candidates(connection, keys)
    objections, leaving = _objections(connection, desk, rows)
    moment = Moment(desk.now, desk.shop, objections)
    verdicts = {row.key: judge(row, moment) for row in rows}
    passed = [row for row in rows if verdicts[row.key].state == "claimed"]
    rendered = _render(connection, desk, passed, verdicts)
    _store(connection, desk, rows, verdicts, rendered)
    for (name, reason), members in leaving.items():
        ended = ended_state(load_versions(connection, name)[-1].journey)
        end(connection, desk.now, reason, members, f"left at the hand-over: {reason}", ended)
    let_go(connection, [key for key, verdict in verdicts.items() if verdict.state == "refused"])
    counts: dict[str, int] = {}
    for verdict in verdicts.values():
        if verdict.state != "claimed":
            counts[verdict.state] = counts.get(verdict.state, 0) + 1
    return Claimed(rendered, counts)


def _candidates(connection: Connection, keys: Sequence[str]) -> list[Row[Any]]:
    """The messages with all that the gate asks about, in the order of `keys`."""
    asked = {
        purpose: select(consent.c.given)
        .where(
            consent.c.customer_id == message.c.customer_id,
            consent.c.channel == message.c.channel,
            consent.c.purpose == purpose,
        )
        .scalar_subquery()
        .label(f"{purpose}_consent")
        for purpose in ("marketing", "service")
    }
    source = (
        message.join(enrolment, enrolment.c.id == message.c.enrolment_id)
        .outerjoin(customer, customer.c.id == enrolment.c.customer_id)
        .outerjoin(journey, journey.c.name == message.c.journey)
    )
    rows = connection.execute(
        select(
            *(message.c[name] for name in _OF_MESSAGE),
            enrolment.c.ended_at,
            enrolment.c.end,
            enrolment.c.reason.label("ended_reason"),
            journey.c.state.label("journey_state"),
            customer.c.zone,
            customer.c.email,
            customer.c.locale,
            customer.c.paused_until,
            customer.c.erased_at,
            *asked.values(),
        )
        .select_from(source)
        .where(among(connection, message.c.key, keys), WAITING)
    ).all()
    found = {row.key: row for row in rows}
    return [found[key] for key in keys if key in found]


Leaving = dict[tuple[str, str], list[int]]  # journey and reason → enrolments


def _objections(connection: Connection, desk: Desk, rows: list[Row[Any]]) -> tuple[dict[str, str], Leaving]:
    """Messages whose journey's `leave_when`, or whose step's `if`, objects; and whose enrolments leave."""
    objections: dict[str, str] = {}
    leaving: Leaving = {}
    place = lambda row: (row.journey, row.version, row.step)  # noqa: E731
    for (name, version, step), group in groupby(sorted(rows, key=place), key=place):
        members = {row.enrolment_id: row.key for row in group if row.ended_at is None}
        for member, left, why in _ask(connection, desk, name, version, step, members):
            objections[members[member]] = why
            if left is not None:
                leaving.setdefault((name, left), []).append(member)
    return objections, leaving


def _ask(
    connection: Connection, desk: Desk, name: str, version: int, step: str, members: Mapping[int, str]
) -> Iterable[tuple[int, str | None, str]]:
    """(enrolment, the reason for which it leaves or None, why) for each member that something objects to."""
    live = next((live for live in load_versions(connection, name) if live.number == version), None)
    if live is None:
        return []
    own = next((each.condition for each in live.journey if each.name == step), None)
    if not live.journey.leave_when and own is None:
        return []
    take(connection, among(connection, enrolment.c.id, list(members)), None)
    for reason, condition in live.journey.leave_when:
        leaving = leaves_by(connection, desk.shop, desk.now, condition)
        mark(connection, leaving, left=reason, why=f"left: {reason}")
    if own is not None:
        scope = cohort_scope(connection, desk.shop, desk.now, [own])
        mark(connection, ~holds(own, scope), path="", why="its `if` does not hold")
    objecting = cohort.c.left.is_not(None) | cohort.c.path.is_not(None)
    rows = connection.execute(select(cohort.c.id, cohort.c.left, cohort.c.why).where(objecting))
    return [(row.id, row.left, row.why) for row in rows]


def _render(
    connection: Connection, desk: Desk, rows: list[Row[Any]], verdicts: dict[str, Verdict]
) -> dict[str, Rendered]:
    """Render what may leave; what cannot be rendered is refused with its reason."""
    rendered: dict[str, Rendered] = {}
    uses = desk.renderer.uses((row.template, row.locale) for row in rows)
    names = load_names(connection, rows, desk.shop, uses) if rows else {}
    for row in rows:
        try:
            rendered[row.key] = desk.renderer.render(row.template, row.key, names[row.key], row.locale)
        except CannotRender as error:
            verdicts[row.key] = Verdict("refused", str(error))
    return rendered


_BODY = ("message_id", "html", "text", "links")


def _store(
    connection: Connection,
    desk: Desk,
    rows: list[Row[Any]],
    verdicts: dict[str, Verdict],
    rendered: dict[str, Rendered],
) -> None:
    ids = {row.key: row.id for row in rows}
    bodies = [(ids[key], mail.html, mail.text, mail.links) for key, mail in rendered.items()]
    insert_rows(connection, body, _BODY, bodies)
    decided = [
        (
            row.id,
            verdicts[row.key].state,
            verdicts[row.key].reason,
            verdicts[row.key].until,
            row.email if row.key in rendered else None,
            rendered[row.key].subject if row.key in rendered else None,
        )
        for row in rows
    ]
    types = {"id": int, "state": str, "reason": str, "due_at": datetime, "to": str, "subject": str}
    new = fill_temporary(connection, "verdict", types, decided)
    leaves = new.c.state == "claimed"
    for handed, extra in (
        (leaves, {"claimed_at": desk.now, "handed_over_at": desk.now, "via": desk.via}),
        (~leaves, {}),
    ):
        connection.execute(
            update(message)
            .where(and_(message.c.id == new.c.id, handed))
            .values(
                state=new.c.state,
                reason=new.c.reason,
                due_at=func.coalesce(new.c.due_at, message.c.due_at),
                to=new.c.to,
                subject=new.c.subject,
                **extra,
            )
        )
