"""`loop explain` of a journey that looks at customers itself: what does not hold of this one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, update

from loyaltyloop.store.database import write
from loyaltyloop.store.events.apply import apply_events
from loyaltyloop.store.models import Prediction
from tests.integration.cli.conftest import Loop, write_files
from tests.integration.store.shop import SHOP, at, feed, identify
from tests.integration.store.shops import customer

LOST = """\
journey: lost
about: Whoever is about to be lost.
enter:
  when:
    all:
      - predicted: {lapse: {over: 0.6}}
      - any: [{customer: {lifetime_value: {over: 50}}}, {customer: {last_order_at: {after: 60 days ago}}}]
      - not: {did: Order Completed, within: 30 days}
  if: {customer: {country: GB, size: {known: true}}}
steps: [{wait: 1 day}]
"""
NOW = ("--now", "2026-05-02T12:00:00Z")
HEAD = (
    "  lost: predicted lapse > 0.6 and (customer lifetime_value > 50 or customer last_order_at after 60 days "
    "ago) and not did Order Completed within 30 days (looked at daily)"
)


@pytest.fixture
def lost(loop: Loop, project: Path, engine: Engine) -> Loop:
    """Ada is known, and `lost` has had no turn."""
    write_files(project, {"journeys/lost.yaml": LOST})
    loop("apply", "--yes", "--now", "2026-05-01T00:00:00Z")
    feed(engine, [identify("ada", at(7), country="FR", size="M")])
    apply_events(engine, datetime(2026, 5, 1, 11, tzinfo=UTC), SHOP)
    return loop


def told(loop: Loop) -> list[str]:
    out = loop("explain", "ada", "--journey", "lost").out.splitlines()
    return out[out.index("Has not come up for:") + 1 :]


def test_what_does_not_hold_is_told_with_what_is_known(lost: Loop, engine: Engine) -> None:
    assert told(lost) == [HEAD]
    with write(engine) as connection:
        day = datetime(2026, 2, 1, 12, tzinfo=UTC)
        [who] = connection.execute(customer.select()).all()
        connection.execute(update(customer).values(lifetime_value=1250, last_order_at=day))
        row = {"customer_id": who.id, "model": "lapse", "value": 0.31, "as_of": day, "version": 1}
        connection.execute(insert(Prediction).values(row))
    assert lost("run", "lost", "--plain", *NOW).code == 0
    assert told(lost) == [
        HEAD,
        "    as of the last turn (Sat 2 May 2026 14:00) not so:",
        "      predicted lapse > 0.6 (lapse is 0.31)",
        "      customer lifetime_value > 50 or customer last_order_at after 60 days ago "
        "(lifetime_value is 12.50 GBP, last_order_at is Sun 1 Feb 2026 13:00)",
        "      customer country = GB (country is FR)",
    ]
    first, *_ = lost("explain", "ada", "--journey", "lost", "--json").data["unmet"]
    assert first == {
        "journey": "lost",
        "as_of": "2026-05-02T12:00:00+00:00",
        "condition": "predicted lapse > 0.6",
        "known": {"lapse": "0.31"},
    }


def test_where_all_of_it_holds_by_now_that_is_said(lost: Loop, engine: Engine) -> None:
    assert lost("run", "lost", "--plain", *NOW).code == 0
    with write(engine) as connection:
        day = datetime(2026, 5, 1, tzinfo=UTC)
        [who] = connection.execute(customer.select()).all()
        connection.execute(update(customer).values(lifetime_value=9900, country="GB"))
        row = {"customer_id": who.id, "model": "lapse", "value": 0.9, "as_of": day, "version": 1}
        connection.execute(insert(Prediction).values(row))
    told_then = "    as of the last turn (Sat 2 May 2026 14:00) all of it holds, by what is known now"
    assert told(lost) == [HEAD, told_then]
