"""A budget does not grow by an erasure, which deletes what was given."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from loyaltyloop.store.database import write_shop
from loyaltyloop.store.privacy.erasing import erase
from loyaltyloop.store.privacy.subject import subject_named
from tests.integration.turn.stage import DAYTIME, Stage, utc
from tests.integration.turn.test_showing_gifts import SHOWS

JOURNEY = """
    journey: thanks
    about: A voucher for whoever signs up.
    purpose: service
    enter: {{event: Signed Up}}
    steps:
      - {{give: treat, voucher: spring, budget: {budget}}}
      - {{send: shown, template: test/gift{at}}}
"""
POOL = "vouchers: {spring: {value: 5, pattern: SPRING}}\n"


class Budget(Stage):
    """Ada and Bob have signed up on 31 March."""

    def __init__(self, engine: Engine, budget: str, at: str = "") -> None:
        text = JOURNEY.format(budget=budget, at=at)
        super().__init__(engine, text, shop=DAYTIME + POOL, templates={"test/gift.html": SHOWS})
        for who in ("ada", "bob"):
            self.signs_up(who, "03-31 09:00")

    def signs_up(self, who: str, at: str) -> None:
        """Somebody new, and the turn that hears of it."""
        self.knows(who, at=at)
        self.did(who, "Signed Up", at)
        self.turn(at)

    def erase(self, who: str, at: str) -> None:
        """All about them."""
        with write_shop(self.engine) as connection:
            erase(connection, subject_named(connection, who), utc(at))

    def why_not(self, who: str) -> list[str]:
        """Why they were shown nothing."""
        return [reason for one, _, state, reason in self.messages() if one == who and state == "refused"]


@pytest.mark.parametrize(("budget", "next_month"), [("2", []), ("2 a month", [("dan", "shown")])])
def test_what_was_shown_counts_for_good(
    engine: Engine, budget: str, next_month: list[tuple[str, str]]
) -> None:
    stage = Budget(engine, budget)
    assert stage.sent() == [("ada", "shown"), ("bob", "shown")]
    for who in ("ada", "bob"):
        stage.erase(who, "03-31 09:30")
    stage.signs_up("cyd", "03-31 10:00")
    assert stage.why_not("cyd") == ["gift: nothing was given by treat"]
    stage.signs_up("dan", "04-02 09:00")
    assert [each for each in stage.sent() if each[0] == "dan"] == next_month


def test_what_was_given_back_counts_no_more(engine: Engine) -> None:
    stage = Budget(engine, "2", ', at: "12:00"')
    stage.erase("ada", "03-31 09:30")
    for who in ("cyd", "dan"):
        stage.signs_up(who, "03-31 10:00")
    stage.turn("03-31 12:15")
    assert [who for who, _ in stage.sent()] == ["bob", "cyd"]
