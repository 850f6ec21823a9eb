"""What `set` changes in one turn comes one after another."""

from __future__ import annotations

from sqlalchemy import Engine, select

from loyaltyloop.store.database import read
from loyaltyloop.store.models import Customer
from loyaltyloop.turn.engine import open_turn
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
