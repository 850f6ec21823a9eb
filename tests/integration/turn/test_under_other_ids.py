"""One person under several ids: what happens under one counts for all, and keys stay their owners'."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import Any

import pytest
from sqlalchemy import Engine, text

from loyaltyloop.store.database import read, write_beside
from loyaltyloop.store.events.apply import apply_events
from loyaltyloop.store.inside import cohorts
from loyaltyloop.store.models import Message
from loyaltyloop.turn.entrances import dates
from tests.integration.store.shop import SHOP, rows
from tests.integration.turn.stage import Stage, utc

WELCOME = """\
journey: welcome
about: One letter.
enter: {event: Signed Up}
steps:
  - send: hello
    template: test/hello
"""


def test_a_user_whose_id_was_a_merged_device_gets_messages_of_its_own(engine: Engine) -> None:
    """Keys of messages hang on the customer's key, which is therefore never given to a second one."""
    stage = Stage(engine, WELCOME)
    stage.knows("ada", at="03-01 08:00")
    stage.did("~x1", "Signed Up", "03-02 10:00")
    stage.turn("03-02 10:00")
    stage.merged("ada", "x1", "03-02 11:00")
    stage.knows("x1", at="03-02 12:00")
    stage.did("x1", "Signed Up", "03-02 13:00")
    stage.turn("03-02 13:00")
    assert stage.messages() == [
        ("user:x1", "hello", "handed_over", ""),
        ("x1", "hello", "refused", "no consent to marketing by email"),
    ]


def test_a_birthday_of_somebody_merged_during_the_turn_is_the_survivors(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither does the turn fail, nor is it the birthday of a customer who is new since."""
    stage = Stage(
        engine,
        """\
        journey: birthday
        about: On the day.
        enter: {date: birthday, at: "09:00", feb29: feb28}
        leave_when: {gone: {did: Left}}
        steps:
          - wait: 1 day
        """,
    )
    stage.knows("ada")
    stage.knows("~phone", consent=False, birthday="1990-03-03")
    stage.turn("03-01 10:00")
    find = dates._found

    def find_before_the_merge(*given: Any) -> Any:
        found = find(*given)
        monkeypatch.setattr(dates, "_found", find)
        stage.merged("ada", "phone", "03-03 10:00")
        stage.knows("new", at="03-03 10:00")
        apply_events(engine, utc("03-03 10:00"), SHOP)
        return found

    monkeypatch.setattr(dates, "_found", find_before_the_merge)
    stage.turn("03-03 10:00")
    assert stage.ends() == []
    stage.turn("03-03 11:00")
    assert stage.ends() == [("ada", "waiting at enter.wait")]


def test_an_order_cancelled_under_another_id_lets_its_owner_leave(engine: Engine) -> None:
    stage = Stage(
        engine,
        """\
        journey: bought
        about: Waits for an order to be used.
        enter: {event: Order Completed}
        leave_when: {off: {order: {status: cancelled}}}
        steps:
          - wait: 9 days
        """,
    )
    stage.knows("ada")
    stage.did("ada", "Order Completed", "03-02 10:00", order_id="1", total=5)
    stage.turn("03-02 10:00")
    stage.did("warehouse", "Order Cancelled", "03-02 11:00", order_id="1")
    stage.turn("03-02 11:00")
    assert stage.ends() == [("ada", "left: off")]


def test_a_click_under_another_id_is_an_answer_of_whom_the_message_was_for(engine: Engine) -> None:
    stage = Stage(
        engine,
        WELCOME
        + """\
  - wait_for: answer
    up_to: 3 days
    paths:
      clicked: {when: {clicked: hello}, steps: [{wait: 5 days}]}
      silent: {}
""",
    )
    stage.knows("ada")
    stage.did("ada", "Signed Up", "03-02 10:00")
    stage.turn("03-02 10:00")
    (sent,) = rows(engine, Message)
    stage.did("~phone", "Email Link Clicked", "03-02 11:00", email_id=sent.key)
    stage.turn("03-02 11:00")
    assert stage.ends() == [("ada", "waiting at answer.clicked.wait")]


def test_a_merge_waits_for_the_turn_that_moves_whom_it_concerns(engine: Engine) -> None:
    """Else it would end the one enrolment in favour of another that is just being completed."""
    if not engine.dialect.name.startswith("postgres"):
        pytest.skip("SQLite has one writer at a time")
    stage = Stage(
        engine, WELCOME.replace("send: hello\n    template: test/hello", "wait: 2 days\n  - wait: 5 days")
    )
    stage.knows("ada")
    stage.did("ada", "Signed Up", "03-02 10:00")
    stage.did("~phone", "Signed Up", "03-02 11:00")
    stage.turn("03-02 11:00")
    stage.merged("ada", "phone", "03-04 12:00")
    with ThreadPoolExecutor(1) as pool:
        with write_beside(engine) as turn:
            cohorts.take(turn, cohorts.enrolment.c.customer_key == "ada", None)
            cohorts.decide(turn, "", "waited")
            cohorts.move(turn, utc("03-04 12:00"), {"": None})
            merging = pool.submit(apply_events, engine, utc("03-04 12:00"), SHOP)
            _let_wait(engine)
        assert merging.result() == 1
    assert stage.ends() == [("ada", "completed"), ("phone", "waiting at enter.wait")]


def _let_wait(engine: Engine) -> None:
    """Until some connection waits for another; not for ever."""
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    for _ in range(100):
        with read(engine) as connection:
            if connection.execute(waiting).scalar():
                return
        sleep(0.05)
