"""`redeemed`: orders that use a code, however they name it; and waiting for the end of what was given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Table, select

from loyaltyloop.journey.reading.reader import read_shop
from loyaltyloop.store.database import read
from loyaltyloop.store.importing.imports import import_paths
from loyaltyloop.store.models import Event, Gift, Voucher
from loyaltyloop.store.segment import PUBLIC
from tests.integration.turn.stage import DAYTIME, Stage, utc

event: Table = Event.__table__  # type: ignore[attr-defined]
gift: Table = Gift.__table__  # type: ignore[attr-defined]
voucher: Table = Voucher.__table__  # type: ignore[attr-defined]
JOURNEY = """
    journey: thanks
    about: A voucher for whoever signs up, and a word before it runs out.
    purpose: service
    enter: {event: Signed Up}
    steps:
      - {give: treat, voucher: spring, valid: 10 days}
      - {send: first, template: test/gift}
      - wait_for: use
        until: treat.expires
        offset: -2 days
        paths:
          used:
            when: {redeemed: treat}
            steps: [{leave: used}]
          not_yet: {steps: [{send: reminder, template: test/gift}]}
      - {wait: the_end, until: treat.expires}
      - branch: late
        paths: {used: {when: {redeemed: treat}, steps: [{leave: late}]}, rest: {}}
"""
SHOWS = """\
{% block subject %}For you{% endblock %}
{% block body %}<p>{{ treat.code }}</p><p>{{ shop.sender.postal_address }}</p>
<p><a href="{{ links.unsubscribe }}">Unsubscribe</a></p>{% endblock %}
"""
POOL = "vouchers: {spring: {value: 10% off, pattern: SPRING}}\n"
PLACED: dict[str, Any] = {"order_id": "o1", "total": 20, "currency": "GBP"}


class Till(Stage):
    """Ada and Bob have codes since the second of March, valid until the twelfth."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine, JOURNEY, shop=DAYTIME + POOL, templates={"test/gift.html": SHOWS})
        self.knows("ada", "bob")
        self.did("ada", "Signed Up", "03-02 09:00")
        self.did("bob", "Signed Up", "03-02 09:01")
        self.turn("03-02 09:15")
        rows = self._ask(select(gift.c.id, gift.c.code))
        self.ada, self.bob = (code for _, code in rows)

    def states(self) -> list[Any]:
        """State, order and time of use of Ada's and of Bob's gift."""
        found = select(gift.c.id, gift.c.state, gift.c.order_id, gift.c.redeemed_at)
        return [tuple(row[1:]) for row in self._ask(found)]


WAITS = ("committed", None, None)


@pytest.mark.parametrize(
    "said",
    [
        lambda code: {"coupon": code},
        lambda code: {"coupon": f" {code[:4]} {code[4:].lower()}"},
        lambda code: {"coupon": code.replace("-", " ").lower()},
        lambda code: {"coupon": code.replace("-", "")},
        lambda code: {"coupon": f"WELCOME, {code}"},
        lambda code: {"coupons": ["WELCOME", code]},
        lambda code: {"products": [{"product_id": "jar"}, {"product_id": "tea", "coupon": code}]},
    ],
    ids=["whole", "spaced", "without its hyphen", "in one", "several in one text", "a list", "by a product"],
)
def test_an_order_that_names_the_code(engine: Engine, said: Callable[[str], dict[str, Any]]) -> None:
    till = Till(engine)
    till.did("ada", "Order Completed", "03-03 10:00", **PLACED, **said(till.ada))
    till.turn("03-03 10:15")
    assert till.states() == [("redeemed", "o1", utc("03-03 10:00")), WAITS]
    assert till.ends() == [("ada", "left: used"), ("bob", "waiting at use")]


def test_what_was_applied_at_the_checkout_counts_once_the_order_is_placed(engine: Engine) -> None:
    till = Till(engine)
    till.did("ada", "Coupon Applied", "03-03 10:00", order_id="o1", coupon_id=till.ada)
    till.did("ada", "Coupon Applied", "03-03 10:00", order_id="o1", coupon_id=till.bob)
    till.did("ada", "Coupon Removed", "03-03 10:01", order_id="o1", coupon_id=till.bob)
    till.turn("03-03 10:15")
    assert till.states() == [WAITS, WAITS]
    till.did("ada", "Order Completed", "03-03 10:20", **PLACED)
    till.turn("03-03 10:30")
    assert till.states() == [("redeemed", "o1", utc("03-03 10:20")), WAITS]


def test_with_the_public_key_nobody_uses_up_codes(engine: Engine) -> None:
    till = Till(engine)
    with engine.begin() as connection:
        free = {"pool": "other", "code": "FREE-1", "matched": "FREE1", "state": "free", "made": False}
        connection.execute(voucher.insert().values(free))
    words: dict[str, Any] = {"order_id": "o1", "coupons": [till.ada, "FREE-1"]}
    till.did("cyd", "Coupon Applied", "03-03 10:00", **words)
    with engine.begin() as connection:
        theirs = event.c.name == "Coupon Applied"
        connection.execute(event.update().where(theirs).values(source=PUBLIC))
    till.did("bob", "Order Completed", "03-03 10:20", **PLACED)
    till.turn("03-03 10:30")
    assert till.states() == [WAITS, WAITS]
    with read(engine) as connection:
        states = connection.execute(select(voucher.c.state).where(voucher.c.pool == "other")).scalars().all()
    assert states == ["free"]


def test_whoever_uses_it_and_whatever_becomes_of_the_order(engine: Engine) -> None:
    till = Till(engine)
    till.did("bob", "Order Completed", "03-03 10:00", **PLACED, coupon=till.ada)
    till.did("bob", "Order Refunded", "03-03 11:00", order_id="o1")
    sooner = PLACED | {"order_id": "o0", "coupon": till.ada}
    till.did("ada", "Order Completed", "03-03 09:30", "03-03 11:00", **sooner)
    till.turn("03-03 11:15")
    assert till.states() == [("redeemed", "o0", utc("03-03 09:30")), WAITS]
    assert till.ends() == [("ada", "left: used"), ("bob", "waiting at use")]


def test_a_reminder_before_it_runs_out_and_the_end(engine: Engine) -> None:
    till = Till(engine)
    till.turn("03-10 09:00")
    assert till.messages("reminder") == []
    till.turn("03-10 09:30")
    assert till.messages("reminder") == [(who, "reminder", "handed_over", "") for who in ("ada", "bob")]
    till.turn("03-12 09:00")
    assert [state for state, *_ in till.states()] == ["committed", "committed"]
    till.did("bob", "Order Completed", "03-12 09:10", **PLACED, coupon=till.bob)
    till.turn("03-12 09:30")
    assert [state for state, *_ in till.states()] == ["expired", "redeemed"]
    assert till.ends() == [("ada", "completed"), ("bob", "left: late")]


def test_a_code_of_a_pool_that_somebody_used_is_given_to_nobody(engine: Engine) -> None:
    till = Till(engine)
    with engine.begin() as connection:
        free = {"pool": "other", "code": "FREE-1", "matched": "FREE1", "state": "free", "made": False}
        connection.execute(voucher.insert().values(free))
    till.did("cyd", "Order Completed", "03-03 10:00", **PLACED, coupon="free-1")
    till.turn("03-03 10:15")
    with read(engine) as connection:
        states = connection.execute(select(voucher.c.state).where(voucher.c.pool == "other")).scalars().all()
    assert states == ["taken"]
    assert till.states() == [WAITS, WAITS]


def test_a_code_that_comes_after_an_order_used_it_is_given_to_nobody(engine: Engine, tmp_path: Path) -> None:
    till = Till(engine)
    applied = {"order_id": "o2", "coupon": "Late-2"}
    till.did("cyd", "Order Completed", "03-03 10:00", **PLACED, coupon="WELCOME, late-1")
    till.did("dan", "Coupon Applied", "03-03 10:00", **applied)
    till.did("dan", "Order Completed", "03-03 10:01", **{**PLACED, "order_id": "o2"})
    till.did("eve", "Coupon Applied", "03-03 10:02", order_id="o3", coupon="LATE-3")
    till.turn("03-03 10:15")
    path = tmp_path / "codes.csv"
    path.write_text("pool,code\nother,LATE-1\nother,LATE-2\nother,LATE-3\n", encoding="utf-8")
    shop = read_shop(DAYTIME + "vouchers: {other: {value: 5, codes: codes.csv}}\n")
    (report,) = import_paths(engine, [path], utc("03-03 11:00"), shop)
    assert report.taken == 3
    with read(engine) as connection:
        mine = select(voucher.c.code, voucher.c.state).where(voucher.c.pool == "other").order_by(voucher.c.id)
        states = [tuple(row) for row in connection.execute(mine)]
    assert states == [("LATE-1", "taken"), ("LATE-2", "taken"), ("LATE-3", "free")]
