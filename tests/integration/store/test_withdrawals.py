"""Of withdrawals that wait to be applied is told before what applying them makes of them."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy import event as events_of

from loyaltyloop.store.consents.suppression import stopped
from loyaltyloop.store.consents.withdrawals import withdrawn_meanwhile
from loyaltyloop.store.database import is_postgres, read
from loyaltyloop.store.events.apply import apply_events
from loyaltyloop.store.models import Consent, Customer, Event
from tests.integration.store.shop import NOW, SHOP, alias, at, feed, identify, rows, track
from tests.reference.staging import empty

ADA, BEA, PHONE, TABLET = NAMES = ("ada", "bea", "phone", "tablet")


@st.composite
def deed(draw: st.DrawFn) -> dict[str, Any]:
    """An answer about consent, a link between ids, or something else, of a few people with a few devices."""
    who, when = draw(st.sampled_from([*NAMES, "~phone", "~tablet"])), at(9 + draw(st.integers(0, 9)))
    kind = draw(st.sampled_from(["answer", "answer", "answer", "identify", "alias", "view"]))
    if kind == "alias":
        return alias(draw(st.sampled_from(NAMES)), draw(st.sampled_from(NAMES)), when)
    if kind == "identify":
        return identify(who, when, device=None if who[0] == "~" else draw(st.sampled_from([PHONE, TABLET])))
    name = draw(st.sampled_from(["Consent Granted", "Consent Withdrawn", "Unsubscribed"]))
    made = track(who, name if kind == "answer" else "Product Viewed", when, channel="email")
    shared = {"anonymousId": draw(st.sampled_from([PHONE, TABLET]))} if draw(st.booleans()) else {}
    return shared | made


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(deed(), max_size=6), st.lists(deed(), min_size=1, max_size=6))
def test_what_is_told_of_a_withdrawal_is_what_applying_makes_of_it(
    engine: Engine, before: list[dict[str, Any]], waiting: list[dict[str, Any]]
) -> None:
    empty(engine)
    feed(engine, before)
    apply_events(engine, NOW, SHOP)
    events, then = {row.customer_id: row.id for row in rows(engine, Event)}, _refused(engine)
    feed(engine, waiting)
    with read(engine) as connection:
        told = {who for who, _, _ in withdrawn_meanwhile(connection, events, 0)}
    apply_events(engine, NOW, SHOP)
    owners, now = {row.id: row.customer_id for row in rows(engine, Event)}, _refused(engine)
    for who, event in events.items():
        later = owners[event] in now  # what was somebody's is whoever's they turned out to be
        assert who not in told or later, "told, and not so"
        assert who in told or not later or who in then, "so, and not told"


def _refused(engine: Engine) -> set[int]:
    return {row.customer_id for row in rows(engine, Consent) if not row.given}


def test_each_is_asked_about_alone(engine: Engine) -> None:
    feed(engine, [track("ada", "Signed Up", at(9)), track("bea", "Signed Up", at(9))])
    apply_events(engine, NOW, SHOP)
    ada, bea = (row.id for row in rows(engine, Customer, "key"))
    feed(engine, [track("ada", "Unsubscribed", at(10)), identify("~phone", at(10))])
    with read(engine) as connection:
        assert withdrawn_meanwhile(connection, [ada, bea], 0) == {(ada, "email", "marketing")}
        assert withdrawn_meanwhile(connection, [bea], 0) == set()


def test_a_claim_reads_what_waits_and_not_all_that_ever_was(engine: Engine) -> None:
    """PostgreSQL tells them apart by its statistics."""
    feed(engine, [identify("ada", at(9))])
    apply_events(engine, NOW, SHOP)
    asked: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, words: Any, *___: Any) -> None:
        asked.append((statement, words))

    with read(engine) as connection:
        events_of.listen(engine, "before_cursor_execute", note)
        stopped(connection, [], 0)
        withdrawn_meanwhile(connection, [row.id for row in rows(engine, Customer)], 0)
        events_of.remove(engine, "before_cursor_execute", note)
        of_events = [one for one in asked if "FROM event" in one[0]]
        assert len(of_events) == 2
        for statement, words in [] if is_postgres(engine) else of_events:
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", words)]
            assert plan[0] == "SCAN event USING INDEX ix_event_waiting"
