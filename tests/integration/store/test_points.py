"""Points are the sum of their ledger, whatever happens in whatever order, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from loyaltyloop.journey.model.loyalty import Points
from tests.integration.store.loyal import LOYAL, POINTS, balances, ledger, order, settle
from tests.integration.store.shop import NOW, alias, at, identify, track
from tests.reference.points import Doing, balance
from tests.reference.staging import empty
from tests.strategies.points import START, doings

BEGIN = datetime(2026, 5, 1, tzinfo=UTC)


def test_a_refund_takes_back_what_is_no_longer_paid_for(engine: Engine) -> None:
    settle(engine, order("ada", at(9), 10.5, "o1"))
    assert ledger(engine) == [("earn", "order:o1", 20)]
    part = {"order_id": "o1", "currency": "GBP"}
    settle(engine, track("ada", "Order Refunded", at(10), total=3.3, **part))
    settle(engine, track("ada", "Order Refunded", at(11), total=3.3, **part))
    assert [points for _, _, points in ledger(engine)] == [20, -6, -8]
    settle(engine, track("ada", "Order Refunded", at(12), order_id="o1"))
    assert balances(engine) == {"ada": 0}
    assert {kind for kind, _, points in ledger(engine) if points < 0} == {"reverse"}


def test_nothing_is_added_twice(engine: Engine) -> None:
    first = order("ada", at(9), 10, "o1") | {"messageId": "m1"}
    redeemed = track("ada", "Points Redeemed", at(10), points=5) | {"messageId": "m2"}
    for _ in range(2):
        settle(engine, first, redeemed)
    settle(engine, track("ada", "Order Shipped", at(11), order_id="o1"))
    assert sorted(ledger(engine)) == [("earn", "order:o1", 20), ("spend", "event:2", -5)]
    assert balances(engine) == {"ada": 15}


def test_points_lapse_when_their_time_has_come_and_are_spent_before(engine: Engine) -> None:
    settle(engine, order("ada", at(9), 10, "o1"), order("ada", at(9, day=20), 10, "o2"))
    settle(engine, track("ada", "Points Redeemed", at(9, day=21), points=15))
    assert balances(engine) == {"ada": 25}
    settle(engine, now=NOW + timedelta(days=65))
    assert ledger(engine)[-1] == ("expire", "lapse:order:o1", -5)
    settle(engine, now=NOW + timedelta(days=200))
    assert balances(engine) == {"ada": 0}
    assert ("expire", "lapse:order:o2", -20) in ledger(engine)


def test_what_was_spent_before_it_lapsed_and_is_heard_of_later_did_not_lapse(engine: Engine) -> None:
    later = NOW + timedelta(days=100)
    settle(engine, order("ada", at(9), 10, "o1"), now=later)
    assert balances(engine) == {"ada": 0}
    settle(engine, track("ada", "Points Redeemed", at(10), points=8), now=later)
    assert balances(engine) == {"ada": 0}
    assert ledger(engine)[-2:] == [("spend", "event:2", -8), ("reverse", "lapse:order:o1", 8)]


def test_more_spent_than_there_was_is_owed_and_paid_off_first(engine: Engine) -> None:
    settle(engine, order("ada", at(9), 10, "o1"), track("ada", "Points Redeemed", at(10), points=20))
    settle(engine, track("ada", "Order Cancelled", at(11), order_id="o1"))
    assert balances(engine) == {"ada": -20}
    settle(engine, order("ada", at(12), 15, "o2"))
    assert balances(engine) == {"ada": 10}


def test_what_was_spent_on_an_order_that_is_given_back_comes_back(engine: Engine) -> None:
    settle(engine, track("ada", "Points Earned", at(8), points=30))
    settle(
        engine, order("ada", at(9), 5, "o1"), track("ada", "Points Redeemed", at(9), points=12, order_id="o1")
    )
    assert balances(engine) == {"ada": 28}
    settle(engine, track("ada", "Order Cancelled", at(10), order_id="o1"))
    assert balances(engine) == {"ada": 30}


def test_an_order_keeps_the_terms_under_which_it_was_earned(engine: Engine) -> None:
    settle(engine, order("ada", at(9), 10, "o1"))
    dearer = replace(LOYAL, points=replace(POINTS, earn=1))
    settle(engine, track("ada", "Order Refunded", at(10), order_id="o1", total=5), shop=dearer)
    settle(engine, order("ben", at(9), 10, "o2"), shop=dearer)
    assert balances(engine) == {"ada": 10, "ben": 10}


def test_orders_before_points_began_earn_nothing(engine: Engine) -> None:
    since = replace(LOYAL, points=Points(since=(BEGIN + timedelta(days=4)).date()))
    settle(engine, order("ada", at(22, day=4), 10, "o1"), order("ada", at(23.5, day=4), 7, "o2"), shop=since)
    assert balances(engine) == {"ada": 7}  # the shop's day, which is an hour ahead in May


def test_shops_that_begin_with_points_count_what_was_bought_before(engine: Engine) -> None:
    without = replace(LOYAL, points=None)
    settle(engine, order("ada", at(9), 10, "o1"), shop=without)
    assert ledger(engine) == []
    settle(engine)
    assert balances(engine) == {"ada": 20}


def test_what_says_no_number_of_points_changes_nothing(engine: Engine) -> None:
    said: list[Any] = [0, -5, 1.5, "many", None, True, [5], 10**15, 1e300, "٣"]
    settle(engine, *(track("ada", "Points Earned", at(9), points=points) for points in said))
    assert ledger(engine) == []
    settle(engine, *(track("ada", "Points Earned", at(10), points=points) for points in (5, 6.0, " 7 ")))
    assert balances(engine) == {"ada": 18}


def test_who_is_one_has_the_points_of_both(engine: Engine) -> None:
    settle(engine, order("ada", at(9), 10, "o1"), order("~phone", at(9), 5, "o2"))
    settle(engine, track("~phone", "Points Redeemed", at(10), points=18))
    assert balances(engine) == {"ada": 20, "phone": -8}
    settle(engine, identify("ada", at(11), device="phone"))
    assert balances(engine) == {"ada": 12}
    settle(engine, now=NOW + timedelta(days=100))
    assert balances(engine) == {"ada": 0}


def _raw(doing: Doing, number: int) -> dict[str, Any]:
    """The call that tells of it, arriving in the order of the numbers."""
    when = doing.at.isoformat().replace("+00:00", "Z")
    match doing.kind:
        case "order":
            raw = order(doing.who, when, (doing.amount or 0) / 100, doing.order)
        case "refund":
            amount = {} if doing.amount is None else {"total": doing.amount / 100}
            raw = track(doing.who, "Order Refunded", when, order_id=doing.order, **amount)
        case "cancel":
            raw = track(doing.who, "Order Cancelled", when, order_id=doing.order)
        case "alias":
            raw = alias(doing.who, doing.order, when)
        case name:
            with_order = {"order_id": doing.order} if doing.order else {}
            raw = track(doing.who, f"Points {name}", when, points=doing.amount, **with_order)
    received = (NOW + timedelta(minutes=number)).isoformat().replace("+00:00", "Z")
    return raw | {"messageId": f"m{number}", "receivedAt": received}


@settings(
    max_examples=40,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.data())
def test_points_are_what_a_simple_count_says(engine: Engine, data: st.DataObject) -> None:
    empty(engine)
    told = data.draw(doings())
    arriving = data.draw(st.permutations(told))
    looks = data.draw(st.sets(st.integers(0, len(told)), max_size=3)) | {len(told)}
    days = data.draw(st.sampled_from([1, 30, 100, 140]))
    now = NOW + timedelta(days=1)
    start = 0
    for end in sorted(looks):
        batch = [_raw(doing, number) for number, doing in enumerate(arriving[start:end], start)]
        settle(engine, *batch, *batch[:2], now=now)
        balances(engine)
        start = end
    now = START + timedelta(days=days) if days > 60 else now
    settle(engine, now=now)
    found = sorted(points for points in balances(engine).values() if points)
    # Of two who are one the key is whoever's was heard of first.
    assert found == sorted(balance(told, POINTS, LOYAL.timezone, now).values())
