"""What is kept of others after an erasure says nothing of who was erased."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import SQLModel

from loyaltyloop.journey.clock.times import Duration
from loyaltyloop.journey.conditions.condition import About, Compare, Where
from loyaltyloop.journey.model.loyalty import Badge, Points, Referral
from loyaltyloop.store.database import write, write_shop
from loyaltyloop.store.models import BadgeEarned, Customer, Event, Gift, LoyaltyStanding
from loyaltyloop.store.people.noted import noted_of
from loyaltyloop.store.privacy.erasing import erase
from loyaltyloop.store.privacy.subject import subject_named
from tests.integration.store.loyal import customers, order, settle
from tests.integration.store.shop import NOW, SHOP, at, rows, track

NEW = Badge("new", "No order yet", About("customer", Where((("orders", (Compare("at_most", 0),)),))))
BRINGING = replace(
    SHOP,
    badges=(NEW,),
    points=Points(),
    referral=Referral("https://shop.example/?ref=", Duration.of("14 days"), points=200),
)
LATER = NOW + timedelta(days=20)


@pytest.fixture
def code(engine: Engine) -> str:
    """Ada's code, with which Fay came, who counts by now; then Ada was erased."""
    settle(engine, order("ada", at(9), 10, "a1"), shop=BRINGING)
    found = customers(engine)["ada"].referral_code
    settle(engine, order("fay", at(9, 20), 40, "f1", referral_code=found), shop=BRINGING)
    settle(engine, shop=BRINGING, now=LATER)
    forget(engine, "ada")
    assert isinstance(found, str)
    return found


def forget(engine: Engine, who: str) -> None:
    with write_shop(engine) as connection:
        erase(connection, subject_named(connection, who), LATER)


def test_a_code_is_left_only_where_its_friend_said_it(engine: Engine, code: str) -> None:
    tables = (mapper.class_ for mapper in SQLModel._sa_registry.mappers)
    found = {one.__name__ for one in tables if code in str(rows(engine, one))}
    assert found == {Event.__name__}
    with write(engine) as connection:
        told = [one.about for one in noted_of(connection, customers(engine)["fay"].id)]
    assert "came with a code: converted" in told


def test_what_a_friend_does_later_gives_who_was_erased_nothing(engine: Engine, code: str) -> None:
    settle(engine, track("fay", "Order Refunded", at(9, 28), order_id="f1"), shop=BRINGING, now=LATER)
    gone = {row.id for row in rows(engine, Customer) if row.erased_at is not None}
    assert len(gone) == 1
    for model in (BadgeEarned, LoyaltyStanding):
        assert not gone & {row.customer_id for row in rows(engine, model)}


def test_whose_order_used_a_code_of_somebody_else(engine: Engine) -> None:
    settle(engine, order("ada", at(9), 10, "a1"), order("fay", at(9), 10, "f1"))
    words = {"journey": "thanks", "kind": "voucher", "what": "spring", "state": "redeemed", "value": "5"}
    with write(engine) as connection:
        gift = {"enrolment_id": 1, "step": "treat", "customer_id": customers(engine)["fay"].id, **words}
        given = {"given_at": NOW, "redeemed_at": NOW, "order_id": "a1"}
        connection.execute(Gift.__table__.insert().values(**gift, **given))  # type: ignore[attr-defined]
    forget(engine, "ada")
    [left] = rows(engine, Gift)
    assert (left.state, left.redeemed_at, left.order_id) == ("redeemed", NOW, None)
