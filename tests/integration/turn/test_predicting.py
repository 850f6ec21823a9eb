"""Predictions: made once a day where they are asked for, and what they make customers do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from threading import Thread

import pytest
from sqlalchemy import Connection, Engine

from loyaltyloop.scores.models import predictions
from loyaltyloop.scores.models.predictions import foretell, keep
from loyaltyloop.store.database import line_up, read, write_shop
from loyaltyloop.store.privacy.erasing import erase
from loyaltyloop.store.privacy.subject import subject_named
from loyaltyloop.turn.runner import run_turn
from tests.integration.turn.learned import Models, models
from tests.integration.turn.stage import DAYTIME, Stage, utc

WIN_BACK = """
    journey: win_back
    about: Whoever is about to be lost.
    enter: {when: {predicted: {lapse: {over: 0.3}}}, again: after 90 days}
    leave_when: {back: {predicted: {lapse: {under: 0.1}}}}
    steps:
      - wait: 60 days
      - send: hello
        template: test/hello
"""
ASLEEP = """
    journey: asleep
    about: Waits for what is predicted, then writes.
    enter: {event: Signed Up}
    steps:
      - wait_for: sign
        up_to: 30 days
        paths:
          lost: {when: {predicted: {lapse: {over: 0.3}}}, steps: [{send: hello, template: test/hello}]}
          never: {}
"""
PLAIN = """
    journey: plain
    about: Asks for nothing that is predicted.
    enter: {event: Signed Up}
    steps:
      - send: hello
        template: test/hello
"""
SPLIT = """
    journey: decides
    about: Asks where nobody stands still.
    enter: {event: Signed Up}
    steps:
      - branch: how
        paths:
          risky: {when: {predicted: {lapse: {over: 0.3}}}, steps: [{leave: risky}]}
          unknown: {when: {predicted: {lapse: {known: false}}}, steps: [{leave: unknown}]}
          safe: {steps: [{leave: safe}]}
"""


@pytest.fixture
def learned(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Models]:
    with models(engine, monkeypatch) as found:
        yield found


def bought(stage: Stage, who: str, at: str, arrived: str | None = None, what: str = "tea") -> None:
    line = {"product_id": what, "price": 12.5, "quantity": 2}
    order = f"o {who} {at}"
    stage.did(who, "Order Completed", at, arrived, order_id=order, total=25, currency="GBP", products=[line])


def test_customers_enter_and_leave_as_they_are_predicted(engine: Engine, learned: Models) -> None:
    stage = Stage(engine, WIN_BACK, SPLIT)
    learned.fit("lapse", utc("01-01 00:00"))
    stage.knows("anna", "ben", "cara")
    bought(stage, "anna", "01-20 12:00")
    bought(stage, "ben", "02-10 12:00")
    stage.turn("02-20 09:00")
    assert learned.said() == {"anna": 0.3, "ben": 0.09}
    assert stage.ends() == []
    stage.turn("02-21 09:00")
    assert learned.said() == {"anna": 0.31, "ben": 0.1}
    assert stage.ends() == [("anna", "waiting at enter.wait")]
    bought(stage, "anna", "02-22 12:00")
    stage.turn("02-22 23:00")
    assert stage.ends() == [("anna", "waiting at enter.wait")], "as of the start of the day"
    for who in ("anna", "ben", "cara"):
        stage.did(who, "Signed Up", "02-22 23:10")
    stage.turn("02-22 23:30")
    assert stage.ends("decides") == [
        ("anna", "left: risky"),
        ("ben", "left: safe"),
        ("cara", "left: unknown"),
    ]
    stage.turn("02-23 00:30")
    assert stage.ends("win_back") == [("anna", "left: back")]


def test_who_stands_still_is_moved_by_what_is_predicted(engine: Engine, learned: Models) -> None:
    """Waiting for it, and with a message that is held while it is so."""
    held = "hold_while: {marketing: {predicted: {lapse: {over: 0.31}}}}\n"
    stage = Stage(engine, ASLEEP, shop=DAYTIME + held)
    learned.fit("lapse", utc("01-01 00:00"), times=2)
    stage.knows("anna")
    bought(stage, "anna", "02-10 12:00")
    stage.did("anna", "Signed Up", "02-11 12:00")
    for day in ("02-11", "02-25", "02-26"):
        stage.turn(f"{day} 13:00")
        assert stage.ends() == [("anna", "waiting at sign")]
    stage.turn("02-27 00:10")
    assert stage.messages() == [("anna", "hello", "held", "hold_while: predicted lapse > 0.31")]
    bought(stage, "anna", "02-27 12:00")
    stage.turn("02-27 13:00")
    assert stage.sent() == []
    stage.turn("02-28 00:10")
    assert stage.sent() == [("anna", "hello")]


def test_nothing_is_computed_where_nobody_asks(engine: Engine, learned: Models) -> None:
    stage = Stage(engine, PLAIN)
    learned.fit("lapse", utc("01-01 00:00"))
    bought(stage, "anna", "01-20 12:00")
    stage.turn("02-20 09:00")
    assert (learned.said(), learned.noted(), learned.made["lapse"].asked) == ({}, [], [])


def test_they_are_made_once_a_day_and_only_those_are_touched_whom_it_moves(
    engine: Engine, learned: Models
) -> None:
    stage = Stage(engine, WIN_BACK, SPLIT, PLAIN)
    learned.fit("lapse", utc("01-01 00:00"))
    for who, when in (("anna", "01-20"), ("ben", "02-14"), ("cara", "02-12")):
        bought(stage, who, f"{when} 12:00")
    stage.turns("02-20 06:00", "02-24 00:00", hours=6)
    days = [utc(f"02-{number} 00:00") for number in (20, 21, 22, 23)]
    assert learned.made["lapse"].asked == days
    assert learned.noted() == [("lapse", "02-23", 1)]
    # A first prediction passes `under` for two; each ceases to when it comes to 0.1.
    assert learned.touched() == ["ben", "cara", "cara"]


def test_the_newest_model_as_of_the_day_speaks_and_the_former_after_a_return(
    engine: Engine, learned: Models
) -> None:
    stage = Stage(engine, SPLIT)
    bought(stage, "anna", "02-10 12:00")
    stage.turn("02-20 09:00")
    assert learned.said() == {}
    learned.fit("lapse", utc("02-20 09:30"))
    stage.turn("02-20 10:00")
    assert (learned.said(), learned.noted()) == ({"anna": 0.09}, [("lapse", "02-20", 1)])
    learned.fit("lapse", utc("02-21 11:00"), times=2)
    stage.turn("02-21 12:00")
    assert learned.said() == {"anna": 0.1}, "what is fitted during the day speaks from the next"
    stage.turn("02-22 00:00")
    assert learned.said() == {"anna": 0.22}
    with write_shop(engine) as connection:
        connection.exec_driver_sql("UPDATE fitted_model SET state = 'withdrawn' WHERE version = 2")
    stage.turn("02-22 01:00")
    assert (learned.said(), learned.noted()) == ({"anna": 0.11}, [("lapse", "02-22", 1)])
    with write_shop(engine) as connection:
        connection.exec_driver_sql("UPDATE fitted_model SET state = 'withdrawn'")
    stage.turn("02-22 02:00")
    assert (learned.said(), learned.noted()) == ({}, [])


def test_a_walk_through_an_earlier_time_knows_nothing_of_a_later(engine: Engine, learned: Models) -> None:
    stage = Stage(engine, WIN_BACK, SPLIT)
    learned.fit("lapse", utc("01-01 00:00"))
    bought(stage, "anna", "02-10 12:00")
    stage.run("decides", "02-20 09:00")
    assert learned.said() == {"anna": 0.09}
    stage.run("win_back", "02-15 09:00")
    assert (learned.said(), learned.noted()) == ({"anna": 0.04}, [("lapse", "02-15", 1)])


def test_whoever_dies_between_two_batches_leaves_it_to_the_next(engine: Engine, learned: Models) -> None:
    stage = Stage(engine, WIN_BACK)
    learned.fit("lapse", utc("01-01 00:00"))
    stage.knows("anna", "ben", "cara")
    for who in ("anna", "ben", "cara"):
        bought(stage, who, "02-18 12:00")
    stage.turn("02-19 09:00")
    before = learned.touched()
    killed = Opened(engine, dies_after=2)
    with read(engine) as connection:
        what = predictions.due(connection, "lapse", utc("02-20 09:00"), utc("02-20 09:00"))
        assert what is not None
    with pytest.raises(RuntimeError, match="killed"):
        keep(killed, [what], foretell(lambda: read(engine), [what], "GBP", batch=1), {})
    assert learned.said() == {"anna": 0.01, "ben": 0.01, "cara": 0.0}
    assert learned.noted() == [("lapse", "02-19", 1)]
    stage.turn("02-20 10:00")
    assert learned.said() == {"anna": 0.01, "ben": 0.01, "cara": 0.01}
    assert (learned.noted(), learned.touched()) == ([("lapse", "02-20", 1)], before)


class Opened:
    """Transactions, of which so many are committed."""

    def __init__(self, engine: Engine, dies_after: int) -> None:
        self.engine, self.left = engine, dies_after

    def __call__(self) -> AbstractContextManager[Connection]:
        if not self.left:
            raise RuntimeError("killed")
        self.left -= 1
        return write_shop(self.engine)


def test_a_second_worker_waits_for_the_first(engine: Engine, learned: Models) -> None:
    stage = Stage(engine, WIN_BACK, SPLIT)
    learned.fit("lapse", utc("01-01 00:00"))
    bought(stage, "anna", "02-10 12:00")
    stage.turn("02-11 09:00")
    turns = [
        Thread(target=run_turn, args=(stage.world, name, utc("02-20 09:00")))
        for name in ("win_back", "decides")
    ]
    with line_up(engine, "predict models"):
        for turn in turns:
            turn.start()
        for turn in turns:
            turn.join(0.2)
        assert learned.noted() == [("lapse", "02-11", 1)]
    for turn in turns:
        turn.join()
    assert learned.made["lapse"].asked == [utc("02-11 00:00"), utc("02-20 00:00")]
    assert learned.said() == {"anna": 0.09}


def test_a_dry_run_leaves_nothing_of_them(engine: Engine, learned: Models) -> None:
    stage = Stage(engine, SPLIT)
    learned.fit("lapse", utc("01-01 00:00"))
    bought(stage, "anna", "02-10 12:00")
    stage.run("decides", "02-20 09:00", dry_run=True)
    assert (learned.said(), learned.noted()) == ({}, [])


def test_of_two_who_are_one_the_survivor_is_the_one_predicted(engine: Engine, learned: Models) -> None:
    stage = Stage(engine, SPLIT)
    learned.fit("lapse", utc("01-01 00:00"))
    learned.fit("value", utc("01-01 00:00"))
    stage.knows("anna", "ben")
    bought(stage, "anna", "02-05 12:00")
    bought(stage, "~tablet", "02-10 12:00")
    bought(stage, "~phone", "02-12 12:00")
    stage.turn("02-20 09:00")
    assert learned.said() == {"anna": 0.14, "phone": 0.07, "tablet": 0.09}
    stage.merged("anna", "tablet", "02-20 10:00")
    stage.merged("ben", "phone", "02-20 10:00")
    stage.turn("02-20 11:00")
    assert learned.said() == {"anna": 0.14, "ben": 0.07}, "until the next day"
    stage.turn("02-21 09:00")
    assert learned.said() == {"anna": 0.1, "ben": 0.08}


def test_an_erased_customer_is_predicted_no_more(engine: Engine, learned: Models) -> None:
    stage = Stage(engine, SPLIT)
    learned.fit("lapse", utc("01-01 00:00"))
    for who in ("anna", "ben"):
        bought(stage, who, "02-10 12:00")
    stage.turn("02-20 09:00")
    with write_shop(engine) as connection:
        subject = subject_named(connection, "anna")
        assert subject is not None
        erase(connection, subject, utc("02-20 10:00"))
    assert learned.said() == {"ben": 0.09}
    stage.turn("02-21 09:00")
    assert learned.said() == {"ben": 0.1}
