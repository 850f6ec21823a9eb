"""A journey with all that a turn does, and thousands of people about to be moved by one turn of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select

from loyaltyloop.channels.out import WayOut
from loyaltyloop.store.database import read, write
from loyaltyloop.store.events.ingest import record
from loyaltyloop.store.segment import Call
from loyaltyloop.turn.runner import run_turn
from loyaltyloop.turn.world import World
from tests.reference.reading import SHOP_TEXT
from tests.reference.staging import ENROLMENT, MESSAGE, Taken, make_live

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
BEFORE = NOW - timedelta(days=1)
JOURNEY = """\
journey: killed
about: All that a turn does.
enter: {event: Signed Up}
leave_when: {bought: {did: Order Completed}}
goal: {did: Order Completed, within: 14 days}
holdout: 5%
steps:
  - send: hello
    template: test/hello
  - split: half
    paths:
      tagged:
        share: 20%
        steps:
          - set: {tags: {add: [chosen]}}
      rest: {share: 80%}
  - branch: where
    paths:
      british:
        when: {customer: {country: GB}}
        steps:
          - send: more
            template: test/hello
      other:
        steps:
          - start: other
  - wait_for: answer
    up_to: 20 hours
    paths:
      clicked:
        when: {clicked: hello}
        steps:
          - send: thanks
            template: test/hello
      silent:
        steps:
          - leave: silent
  - wait: 3 days
at_end:
  - set: {tags: {add: [through]}}
"""
OTHER = """\
journey: other
about: Entered from the other one.
enter: {manual: true}
leave_when: {bought: {did: Order Completed}}
steps:
  - send: other_hello
    template: test/hello
"""

CALLING = """\
journey: killed
about: Another system hears of everybody who comes and of everybody who goes.
purpose: service
enter: {event: Signed Up}
leave_when: {bought: {did: Order Completed}}
steps:
  - call: tell
    hook: desk
  - split: half
    paths:
      gone:
        share: 50%
        steps:
          - leave: gone
      rest: {share: 50%}
  - wait: 3 days
at_end:
  - set: {tags: {add: [through]}}
  - call: over
    hook: desk
"""


def prepare(engine: Engine, people: int) -> None:
    """So many people sign up before NOW; a fourth as many signed up a day ago and stand at `answer`."""
    make_live(engine, [JOURNEY, OTHER], BEFORE - timedelta(days=1))
    _record(engine, _sign_ups("old", people // 4, BEFORE))
    run_turn(world(engine, Taken()), "killed", BEFORE)
    _record(engine, _answers(engine))
    _record(engine, _sign_ups("new", people, NOW))


def prepare_calls(engine: Engine, people: int, url: str) -> None:
    """So many people sign up before NOW, for whom this address is called twice."""
    shop = f"{SHOP_TEXT}hooks: {{desk: {{url: '{url}'}}}}\n"
    make_live(engine, [CALLING], BEFORE, shop)
    _record(engine, _sign_ups("new", people, NOW))


def world(engine: Engine, out: WayOut, hooks: WayOut | None = None) -> World:
    """What a turn works with, here and in the process that is killed."""
    ways = {"email": out, "hook": hooks or Taken()}
    return World(engine, ways, b"a secret for tests", "https://shop.example")


def _record(engine: Engine, calls: Iterator[Call]) -> None:
    with write(engine) as connection:
        record(connection, calls)


def _sign_ups(group: str, people: int, now: datetime) -> Iterator[Call]:
    for number in range(people):
        who, at = f"{group}{number}", now - timedelta(hours=1, seconds=number % 1800)
        traits = {"email": f"{who}@example.com", "country": "GB" if number % 2 else "IE"}
        yield _call(who, "identify", "", at, traits)
        if number % 20:
            yield _call(who, "track", "Consent Granted", at, {"channel": "email"})
        yield _call(who, "track", "Signed Up", at, {"country": traits["country"]})
        if number % 50 == 7:
            yield _call(who, "track", "Order Completed", at + timedelta(minutes=1), {"order_id": who})


def _answers(engine: Engine) -> Iterator[Call]:
    """Every other one clicks, every tenth buys."""
    keys = select(MESSAGE.c.key, ENROLMENT.c.customer_key).where(
        MESSAGE.c.enrolment_id == ENROLMENT.c.id, MESSAGE.c.step == "hello"
    )
    with read(engine) as connection:
        sent = sorted(tuple(row) for row in connection.execute(keys))
    for number, (key, who) in enumerate(sent):
        at = BEFORE + timedelta(hours=2)
        if number % 2:
            yield _call(who, "track", "Email Link Clicked", at, {"email_id": key})
        if number % 10 == 0:
            yield _call(who, "track", "Order Completed", at, {"order_id": f"order-{who}"})


def _call(who: str, kind: str, name: str, at: datetime, properties: dict[str, Any]) -> Call:
    return Call(
        source="test",
        message_id=f"{who}/{kind}/{name}",
        type=kind,
        name=name,
        user_id=who,
        anonymous_id=None,
        previous_id=None,
        at=at,
        arrived_at=at,
        properties=properties,
        order_id=properties.get("order_id"),
    )
