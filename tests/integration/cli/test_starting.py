"""`loop start` beside what others do at the same time."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from loyaltyloop.store.events.apply import apply_events
from loyaltyloop.store.inside import entries
from loyaltyloop.store.models import Customer, Entry
from tests.integration.cli.conftest import Loop
from tests.integration.store.shop import NOW, SHOP, at, feed, identify, one, track
from tests.integration.turn.meanwhile import Meanwhile


def test_who_is_merged_while_being_started_enters(
    loop: Loop, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop("apply", "--yes")
    feed(engine, [identify("ada", at(9)), track("~tablet", "Product Viewed", at(9))])
    apply_events(engine, NOW, SHOP)

    def merge() -> None:
        feed(engine, [identify("ada", at(10), device="tablet")])
        apply_events(engine, NOW, SHOP)

    meanwhile = Meanwhile(merge)
    monkeypatch.setattr(entries, "_known", meanwhile.before(entries._known))
    assert loop("start", "welcome", "--customer", "tablet").code == 0
    meanwhile.end()
    assert one(engine, Entry).customer_id == one(engine, Customer).id
