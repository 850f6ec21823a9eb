"""Friends who were brought: when they count, once, and what the audits find of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from loyaltyloop.store.audits import Audit, friends, points
from loyaltyloop.store.database import write, write_shop
from loyaltyloop.store.events.apply import apply_events
from loyaltyloop.store.events.ingest import record
from loyaltyloop.store.models import PointsEntry, ReferralCode
from loyaltyloop.store.models import Referral as Row
from loyaltyloop.store.people.noted import noted_of
from loyaltyloop.store.privacy.erasing import erase
from loyaltyloop.store.privacy.subject import subject_named
from tests.integration.store.loyal import BRINGING, balances, customers, news, order, settle
from tests.integration.store.shop import NOW, alias, at, call, identify, rows, track

DAY = timedelta(days=1)


# ── friends ─────────────────────────────────────────────────────────────────


@pytest.fixture
def code(engine: Engine) -> str:
    """Ada's code; she is a customer since the first of May."""
    ada = identify("ada", at(8), email="ada@shop.example", phone="+447400123456")
    settle(engine, order("ada", at(9), 10, "a1"), ada, shop=BRINGING)
    found = customers(engine)["ada"].referral_code
    assert isinstance(found, str) and len(found) == 12
    return found


def brought(engine: Engine) -> list[tuple[str, str]]:
    return [(row.state, row.reason) for row in rows(engine, Row, "event_id")]


def go(engine: Engine, *raws: dict[str, Any], now: datetime = NOW) -> list[tuple[str, str]]:
    settle(engine, *raws, shop=BRINGING, now=now)
    return brought(engine)


def test_a_friend_counts_when_the_first_order_is_old_enough(engine: Engine, code: str) -> None:
    written = f"{code[:4]}-{code[4:]}".lower()
    assert go(engine, track("fay", "Signed Up", at(9, 20), referral_code=written)) == [("waiting", "")]
    assert go(engine, order("fay", at(9, 25), 40, "f1")) == [("pending", "")]
    due = datetime.fromisoformat("2026-06-08T09:00:00Z")
    assert go(engine, now=due - timedelta(seconds=1)) == [("pending", "")]
    assert balances(engine)["ada"] == 10
    assert go(engine, now=due) == [("converted", "")]
    assert balances(engine) == {"ada": 210, "fay": 40}
    assert [told["points"] for _, told in news(engine, ["Referral Converted"])] == [200]
    late = due + DAY
    assert go(engine, track("fay", "Order Refunded", "2026-06-08T12:00:00Z", order_id="f1"), now=late) == [
        ("reversed", "the order was given back")
    ]
    assert balances(engine) == {"ada": 10, "fay": 0}
    assert len(news(engine, ["Referral Reversed"])) == 1


def test_each_friend_is_told_also_when_several_count_in_one_turn(engine: Engine, code: str) -> None:
    for name in ("fay", "gil"):
        go(engine, order(name, at(9, 20), 40, f"{name} 1", referral_code=code))
    go(engine, now=NOW + 20 * DAY)
    assert balances(engine)["ada"] == 410
    assert len(news(engine, ["Referral Converted"])) == 2


def test_an_order_that_is_given_back_in_time_does_not_count_and_the_next_one_does(
    engine: Engine, code: str
) -> None:
    go(engine, order("fay", at(9, 20), 40, "f1", referral_code=code))
    assert go(engine, track("fay", "Order Refunded", at(9, 22), order_id="f1")) == [("waiting", "")]
    assert go(engine, order("fay", at(9, 28), 30, "f2")) == [("pending", "")]
    assert go(engine, now=NOW + 20 * DAY) == [("converted", "")]


@pytest.mark.parametrize(
    ("traits", "why"),
    [
        ({"email": "a.d.a+fay@shop.example"}, ""),
        ({"email": "ADA+fay@shop.example"}, "both have one e-mail address"),
        ({"phone": "07400 123456"}, "both have one phone number"),
    ],
)
def test_nobody_refers_themselves(engine: Engine, code: str, traits: dict[str, str], why: str) -> None:
    raws = [identify("fay", at(9, 19), **traits), track("fay", "Signed Up", at(9, 20), referral_code=code)]
    assert go(engine, *raws) == [("refused", why) if why else ("waiting", "")]


def test_who_turns_out_to_be_who_brought_them_is_found_before_and_after(engine: Engine, code: str) -> None:
    for name, day in (("fay", 20), ("gil", 28)):
        go(engine, order(name, at(9, day), 40, f"{name} 1", referral_code=code))
    go(engine, now=NOW + 4 * DAY)
    assert brought(engine) == [("converted", ""), ("pending", "")]
    go(
        engine,
        alias("ada", "fay", "2026-06-05T09:00:00Z"),
        alias("ada", "gil", "2026-06-05T10:00:00Z"),
        now=NOW + 5 * DAY,
    )
    assert brought(engine) == [
        ("reversed", "it is the same customer"),
        ("refused", "it is the same customer"),
    ]
    assert sum(balances(engine).values()) == 10 + 40 + 40


def test_a_friend_is_brought_once_and_no_old_customer_is_one(engine: Engine, code: str) -> None:
    go(engine, order("ben", at(8), 5, "b1"))
    first = track("fay", "Signed Up", at(9, 20), referral_code=code)
    again = track("fay", "Order Completed", at(9, 21), referral_code=code, order_id="f1", total=5)
    old = track("ben", "Signed Up", at(9, 20), referral_code=code)
    nobody = track("gil", "Signed Up", at(9, 20), referral_code="0" * 12)
    assert go(engine, first, again, old, nobody) == [
        ("pending", ""),
        ("refused", "they were brought already"),
        ("refused", "they had bought before"),
        ("refused", "nobody has this code"),
    ]


def test_who_had_bought_before_is_found_also_when_it_is_told_late(engine: Engine, code: str) -> None:
    go(engine, order("fay", at(9, 20), 40, "f1", referral_code=code))
    assert go(engine, order("fay", at(8), 5, "f0")) == [("refused", "they had bought before")]
    go(engine, track("gil", "Signed Up", at(9, 20), referral_code=code), order("~phone", at(8), 5, "g0"))
    assert go(engine, identify("gil", at(10, 20), device="phone"))[1:] == [
        ("refused", "they had bought before")
    ]


def test_it_counts_from_the_delivery_where_the_shop_says_so(engine: Engine, code: str) -> None:
    assert BRINGING.referral is not None
    shop = replace(BRINGING, referral=replace(BRINGING.referral, counts_from="delivered"))
    settle(engine, order("fay", at(9, 2), 40, "f1", referral_code=code), shop=shop)
    assert brought(engine) == [("pending", "")]
    settle(engine, track("fay", "Order Delivered", at(9, 30), order_id="f1"), shop=shop, now=NOW + 10 * DAY)
    assert brought(engine) == [("pending", "")]
    settle(engine, shop=shop, now=NOW + 13 * DAY)
    assert brought(engine) == [("converted", "")]


def test_who_is_erased_is_credited_with_nothing(engine: Engine, code: str) -> None:
    go(engine, order("fay", at(9, 20), 40, "f1", referral_code=code))
    with write(engine) as connection:
        erase(connection, subject_named(connection, "ada"), NOW)
    assert go(engine, now=NOW + 20 * DAY) == [("refused", "who brought them is no longer here")]
    assert {row.customer_id for row in rows(engine, PointsEntry)} == {
        row.customer_id for row in rows(engine, ReferralCode)
    }


def test_with_the_public_key_nobody_speaks_for_others(engine: Engine, code: str) -> None:
    raws = [track(who, "Signed Up", at(9, 20), referral_code=code) for who in ("fay", "~phone")]
    with write_shop(engine) as connection:
        record(connection, [replace(call(raw), source="public") for raw in raws])
    apply_events(engine, NOW, BRINGING)
    assert go(engine) == [("waiting", "")]


def test_what_explain_tells_of_it(engine: Engine, code: str) -> None:
    go(engine, order("fay", at(9, 20), 40, "f1", referral_code=code))
    go(engine, now=NOW + 20 * DAY)
    told = {}
    with write(engine) as connection:
        for key, one in customers(engine).items():
            told[key] = [one.about for one in noted_of(connection, one.id) if one.kind == "loyalty"]
    assert told == {
        "ada": [
            "+10 points: earned (order a1)",
            "brought a friend: converted",
            "+200 points: given (a friend who was brought)",
        ],
        "fay": ["+40 points: earned (order f1)", f"came with the code {code}: converted"],
    }


# ── the audits ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("audit", "broken", "what"),
    [
        (
            points.AUDIT,
            "UPDATE customer SET points = points + 1 WHERE key = 'ada'",
            ["211 points, and a ledger of 210"],
        ),
        (friends.AUDIT, "UPDATE referral SET referrer_id = customer_id", ["is who brought them"]),
    ],
)
def test_the_audits_find_what_was_broken(
    engine: Engine, code: str, audit: Audit, broken: str, what: list[str]
) -> None:
    go(engine, order("fay", at(9, 20), 40, "f1", referral_code=code))
    go(engine, now=NOW + 20 * DAY)
    with write(engine) as connection:
        assert audit.find(connection, BRINGING, NOW) == []
        connection.exec_driver_sql(broken)
        assert [breach.what for breach in audit.find(connection, BRINGING, NOW)] == what
