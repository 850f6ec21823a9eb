"""Customers, as Python knows them, written to a database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table
from sqlmodel import SQLModel

from loyaltyloop.journey.conditions.view import Enrolled, View
from loyaltyloop.store.models import (
    Basket,
    Consent,
    Customer,
    Device,
    Engagement,
    Enrolment,
    Event,
    Gift,
    Kept,
    Message,
    Order,
    Prediction,
    Visit,
)

APART = 100  # ids of one customer's rows


def table(model: type[SQLModel]) -> Table:
    return model.__table__  # type: ignore[attr-defined, no-any-return]


def numbered(view: View, number: int) -> View:
    """The same customer with ids that no other customer's rows have."""
    base = number * APART
    enrolment = view.enrolment
    assert enrolment is not None
    order = {**enrolment.order, "order_id": f"o{number}"} if enrolment.order else None
    by = enrolment.trigger_event_id
    return replace(
        view,
        events=tuple(replace(event, id=base + event.id) for event in view.events),
        messages=tuple(replace(each, enrolment_id=base + each.enrolment_id) for each in view.messages),
        engagements=tuple(
            replace(each, id=place, enrolment_id=base + each.enrolment_id)
            for place, each in enumerate(view.engagements)
        ),
        enrolment=replace(enrolment, id=base + 1, order=order, trigger_event_id=by and base + by),
    )


def store(connection: Connection, views: Sequence[View]) -> None:
    """Write the customers; the first has the id 1."""
    for number, view in enumerate(views, start=1):
        _store_customer(connection, view, number)
        _store_basket(connection, view, number)
        _store_enrolments(connection, view, number)
        _store_messages(connection, view, number)


def _add(connection: Connection, model: type[SQLModel], rows: Iterable[dict[str, Any]]) -> None:
    if found := list(rows):
        connection.execute(table(model).insert(), found)


def _store_customer(connection: Connection, view: View, number: int) -> None:
    blank = {"attributes": view.attributes, "stamps": {}, "zone_from": "own", "often": "normal"}
    facts = {"points": 0, "open_cases": 0, "lifetime_value": 0, "orders": 0, "tags": [], **view.customer}
    texts = {"sms_number": "+447400123456" if "sms" in view.reachable else None}
    own = {"id": number, "key": str(number), "zone": view.zone}
    _add(connection, Customer, [own | texts | blank | facts])
    device = {"token": f"token {number}", "customer_id": number, "platform": "ios", "seen_at": view.now}
    dropped = None if "push" in view.reachable else view.now
    _add(connection, Device, [device | {"dropped_at": dropped}])
    said = {"customer_id": number, "as_of": view.now, "version": 1}
    _add(connection, Prediction, (said | {"model": m, "value": v} for m, v in view.predicted.items()))
    consents = [("marketing", channel, given) for channel, given in view.consents.items()]
    consents += [("service", "email", True)]
    _add(
        connection,
        Consent,
        (
            {"customer_id": number, "channel": c, "purpose": p, "given": g, "at": view.now}
            for p, c, g in consents
        ),
    )
    _add(
        connection,
        Event,
        (
            {
                "id": event.id,
                "source": "test",
                "message_id": str(event.id),
                "type": "track",
                "name": event.name,
                "at": event.at,
                "arrived_at": event.arrived_at,
                "properties": event.properties,
                "seq": event.id,
                "customer_id": number,
            }
            for event in view.events
        ),
    )


def _store_basket(connection: Connection, view: View, number: int) -> None:
    """The basket; beside it one that is none any more, and one of somebody else's shape."""
    own = {"customer_id": number, "checkouts": [], "stated": None}
    blank = {"products": [{"a": "a"}], "value": 1, "quantity": 1, "lines": 1, "currency": "GBP", "url": "a"}
    times = {"began_at": view.now, "updated_at": view.now}
    earlier = {**own, **blank, **times, "cart_id": "earlier", "latest": False}
    empty = {
        **own,
        **blank,
        **times,
        "cart_id": "",
        "latest": True,
        "products": [],
        "quantity": 0,
        "lines": 0,
    }
    last = empty if view.cart is None else {**own, **view.cart, "cart_id": "c", "latest": True}
    _add(connection, Basket, [earlier, last] if number % 2 or view.cart else [])


def _store_enrolments(connection: Connection, view: View, number: int) -> None:
    own = view.enrolment
    assert own is not None and own.id is not None
    rows = []
    for place, journey in enumerate(("mine", "other")):
        rows.append(
            {
                "id": own.id + place,
                "journey": journey,
                "version": 1,
                "customer_id": number,
                "customer_key": str(number),
                "one_per": "",
                "occurrence": "",
                "entered_at": own.entered_at,
                "enrolled_at": own.entered_at,
                "trigger": own.trigger,
                "trigger_event_id": own.trigger_event_id,
                "order_id": f"o{number}",
                # Kept out, or at its end: neither is inside.
                "held_out": journey not in view.inside and number % 2 == 0,
                "ended_at": None if journey in view.inside or number % 2 == 0 else view.now,
                "step": "hello",
                "state": "ready",
                "arrived_at": own.arrived_at,
            }
        )
    _add(connection, Enrolment, rows)
    left = {step: at for step, at in own.arrivals.items() if step != "hello"}
    _add(
        connection,
        Visit,
        (
            {"enrolment_id": own.id, "step": step, "arrived_at": at, "left_at": at, "path": "", "why": ""}
            for step, at in left.items()
        ),
    )
    _add(connection, Kept, ({"enrolment_id": own.id, "step": s, "value": v} for s, v in own.kept.items()))
    _add(connection, Gift, _gifts(own, number, view.now))
    more = {"customer_id": number, "refunded": 0, "ordered_at": view.now, "updated_at": view.now}
    _add(connection, Order, [{**own.order, **more}] if own.order else [])


def _gifts(own: Enrolled, number: int, now: datetime) -> Iterable[dict[str, Any]]:
    """Those whose code was used; and of others one that nobody has used."""
    words: dict[str, Any] = {
        "enrolment_id": own.id,
        "customer_id": number,
        "journey": "mine",
        "kind": "voucher",
    }
    words |= {"what": "spring", "given_at": now, "value": "10%"}
    for step in sorted({*own.redeemed, "unused"}):
        used = now if step in own.redeemed else None
        yield {**words, "step": step, "state": "redeemed" if used else "committed", "redeemed_at": used}


def _store_messages(connection: Connection, view: View, number: int) -> None:
    _add(
        connection,
        Message,
        (
            {
                "key": f"{message.enrolment_id}.{message.step}",
                "enrolment_id": message.enrolment_id,
                "customer_id": number,
                "journey": message.journey,
                "version": 1,
                "step": message.step,
                "channel": "email",
                "purpose": "marketing",
                "template": "t",
                "priority": 50,
                "entered_at": view.now,
                "decided_at": view.now,
                "due_at": view.now,
                "state": message.state,
                "reason": "",
                "claimed_at": message.claimed_at,
                "handed_over_at": message.handed_over_at,
            }
            for message in view.messages
        ),
    )
    _add(
        connection,
        Engagement,
        (
            {
                "event_id": number * APART + place,
                "message_key": f"{found.enrolment_id}.{found.step}",
                "customer_id": number,
                "journey": found.journey,
                "step": found.step,
                "kind": found.kind,
                "at": found.at,
                "arrived_at": found.arrived_at,
                "machine": found.machine,
                "answer": found.answer,
            }
            for place, found in enumerate(view.engagements)
        ),
    )
