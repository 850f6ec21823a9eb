"""Customers to ask conditions of: what is known of them, what they did, where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from hypothesis import strategies as st

from loyaltyloop.journey.conditions.facts import BASKET_LIFE
from loyaltyloop.journey.conditions.view import Engagement, Enrolled, Event, Message, View
from tests.strategies.conditions import EVENTS, JOURNEYS, KINDS, STEPS
from tests.strategies.values import (
    DATES,
    MONEY,
    NUMBERS,
    ZONES,
    choose,
    documents,
    instants,
    json_scalars,
    json_values,
    lines,
    pasts,
    texts,
)


@cache
def _facts(now: datetime) -> st.SearchStrategy[Mapping[str, Any]]:
    mostly = st.sampled_from(["a", "ab"])
    return st.fixed_dictionaries(
        {
            "email": st.none() | mostly | texts(),
            "phone": st.none() | mostly,
            "country": st.none() | st.sampled_from(["GB", "gb", "DE", "\uffff"]),
            "birthday": st.none() | st.sampled_from(DATES),
            "created_at": st.none() | instants(now),
            "tags": st.lists(mostly | texts(), max_size=3),
            "orders": st.integers(0, 2),
            "lifetime_value": st.sampled_from(MONEY),
            "average_order": st.none() | st.sampled_from(MONEY),
            "last_order_at": st.none() | instants(now),
        }
    )


@cache
def _orders() -> st.SearchStrategy[Mapping[str, Any] | None]:
    order = st.fixed_dictionaries(
        {
            "order_id": st.just("o1"),
            "products": st.lists(lines(), max_size=2),
            "total": st.none() | st.sampled_from(MONEY),
            "currency": st.none() | st.just("GBP"),
            "main_category": st.none() | st.sampled_from(["a", "ab"]) | texts(),
            "status": st.sampled_from(["open", "shipped"]),
        }
    )
    return choose(order, order, order, st.none())


@cache
def _carts(now: datetime) -> st.SearchStrategy[Mapping[str, Any] | None]:
    """Baskets, some of them over for a month."""
    cart = st.fixed_dictionaries(
        {
            "products": st.lists(lines(), max_size=2),
            "value": st.none() | st.sampled_from(MONEY),
            "quantity": st.integers(1, 3),
            "lines": st.integers(1, 2),
            "currency": st.sampled_from(["GBP", "EUR"]),
            "url": st.none() | st.sampled_from(["a", "ab"]) | texts(),
            "began_at": instants(now),
            "updated_at": choose(instants(now), st.sampled_from([now - BASKET_LIFE, now - timedelta(31)])),
        }
    )
    return choose(cart, cart, cart, st.none())


@st.composite
def _enrolments(draw: st.DrawFn, now: datetime, events: tuple[Event, ...]) -> Enrolled:
    entered_by = draw(st.none() | st.sampled_from(events)) if events else None
    arrivals = draw(st.dictionaries(st.sampled_from(["ask", "later"]), pasts(now), max_size=1))
    arrived_at = draw(pasts(now))
    return Enrolled(
        id=1,
        entered_at=draw(pasts(now)),
        trigger=entered_by.properties if entered_by else draw(documents()),
        trigger_event_id=entered_by.id if entered_by else None,
        order=draw(_orders()),
        arrived_at=arrived_at,
        arrivals={**arrivals, "hello": arrived_at},
        kept=draw(st.dictionaries(st.sampled_from(STEPS), _kept(), max_size=2)),
        redeemed=draw(st.sets(st.sampled_from(STEPS), max_size=1)),
    )


def _kept() -> st.SearchStrategy[Any]:
    """What a `score` keeps, maybe without a number, or what another step does."""
    number = st.none() | st.sampled_from(NUMBERS) | json_scalars()
    scored = st.fixed_dictionaries({"number": number, "model": st.just("lapse")})
    return scored | scored | scored | json_values().filter(is_known)


def _predictions() -> st.SearchStrategy[Mapping[str, float]]:
    number = st.sampled_from([0.0, 0.5, 0.7, 1.0, 12.5]) | st.integers(0, 100).map(lambda n: n / 100)
    return st.dictionaries(st.sampled_from(["lapse", "value"]), number, max_size=2)


def is_known(value: object) -> bool:
    """JSON's null says nothing."""
    return value is not None


MESSAGE_STATES = ("handed_over", "handed_over", "delivered", "planned", "unknown", "bounced")


@st.composite
def _messages(draw: st.DrawFn, now: datetime) -> tuple[tuple[Message, ...], tuple[Engagement, ...]]:
    """One message a step, of this enrolment (1) and of another (2), and responses to them."""
    messages, engagements = [], []
    maybe = st.none() | instants(now)
    for number, journey in enumerate(JOURNEYS, start=1):
        for step in draw(st.lists(st.sampled_from(STEPS), unique=True, min_size=1, max_size=2)):
            state = draw(st.sampled_from(MESSAGE_STATES))
            messages.append(Message(number, journey, step, state, draw(maybe), draw(maybe)))
            for kind in draw(st.lists(st.sampled_from((*KINDS, *["answered"] * 4)), max_size=3)):
                at, machine = draw(instants(now)), draw(st.sampled_from([False, False, True]))
                value = draw(json_scalars().filter(is_known)) if kind == "answered" else None
                found = Engagement(number, journey, step, kind, at, draw(instants(now)), machine, value)
                engagements.append(found)
    return tuple(messages), tuple(engagements)


@st.composite
def _events(draw: st.DrawFn, now: datetime) -> tuple[Event, ...]:
    found = draw(
        st.lists(st.tuples(st.sampled_from(EVENTS), instants(now), instants(now), documents()), max_size=4)
    )
    return tuple(Event(number, *each) for number, each in enumerate(found, start=1))


@st.composite
def views(draw: st.DrawFn, now: datetime, exponent: int = 2) -> View:
    """A customer as of `now`, inside the journey `mine`; ids are counted from 1."""
    events = draw(_events(now))
    messages, engagements = draw(_messages(now))
    known = draw(_facts(now))
    addresses = {"email"} if known["email"] is not None else set()
    return View(
        now=now,
        zone=draw(st.sampled_from(ZONES)),
        customer=known,
        attributes=draw(documents()),
        events=events,
        cart=draw(_carts(now)),
        predicted=draw(_predictions()),
        consents=draw(st.dictionaries(st.sampled_from(["email", "sms"]), st.booleans())),
        engagements=engagements,
        messages=messages,
        inside=frozenset(draw(st.sets(st.sampled_from(JOURNEYS)))),
        reachable=frozenset(addresses | draw(st.sets(st.sampled_from(["sms", "push"])))),
        enrolment=draw(_enrolments(now, events)),
        exponent=exponent,
    )
