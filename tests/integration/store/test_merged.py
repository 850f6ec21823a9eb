"""What was kept of two customers, once they are one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, Table

from loyaltyloop.store.database import write
from loyaltyloop.store.live.changes import apply
from loyaltyloop.store.models import (
    Consent,
    ConsentEntry,
    Customer,
    CustomerDate,
    Enrolment,
    Holding,
    Order,
    OrderLine,
    Touch,
    Visit,
)
from tests.integration.store.shop import NOW, at, identify, rows, track
from tests.integration.store.shops import reading
from tests.integration.store.test_identity import settle


def test_all_that_was_kept_moves_to_the_survivor(engine: Engine) -> None:
    bought = {"products": [{"product_id": "tea", "category": "Tea", "price": 4}], "total": 4}
    settle(
        engine,
        identify("ada", at(9), email="ada@example.com", born="1990-01-02", size=38),
        identify("~phone", at(10), email="new@example.com", born="1991-03-04"),
        track("~phone", "Order Completed", at(10), order_id="1", **bought),
        track("ada", "Order Completed", at(11), order_id="2", **bought),
        track("~phone", "Support Ticket Opened", at(11), ticket_id="7"),
        track("ada", "Consent Granted", at(9), channel="email"),
        track("~phone", "Consent Withdrawn", at(12), channel="email"),
    )
    settle(engine, identify("ada", at(13), "phone"))
    (ada,) = rows(engine, Customer)
    assert (ada.key, ada.email, ada.attributes) == (
        "ada",
        "new@example.com",
        {"born": "1991-03-04", "size": 38},
    )
    assert (ada.orders, ada.lifetime_value, ada.open_cases, ada.favourite_category) == (2, 800, 1, "Tea")
    assert {row.customer_id for row in rows(engine, Order)} == {ada.id}
    assert {row.customer_id for row in rows(engine, OrderLine)} == {ada.id}
    assert [(row.customer_id, row.month_day) for row in rows(engine, CustomerDate)] == [(ada.id, 304)]
    assert [(row.customer_id, row.given) for row in rows(engine, Consent)] == [(ada.id, False)]
    assert {row.customer_id for row in rows(engine, ConsentEntry)} == {ada.id}
    (touch,) = rows(engine, Touch)
    assert (touch.seq, touch.customer_id, touch.cause) == (9, ada.id, "merged")


def _enrol(engine: Engine, who: int, key: str, hour: int, **more: Any) -> None:
    table: Table = Enrolment.__table__  # type: ignore[attr-defined]
    when = datetime(2026, 5, 1, hour, tzinfo=UTC)
    row = {
        "journey": "welcome",
        "version": 1,
        "customer_id": who,
        "customer_key": key,
        "one_per": "",
        "occurrence": "",
        "entered_at": when,
        "enrolled_at": when,
        "trigger": {},
        "held_out": False,
        "step": "hello",
        "state": "waiting",
        "arrived_at": when,
    }
    with write(engine) as connection:
        connection.execute(table.insert().values(row | more))


def test_of_running_enrolments_of_both_the_earlier_stays(engine: Engine) -> None:
    apply(engine, reading(), NOW)
    settle(engine, track("~phone", "A", at(8)), track("ada", "B", at(8)))
    ids = {row.key: row.id for row in rows(engine, Customer)}
    ended = {
        "ended_at": datetime(2026, 5, 1, 9, tzinfo=UTC),
        "state": "ended",
        "end": "completed",
        "step": None,
    }
    _enrol(engine, ids["ada"], "ada", 10)
    _enrol(engine, ids["phone"], "phone", 9)
    _enrol(engine, ids["phone"], "phone", 9, journey="other")
    _enrol(engine, ids["ada"], "ada", 9, journey="past", **ended)
    _enrol(engine, ids["phone"], "phone", 9, journey="past", **ended)
    _enrol(engine, ids["ada"], "ada", 9, journey="orders", one_per="1")
    _enrol(engine, ids["phone"], "phone", 9, journey="orders", one_per="2")
    settle(engine, identify("ada", at(13), "phone"))
    assert len(rows(engine, Customer)) == 1
    found = {
        (row.journey, row.customer_key, row.one_per, row.occurrence): (row.state, row.reason)
        for row in rows(engine, Enrolment)
    }
    assert {row.customer_id for row in rows(engine, Enrolment)} == {ids["ada"]}
    assert found == {
        ("welcome", "ada", "", "merged:ada"): ("ended", "merged"),  # who goes on keeps the name
        ("welcome", "phone", "", ""): ("waiting", None),
        ("other", "phone", "", ""): ("waiting", None),
        ("past", "ada", "", ""): ("ended", None),
        ("past", "phone", "", "merged:phone"): ("ended", None),
        ("orders", "ada", "1", ""): ("waiting", None),
        ("orders", "phone", "2", ""): ("waiting", None),
    }
    (visit,) = rows(engine, Visit)
    assert (visit.step, visit.left_at) == ("hello", NOW)


def test_a_journey_that_waits_for_its_condition_does_so_once(engine: Engine) -> None:
    settle(engine, track("~phone", "A", at(8)), track("ada", "B", at(8)))
    ids = {row.key: row.id for row in rows(engine, Customer)}
    table: Table = Holding.__table__  # type: ignore[attr-defined]
    pairs = [("both", "ada"), ("both", "phone"), ("one", "phone")]
    with write(engine) as connection:
        for journey, who in pairs:
            connection.execute(table.insert().values(journey=journey, customer_id=ids[who]))
    settle(engine, identify("ada", at(13), "phone"))
    assert {(row.journey, row.customer_id) for row in rows(engine, Holding)} == {
        ("both", ids["ada"]),
        ("one", ids["ada"]),
    }
