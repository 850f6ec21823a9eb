"""By which channels the shop writes, and by which a customer can be reached."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, update

from loyaltyloop.store.consents.ways import Ways, ways_of
from loyaltyloop.store.database import read, write
from loyaltyloop.store.models import Customer, LiveJourney
from loyaltyloop.store.people.devices import drop
from tests.integration.store.shop import rows
from tests.integration.turn.stage import Stage, utc
from tests.integration.turn.test_channels import JOURNEY, TEMPLATES, holds

OTHER = "channel: sms\n        if_blocked: other_channel"
PAID = "channel: push\n        purpose: transactional"


def found(stage: Stage) -> Ways:
    [ada] = rows(stage.engine, Customer)
    with read(stage.engine) as connection:
        return ways_of(connection, ada.id)


@pytest.mark.parametrize(
    ("words", "sent"),
    [
        ("", {("email", "marketing")}),
        (PAID, {("push", "transactional")}),
        ("channel: best", {("email", "marketing"), ("sms", "marketing")}),
        (OTHER, {("email", "marketing"), ("sms", "marketing")}),
    ],
    ids=["as usual", "named", "best", "other"],
)
def test_what_journeys_send(engine: Engine, words: str, sent: set[tuple[str, str]]) -> None:
    left_out = "" if words == PAID else "test/hello.push.txt"
    written = {name: text for name, text in TEMPLATES.items() if name != left_out}
    stage = Stage(engine, JOURNEY.format(words=words), templates=written)
    stage.knows("ada")
    stage.turn("03-02 10:00")
    assert found(stage) == Ways(frozenset(sent), frozenset({"email"}))
    for state, there in (("paused", sent), ("retired", set())):
        with write(engine) as connection:
            connection.execute(update(LiveJourney).values(state=state))
        assert found(stage).sent == there


def test_by_what_somebody_is_reached(engine: Engine) -> None:
    stage = Stage(engine, JOURNEY.format(words=""))
    stage.knows("ada", email=None, phone="+44 7400 123456")
    holds(stage, "ada", "phone1", "03-02 09:00")
    stage.turn("03-02 10:00")
    assert found(stage).reached == {"sms", "push"}
    stage.knows("ada", at="03-03 00:00", phone="+44 20 7946 0018")  # a landline
    stage.turn("03-03 10:00")
    with write(engine) as connection:
        drop(connection, ["phone1"], utc("03-03 11:00"))  # its provider knows it no more
    assert found(stage).reached == {"email"}
