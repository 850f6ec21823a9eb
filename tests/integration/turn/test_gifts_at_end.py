"""A call of `at_end` may show what a message did not: the code is kept until the call is settled."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Engine, insert, select

from loyaltyloop.journey.codes import matched
from loyaltyloop.store.audits import vouchers
from loyaltyloop.store.database import read, write, write_shop
from loyaltyloop.store.privacy.erasing import erase
from loyaltyloop.store.privacy.subject import subject_named
from tests.integration.store.shop import SHOP
from tests.integration.turn.stage import DAYTIME, Stage, utc
from tests.integration.turn.test_showing_gifts import POOL, Refuses, body, gift, voucher
from tests.reference.staging import ENROLMENT

JOURNEY = """
    journey: thanks
    about: A voucher for whoever signs up; the help desk hears of it.
    purpose: service
    enter: {event: Signed Up}
    leave_when: {gone: {did: Left}}
    steps:
      - {give: treat, voucher: spring, valid: 14 days}
      - wait: 1 day
"""
AT_END = "    at_end:\n      - {call: told, hook: desk, body: test/told}\n"
HOOKS = "hooks: {desk: {url: https://desk.example/in}}\n"


class Ends(Stage):
    """Ada's journey ends by itself on 3 March, or when she leaves; there is one code, BEE-1."""

    def __init__(self, engine: Engine, *states: str) -> None:
        code = {"pool": "spring", "code": "BEE-1", "matched": matched("BEE-1")}
        with write(engine) as connection:
            connection.execute(insert(voucher).values(code | {"state": "free", "made": False}))
        told = {"test/told.json": '{"code": {{ treat.code }}}'}
        super().__init__(engine, JOURNEY + AT_END, shop=DAYTIME + POOL + HOOKS, templates=told)
        self.world = replace(self.world, ways={**self.world.ways, "hook": Refuses(*states, keeps=True)})
        self.knows("ada")
        self.did("ada", "Signed Up", "03-02 09:00")
        self.turn("03-02 09:15")

    def codes(self) -> tuple[list[str], list[str]]:
        """The states of what was given, and of the code. No code is kept for nobody."""
        with read(self.engine) as connection:
            assert vouchers.KEPT.find(connection, SHOP, utc("03-10 00:00")) == []
            assert vouchers.SHOWN.find(connection, SHOP, utc("03-10 00:00")) == []
            found = [connection.execute(select(table.c.state)).scalars().all() for table in (gift, voucher)]
            return list(found[0]), list(found[1])

    def ended(self) -> list[str]:
        with read(self.engine) as connection:
            return list(connection.execute(select(ENROLMENT.c.state)).scalars())


@pytest.mark.parametrize("leaves", [False, True])
def test_it_shows_the_code(engine: Engine, leaves: bool) -> None:
    stage = Ends(engine)
    if leaves:
        stage.did("ada", "Left", "03-02 10:00")
    stage.turn("03-03 09:15")
    assert stage.codes() == (["committed"], ["taken"])
    with read(engine) as connection:
        assert '"BEE-1"' in connection.execute(select(body.c.text)).scalar_one()


def test_one_that_is_tried_again_keeps_it_and_one_that_is_refused_gives_it_back(engine: Engine) -> None:
    stage = Ends(engine, "try_again", "refused")
    stage.turn("03-03 09:15")
    assert stage.ended() == ["ended"]
    assert stage.codes()[1] == ["taken"]
    stage.turn("03-03 09:45")
    assert stage.messages("told")[0][2] == "refused"
    assert stage.codes() == (["released"], ["free"])


def test_one_that_the_gate_refuses_gives_it_back(engine: Engine) -> None:
    stage = Ends(engine)
    with write(engine) as connection:
        connection.execute(voucher.update().values(ends_at=utc("03-03 00:00")))
    stage.turn("03-03 09:15")
    assert stage.messages("told") == [("ada", "told", "refused", "gift: what treat gave has run out")]
    assert stage.codes() == (["released"], ["free"])


def test_an_erasure_gives_it_back(engine: Engine) -> None:
    stage = Ends(engine)
    stage.world = replace(stage.world, ways={"email": stage.world.ways["email"]})  # the call stays planned
    stage.turn("03-03 09:15")
    assert stage.codes() == (["reserved"], ["taken"])
    with write_shop(engine) as connection:
        erase(connection, subject_named(connection, "ada"), utc("03-03 10:00"))
    assert stage.codes() == ([], ["free"])


def test_where_an_edit_takes_at_end_away_nobody_is_left_ending(engine: Engine) -> None:
    stage = Ends(engine)
    with write(engine) as connection:
        done = {"state": "ending", "end": "left", "reason": "merged", "ended_at": utc("03-02 10:00")}
        connection.execute(ENROLMENT.update().values(done | {"step": None}))
    stage.apply("2026-03-02 11:00", JOURNEY, shop=DAYTIME + POOL + HOOKS)
    stage.turn("03-02 12:00")
    assert stage.ended() == ["ended"]
    assert stage.codes() == (["released"], ["free"])
