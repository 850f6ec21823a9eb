"""What `set` changes in one turn comes one after another."""

from __future__ import annotations

from sqlalchemy import Engine, select

from loyaltyloop.store.database import read
from loyaltyloop.store.models import Customer
from loyaltyloop.turn.engine import open_turn
from tests.integration.store.shop import rows
from tests.integration.turn.stage import Stage, utc

JOURNEY = """
    journey: tagging
    about: Two changes in one turn.
    enter: {event: Signed Up}
    leave_when: {gone: {did: Left}}
    steps:
      - set: {tags: {add: [french]}}
      - set: {tags: {add: [out], remove: [old]}}
      - set: {nickname: z}
      - set: {nickname: a}
"""


def test_a_later_step_has_the_last_word(engine: Engine) -> None:
    stage = Stage(engine, JOURNEY)
    stage.knows("ada", tags=["old"])
    stage.did("ada", "Signed Up", "03-02 09:00")
    stage.turn("03-02 10:00")
    with read(engine) as connection:
        [(tags, attributes)] = connection.execute(select(Customer.tags, Customer.attributes))  # type: ignore[call-overload]
    assert (tags, attributes["nickname"]) == (["french", "out"], "a")


def test_a_tag_that_arrives_in_front_of_the_step_stays(engine: Engine) -> None:
    stage = Stage(engine, JOURNEY)
    stage.knows("ada", tags=["old"])
    stage.did("ada", "Signed Up", "03-02 09:00")
    with open_turn(stage.world, "tagging", utc("03-02 10:00")) as turn:
        for one in turn.stages:
            if one.verb == "set" and one.step == "enter.set":
                stage.knows("ada", at="03-02 09:59", tags=["old", "vip"])
            turn.run(one)
    assert stage.tags() == {"ada": ["french", "out", "vip"]}


RHYTHM = """
    journey: calming
    about: One letter, then another rhythm, then another letter.
    enter: {event: Signed Up}
    leave_when: {gone: {did: Left}}
    steps:
      - send: hello
        template: test/hello
      - set: {often: RHYTHM}
      - send: again
        template: test/hello
        expires_after: 60 days
"""


def rhythm(engine: Engine, written: str) -> Stage:
    """Ada has got the first letter, and lives in Auckland, where clocks go back on 5 April."""
    stage = Stage(engine, RHYTHM.replace("RHYTHM", written))
    stage.knows("ada", timezone="Pacific/Auckland")
    stage.did("ada", "Signed Up", "03-20 09:00")
    stage.turn("03-20 10:00")
    return stage


def test_a_pause_counts_by_their_own_calendar(engine: Engine) -> None:
    stage = rhythm(engine, "pause 30 days")
    assert ("ada", "again", "held", "the customer asked for a pause") in stage.messages()
    stage.turn("04-19 10:59")
    assert stage.sent() == [("ada", "hello")]
    stage.turn("04-19 11:00")
    assert ("ada", "again") in stage.sent()


def test_less_often_is_a_week_from_the_last_one(engine: Engine) -> None:
    stage = rhythm(engine, "less")
    assert ("ada", "again", "held", "the customer asked to hear less often") in stage.messages()
    stage.turn("03-27 09:59")
    assert stage.sent() == [("ada", "hello")]
    stage.turn("03-27 10:00")
    assert ("ada", "again") in stage.sent()


def test_a_wish_of_the_customers_own_is_the_later_one(engine: Engine) -> None:
    stage = rhythm(engine, "pause 30 days")
    stage.did("ada", "Preference Updated", "03-20 10:01", often="normal", paused_until=None)
    stage.did("ada", "Preference Updated", "03-20 09:00", arrived="03-20 10:02", often="less")
    stage.turn("03-20 11:00")
    [found] = rows(engine, Customer)
    assert (found.often, found.paused_until) == ("normal", None)


def test_messages_for_other_purposes_come_in_a_pause(engine: Engine) -> None:
    text = RHYTHM.replace("about:", "purpose: service\n    about:")
    stage = Stage(
        engine,
        text.replace("RHYTHM", "pause 30 days"),
        text.replace("calming", "other").replace("RHYTHM", "less"),
    )
    stage.knows("ada")
    stage.did("ada", "Signed Up", "03-20 09:00")
    stage.turn("03-20 10:00")
    assert len(stage.sent()) == 4


def test_the_wish_goes_along_when_two_turn_out_to_be_one(engine: Engine) -> None:
    stage = rhythm(engine, "pause 30 days")
    stage.knows("bea", at="2023-01-01 00:00")
    stage.also("bea", "ada", "03-20 11:00")
    stage.turn("03-20 12:00")
    [found] = rows(engine, Customer)
    assert (found.key, found.often) == ("bea", "pause")
