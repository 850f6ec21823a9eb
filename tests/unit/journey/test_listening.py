"""What a journey listens for: a table of conditions, and the ways in."""

from __future__ import annotations

import pytest

from loyaltyloop.journey.conditions.listening import (
    BASKETS,
    CASES,
    CONSENTS,
    ORDERS,
    RESPONSES,
    Listening,
    listens,
)
from loyaltyloop.journey.model import Journey
from loyaltyloop.journey.reading.reader import read_project, read_shop
from loyaltyloop.store.consents import consent
from loyaltyloop.store.events import facts
from loyaltyloop.store.messages import engagement
from loyaltyloop.store.orders import baskets, orders

SHOP = """
shop: Sample shop
timezone: Europe/London
currency: GBP
country: GB
sender: {name: Sample shop, email: hello@shop.example, postal_address: 1 Sample Street}
segments: {quiet: {not: {did: Product Viewed, since: ever}}}
"""
HEAD = "journey: one\nabout: A journey.\npurpose: service\n"
STEPS = "steps: [{send: hello, template: one/hello}]\n"


def journey(text: str) -> Journey:
    reading = read_project({"journeys/shop.yaml": SHOP, "journeys/one.yaml": HEAD + text})
    assert "one" in reading.journeys, reading.problems
    return reading.journeys["one"]


@pytest.mark.parametrize(
    ("enter", "events"),
    [
        ("{event: Signed Up}", {"Signed Up"}),
        ("{event: [Order Completed, Order Shipped]}", {"Order Completed", "Order Shipped"}),
        ("{event: Completed Order}", {"Order Completed"}),
        ("{event: Signed Up, if: {not: {did: Order Completed, since: ever}}}", {"Signed Up"}),
        ("{when: {customer: {country: GB}}, check: hourly}", set()),
        ("{date: birthday}", set()),
        ('{schedule: "0 9 * * mon", to: {customer: {country: GB}}}', set()),
        ("{manual: true}", set()),
    ],
)
def test_by_what_one_enters(enter: str, events: set[str]) -> None:
    found = journey(f"enter: {enter}\n{STEPS}")
    assert listens(found) == Listening(frozenset(events))
    assert listens(found, entering=False) == Listening()


ASKED = """enter: {manual: true}
steps:
  - ask: taste
    template: one/taste
    question: What brings you here?
    answers: {gift: A present, myself: Something for me}
  - wait_for: answer
    up_to: 3 days
    paths: {gift: {when: {answered: {taste: gift}}}, other: {}}
"""
PREFERENCES = {"Preference Updated"}
CONDITIONS = [
    ("{did: [Completed Order, Signed In]}", {"Order Completed", "Signed In"}, set()),
    ("{any: [{did: Signed In}, {not: {did: Signed Out}}]}", {"Signed In", "Signed Out"}, set()),
    ("{segment: quiet}", {"Product Viewed"}, set()),
    ("{consents: {email: false}}", set(CONSENTS), set()),
    ("{order: {status: {one_of: [cancelled]}}}", set(ORDERS), set()),
    ("{customer: {country: GB, plan: gold}}", set(), {"country", "plan"}),
    ("{customer: {orders: {at_least: 2}}}", set(ORDERS), set()),
    ("{customer: {open_cases: {over: 0}}}", set(CASES), set()),
    ("{customer: {topics_off: {has: news}}}", PREFERENCES, {"topics_off"}),
    ("{customer: {last_seen_at: {after: 2026-01-01}}}", set(), set()),
    ("{reachable: email}", set(RESPONSES["bounced"]), {"email"}),
    ("{inside: two}", set(), set()),
    ("{trigger: {total: {over: 5}}}", set(), set()),
]


@pytest.mark.parametrize(("condition", "events", "traits"), CONDITIONS)
def test_by_what_one_leaves(condition: str, events: set[str], traits: set[str]) -> None:
    found = journey(f"enter: {{manual: true}}\nleave_when: {{gone: {condition}}}\n{STEPS}")
    assert listens(found) == Listening(frozenset(events), frozenset(traits), merges=True)


@pytest.mark.parametrize("kind", sorted(RESPONSES))
def test_what_is_waited_for(kind: str) -> None:
    found = journey(
        f"""enter: {{manual: true}}
goal: {{did: Order Completed, within: 14 days}}
steps:
  - send: hello
    template: one/hello
  - wait: 2 days
    reset_by: {{did: Signed In}}
  - wait_for: answer
    up_to: 3 days
    reset_by: {{did: Product Viewed}}
    paths:
      yes: {{when: {{{kind}: hello}}, steps: [{{branch: how, paths: {{
        a: {{when: {{did: Cart Viewed, since: ever}}}}, b: {{}}}}}}]}}
      no: {{}}
"""
    )
    named = {"Order Completed", "Signed In", "Product Viewed", *RESPONSES[kind]}
    assert listens(found) == Listening(frozenset(named), merges=True), "a branch decides when one comes by"


def test_what_ends_a_hold_of_its_messages() -> None:
    held = read_shop(f"{SHOP}hold_while: {{service: {{customer: {{open_cases: {{over: 0}}}}}}}}\n").hold_while
    found = journey(f"enter: {{manual: true}}\n{STEPS}")
    assert listens(found, held=held) == Listening(CASES, merges=True)
    calling = journey("enter: {manual: true}\nsteps: [{call: desk, url: 'https://desk.example/in'}]\n")
    assert listens(calling, held=held) == Listening(), "calls are not held"
    other = [("marketing", condition) for _, condition in held]
    assert listens(found, held=other) == Listening()  # type: ignore[arg-type]


def test_the_same_events_as_the_store_goes_by() -> None:
    kinds: dict[str, set[str]] = {}
    for name, kind in engagement.KINDS.items():
        kinds.setdefault(kind, set()).add(name)
    assert {kind: set(names) for kind, names in RESPONSES.items()}.items() <= kinds.items()
    assert {*consent.ANSWERS, *consent.WITHDRAWALS} == CONSENTS
    assert set(facts.TICKETS) == CASES
    assert orders.EVENTS == ORDERS
    assert baskets.EVENTS == BASKETS
    assert engagement.ANSWERED in listens(journey(ASKED)).events
