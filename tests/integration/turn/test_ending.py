"""The steps in `at_end`: for whom they are done, and for whom not."""

from __future__ import annotations

from sqlalchemy import Engine

from loyaltyloop.store.models import Customer
from loyaltyloop.turn.engine import open_turn
from tests.integration.store.shop import rows
from tests.integration.turn.stage import Stage, utc

ENDING = """\
journey: ending
about: Ends at once.
enter: {event: Signed Up}
leave_when: {gone: {did: Left}}
steps:
  - wait: 1 hour
at_end:
  - set: {french: "yes"}
    if: {customer: {country: FR}}
  - set: {tags: {add: [out]}}
"""


def test_if_of_a_step_in_at_end(engine: Engine) -> None:
    stage = Stage(engine, ENDING)
    stage.knows("ada", country="FR")
    stage.knows("ben", country="GB")
    for who in ("ada", "ben"):
        stage.did(who, "Signed Up", "03-02 10:00")
    stage.turns("03-02 10:00", "03-02 12:00")
    assert stage.tags() == {"ada": ["out"], "ben": ["out"]}
    assert {one.key: one.attributes.get("french") for one in rows(engine, Customer)} == {
        "ada": "yes",
        "ben": None,
    }


def test_restricted_turn_ends_nobody_else(engine: Engine) -> None:
    stage = Stage(engine, ENDING)
    stage.knows("ada", "ben", "cid")
    for who in ("ada", "ben", "cid"):
        stage.did(who, "Signed Up", "03-02 10:00")
    stage.turn("03-02 10:00")
    with open_turn(stage.world, "ending", utc("03-02 12:00")) as turn:
        for one in turn.stages[:-1]:  # its worker dies before the last stage
            turn.run(one)
    stage.run("ending", "03-02 12:00", customers=("ben",))
    assert stage.tags() == {"ada": [], "ben": ["out"], "cid": []}
    stage.run("ending", "03-02 12:00", limit=1)
    assert stage.tags() == {"ada": ["out"], "ben": ["out"], "cid": []}
    stage.run("ending", "03-02 12:00")
    assert stage.tags()["cid"] == ["out"]


def test_merge_that_arrives_in_front_of_at_end(engine: Engine) -> None:
    stage = Stage(engine, ENDING + "  - set: {really: 'yes'}\n")
    stage.knows("ada", "ben")
    stage.did("ben", "Signed Up", "03-02 08:00")
    stage.turn("03-02 08:00")
    for who in ("ada", "~tablet"):
        stage.did(who, "Signed Up", "03-02 10:00")
    with open_turn(stage.world, "ending", utc("03-02 10:00")) as turn:
        for one in turn.stages:
            if one.kind == "report":
                stage.merged("ada", "tablet", "03-02 10:00")
            turn.run(one)
    stage.turn("03-02 12:00")
    assert stage.ends() == [("ada", "completed"), ("ben", "completed"), ("tablet", "left: merged")]
    assert stage.tags() == {"ada": ["out"], "ben": ["out"]}
    assert {one.attributes.get("really") for one in rows(engine, Customer)} == {"yes"}
