"""By which channels each message of a step may go, where its file leaves that open: asked in sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Table, func, select

from loyaltyloop.journey.model import Purpose, Send
from loyaltyloop.journey.routes import PREFERRED, REMEMBERED, Reader, Route, routes
from loyaltyloop.journey.written import written_for
from loyaltyloop.steps.stand import Stand
from loyaltyloop.store.inside.cohorts import PEOPLE, READY, cohort, customer
from loyaltyloop.store.models import Consent, Engagement, Message
from loyaltyloop.store.people.devices import has_device

consent: Table = Consent.__table__  # type: ignore[attr-defined]
engagement: Table = Engagement.__table__  # type: ignore[attr-defined]
message: Table = Message.__table__  # type: ignore[attr-defined]
CHANNELS = ("email", "sms", "push")


def find_routes(stand: Stand, send: Send) -> dict[int, list[Route]]:
    """Enrolment → the channels that its message may take. Nobody has any if no template is written."""
    written = written_for(send.template, stand.templates)
    if not written:
        return {}
    clicks, others = _clicks(stand), send.if_blocked == "other_channel"
    addresses = (
        customer.c.email.is_not(None),
        customer.c.sms_number.is_not(None),
        has_device(customer),
    )
    given = (_given(channel, send.purpose) for channel in CHANNELS)
    people = stand.people(cohort.c.id, customer.c.id, customer.c.attributes, *addresses, *given)
    found = {}
    for number, who, attributes, *answers in people:
        known = zip(CHANNELS, answers[:3], answers[3:], strict=True)
        reached = {channel for channel, there, agreed in known if there and _may(send.purpose, agreed)}
        reader = Reader(reached, (attributes or {}).get(PREFERRED), clicks.get(who, {}))
        found[number] = routes(send.channel, others, written, reader)
    return found


def _may(purpose: Purpose, agreed: bool | None) -> bool:
    """As the gate asks: marketing wants consent, service none that is refused."""
    return purpose == "transactional" or bool(agreed) or (purpose == "service" and agreed is None)


def _given(channel: str, purpose: Purpose) -> ColumnElement[bool | None]:
    mine = (consent.c.customer_id == customer.c.id, consent.c.channel == channel)
    chosen = select(consent.c.given).where(*mine, consent.c.purpose == purpose)
    return chosen.correlate_except(consent).scalar_subquery()


def _clicks(stand: Stand) -> Mapping[int, Mapping[str, int]]:
    """Customer → how many links of messages they have followed lately, by the messages' channel."""
    since = REMEMBERED.after(stand.now, "UTC", -1)
    ready = select(customer.c.id).select_from(PEOPLE).where(READY)
    chosen = (
        select(engagement.c.customer_id, message.c.channel, func.count())
        .join(message, message.c.key == engagement.c.message_key)
        .where(
            engagement.c.customer_id.in_(ready),
            engagement.c.kind == "clicked",
            engagement.c.machine.is_(False),
        )
        .where(engagement.c.at >= since, engagement.c.at <= stand.now)
        .group_by(engagement.c.customer_id, message.c.channel)
    )
    found: dict[int, dict[str, Any]] = {}
    for who, channel, count in stand.connection.execute(chosen):
        found.setdefault(who, {})[channel] = count
    return found
