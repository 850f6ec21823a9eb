"""`give`: who gets a voucher, in which order, and what becomes of whoever gets none."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, Table, insert, select

from loyaltyloop.journey.codes import LETTERS, make_code, matched
from loyaltyloop.journey.dice import give_salt, message_key, throw
from loyaltyloop.store.database import read, write
from loyaltyloop.store.inside.cohorts import visit
from loyaltyloop.store.models import Gift, Voucher
from tests.integration.turn.stage import DAYTIME, Stage
from tests.reference.staging import ENROLMENT

voucher: Table = Voucher.__table__  # type: ignore[attr-defined]
gift: Table = Gift.__table__  # type: ignore[attr-defined]
JOURNEY = """
    journey: thanks
    about: A voucher for whoever signs up.
    enter: {{event: Signed Up}}
    leave_when: {{gone: {{did: Left}}}}
    steps:
      - {{give: treat, voucher: spring{words}}}
      - wait: 1 day
      - send: hello
        template: test/hello
"""
POOL = "vouchers: {spring: {value: 10% off, codes: spring.csv}}\n"


class Giver(Stage):
    """A shop with the pool `spring`, and codes in it."""

    def __init__(self, engine: Engine, *codes: str, words: str = "", pool: str = POOL) -> None:
        if codes:
            with write(engine) as connection:
                rows = [
                    {"pool": "spring", "code": code, "matched": matched(code), "state": "free"}
                    for code in codes
                ]
                connection.execute(insert(voucher), [one | {"made": False} for one in rows])
        super().__init__(engine, JOURNEY.format(words=words), shop=DAYTIME + pool)

    def sign_up(self, *people: str, at: str = "03-02 09:00") -> None:
        """In this order, a minute apart."""
        self.knows(*people)
        for minute, who in enumerate(people):
            self.did(who, "Signed Up", at[:-2] + f"{minute:02}")

    def gifts(self) -> dict[str, tuple[str, str | None]]:
        """Customer → the state of the gift, and its code."""
        joined = select(ENROLMENT.c.customer_key, gift.c.state, gift.c.code)
        return {
            who: (state, code)
            for who, state, code in self._ask(joined.where(gift.c.enrolment_id == ENROLMENT.c.id))
        }

    def pool(self) -> list[tuple[str, str]]:
        """(code, state)."""
        with read(self.engine) as connection:
            rows = connection.execute(select(voucher.c.code, voucher.c.state).order_by(voucher.c.id))
            return [tuple(row) for row in rows]

    def why(self) -> dict[str, Any]:
        """Customer → what is on record of the step."""
        chosen = select(ENROLMENT.c.customer_key, visit.c.why).where(
            visit.c.enrolment_id == ENROLMENT.c.id, visit.c.step == "treat"
        )
        return dict(self._ask(chosen))


def test_codes_go_in_their_order_to_who_entered_first(engine: Engine) -> None:
    giver = Giver(engine, "B-1", "A-1")
    giver.sign_up("zoe", "ada", "bob")
    giver.turn("03-02 09:15")
    assert giver.gifts() == {"zoe": ("reserved", "B-1"), "ada": ("reserved", "A-1")}
    assert giver.why() == {"zoe": "given", "ada": "given", "bob": "the pool spring is empty"}


def test_who_leaves_gives_it_back_to_its_old_place(engine: Engine) -> None:
    giver = Giver(engine, "B-1", "A-1")
    giver.sign_up("ada", "bob")
    giver.turn("03-02 09:15")
    giver.did("ada", "Left", "03-02 10:00")
    giver.turn("03-02 10:15")
    assert giver.gifts() == {"ada": ("released", None), "bob": ("reserved", "A-1")}
    assert giver.pool() == [("B-1", "free"), ("A-1", "taken")]


def test_if_empty_leave(engine: Engine) -> None:
    giver = Giver(engine, words=", if_empty: leave")
    giver.sign_up("ada")
    giver.turn("03-02 09:15")
    assert giver.ends() == [("ada", "left: nothing to give")]


@pytest.mark.parametrize(("budget", "second"), [("2", 2), ("2 a month", 4), ("2 a week", 4)])
def test_a_budget(engine: Engine, budget: str, second: int) -> None:
    giver = Giver(engine, *"ABCDEF", words=f", budget: {budget}")
    giver.sign_up("ada", "bob", "cyd", at="03-31 09:00")
    giver.turn("03-31 09:15")
    assert len(giver.gifts()) == 2
    giver.sign_up("dan", "eve", "fay", at="04-06 09:00")
    giver.turn("04-06 09:15")
    assert len(giver.gifts()) == second
    assert giver.why()["cyd"].startswith("the budget of 2")


def test_chance_is_everybodys_own(engine: Engine) -> None:
    giver = Giver(engine, words=", chance: 40%", pool="vouchers: {spring: {value: 5, pattern: SPRING}}\n")
    people = [f"p{number:02}" for number in range(40)]
    giver.sign_up(*people)
    giver.turn("03-02 09:45")
    lucky = set(giver.gifts())
    assert lucky == {who for who in people if throw(give_salt("thanks", "treat"), who) < 0.4}
    assert 0 < len(lucky) < 40
    assert {who for who, why in giver.why().items() if why == "given"} == lucky


def key(who: str) -> str:
    """What the code of this customer is made from."""
    return message_key("thanks", who, "", "", "treat")


def test_made_codes_are_the_same_each_time(engine: Engine) -> None:
    giver = Giver(engine, pool="vouchers: {spring: {value: 5, pattern: SPRING-????????}}\n")
    giver.sign_up("ada", "bob")
    giver.turn("03-02 09:15")
    found = giver.gifts()
    codes = {who: code or "" for who, (_, code) in found.items()}
    assert codes == {who: make_code(giver.world.secret, "spring", key(who), "SPRING") for who in codes}
    assert set("".join(codes.values()).replace("SPRING-", "")) <= set(LETTERS)
    assert {len(code) for code in codes.values()} == {len("SPRING-????????")}


def test_a_code_that_an_order_has_named_is_not_made(engine: Engine) -> None:
    giver = Giver(engine, pool="vouchers: {spring: {value: 5, pattern: SPRING-????????}}\n")
    giver.knows("bob")
    first, second = (make_code(giver.world.secret, "spring", key("ada"), "SPRING", n) for n in (0, 1))
    giver.did("bob", "Order Completed", "03-02 08:00", order_id="o1", total=9, coupon=first.replace("-", " "))
    giver.sign_up("ada")
    giver.turn("03-02 09:15")
    assert giver.gifts() == {"ada": ("reserved", second)}


def test_a_dry_run_takes_none(engine: Engine) -> None:
    giver = Giver(engine, "A-1")
    giver.sign_up("ada")
    giver.run("thanks", "03-02 09:15", dry_run=True)
    assert giver.pool() == [("A-1", "free")]
    assert giver.gifts() == {}
