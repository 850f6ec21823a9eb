"""A look at points and tiers reads what is due, and not the whole ledger."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, event

from loyaltyloop.store.database import is_postgres, write
from tests.integration.store.loyal import BADGED, BRINGING, LOYAL, TIERED, order, settle
from tests.integration.store.shop import at, track

SHOP = replace(LOYAL, tiers=TIERED.tiers, badges=BADGED.badges, referral=BRINGING.referral)
LARGE = ("customer", "event", "points_entry", "loyalty_standing", "referral", "gift", "voucher", "shop_order")


def test_nothing_is_scanned(engine: Engine) -> None:
    if is_postgres(engine):
        pytest.skip("it plans by figures, and reads a small table as a whole")
    settle(engine, *(order(f"c{number}", at(9), 10) for number in range(300)), shop=SHOP)
    with write(engine) as connection:
        connection.exec_driver_sql("ANALYZE")
    plans: list[str] = []

    def note(connection: Any, _: Any, statement: str, words: Any, __: Any, many: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            told = connection.connection.dbapi_connection.cursor()
            told.execute(f"EXPLAIN QUERY PLAN {statement}", words[0] if many else words)
            plans.extend(row[3] for row in told.fetchall())

    event.listen(engine, "before_cursor_execute", note)
    settle(
        engine,
        order("c1", at(9, 2), 30),
        track("c2", "Points Redeemed", at(9, 2), points=3),
        track("c3", "Order Refunded", at(9, 2), order_id=f"c3 {at(9)}"),
        shop=SHOP,
    )
    event.remove(engine, "before_cursor_execute", note)
    assert len(plans) > 30
    scans = [plan for plan in plans if plan.startswith("SCAN ") and plan.split()[1] in LARGE]
    assert scans == []
