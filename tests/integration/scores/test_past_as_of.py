"""A past read from the store holds what was known before its instant, whatever came later."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, Table, select

from loyaltyloop.scores.purchases import reading
from loyaltyloop.scores.purchases.past import Past
from loyaltyloop.scores.purchases.reading import LOOKS_BACK, read_known, read_past
from loyaltyloop.store.database import read
from loyaltyloop.store.events.apply import apply_events
from loyaltyloop.store.models import Event, Identity
from tests.integration.store.shop import NOW, SHOP, alias, feed, identify, track
from tests.integration.store.test_facts import empty

START = datetime(2026, 5, 1, tzinfo=UTC)
AS_OF = START + timedelta(hours=10)
PEOPLE = ("u0", "u1", "u2")
# What is heard later is about orders from before, mostly.
TOLD = ["Order Completed"] * 4 + ["Order Updated"] * 2
TOLD += ["Order Cancelled", "Order Refunded", "Order Returned", "Order Shipped"]
LAGS = (0, 0, 0, 1, 7, 600, -3)  # minutes from when it happened to when it arrived

Bought = tuple[int, int, tuple[tuple[str, int, float | None], ...]]
"""An order: customer, ordered (whole seconds), and its lines: product, pieces, price."""

item = st.fixed_dictionaries(
    {"product_id": st.sampled_from("pqr"), "quantity": st.integers(1, 3)},
    optional={"price": st.integers(1, 999).map(lambda cents: cents / 100)},
)


@st.composite
def calls(draw: st.DrawFn) -> dict[str, Any]:
    """Something about an order, or two ids that turn out to be one person's; in the day around AS_OF."""
    who = draw(st.sampled_from(PEOPLE))
    by = draw(st.sampled_from([who, who, f"~d{who}"]))
    happened = START + timedelta(hours=draw(st.integers(1, 19)), seconds=draw(st.sampled_from([0, 0, 0.25])))
    when = happened.isoformat()
    arrived = happened + timedelta(minutes=draw(st.sampled_from(LAGS)))
    match draw(st.integers(0, 9)):
        case 0:
            made = identify(who, when, f"d{who}", country=draw(st.sampled_from(["GB", "US"])))
        case 1:
            made = alias(who, f"d{who}", when)
        case _:
            order = {
                "order_id": f"{who}-{draw(st.integers(0, 2))}",
                "products": draw(st.lists(item, max_size=3)),
            }
            name = draw(st.sampled_from(TOLD))
            if name == "Order Updated":
                order |= draw(st.sampled_from([{}, {"cancelled": True}, {"cancelled": False}]))
            made = track(by, name, when, **order)
    return made | {"receivedAt": arrived.isoformat()}


@dataclass(frozen=True)
class History:
    """What was known before AS_OF, and what came after; the sizes of chunks."""

    before: list[dict[str, Any]]
    after: list[dict[str, Any]]
    chunk: int


@st.composite
def histories(draw: st.DrawFn) -> History:
    made = draw(st.lists(calls(), min_size=6, max_size=24))
    named = [one | {"messageId": f"m{place:02}"} for place, one in enumerate(made)]
    early = [one for one in named if max(_instant(one["timestamp"]), _instant(one["receivedAt"])) < AS_OF]
    late = [one for one in named if one not in early]
    return History(early, draw(st.permutations(late)), draw(st.integers(1, 9)))


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(histories())
def test_nothing_of_later_changes_what_was_known(engine: Engine, history: History) -> None:
    empty(engine)
    feed(engine, history.before)
    apply_events(engine, NOW, SHOP, history.chunk)
    then, ids = orders(past(engine)), people(engine)
    assert then == simply(engine)
    feed(engine, history.after)
    apply_events(engine, NOW, SHOP, history.chunk)
    now = people(engine)
    merged = {old: now[name] for name, old in ids.items()}
    expected: list[Bought] = sorted(((merged[one[0]], *one[1:]) for one in then), key=repr)
    assert orders(past(engine)) == expected
    for who in sorted(set(merged.values())):
        assert orders(past(engine, customers=[who])) == [one for one in expected if one[0] == who]
    since = AS_OF - timedelta(hours=5)
    lately = [one for one in expected if one[1] >= since.timestamp()]
    assert orders(past(engine, back=timedelta(hours=5))) == lately


@settings(max_examples=9, deadline=None, suppress_health_check=list(HealthCheck))
@given(histories())
def test_a_past_of_today_knows_what_an_earlier_one_held(engine: Engine, history: History) -> None:
    empty(engine)
    feed(engine, _in_time([*history.before, *history.after]))
    apply_events(engine, NOW, SHOP, history.chunk)
    today = past(engine, NOW)
    for instant in (AS_OF, AS_OF + timedelta(hours=4), AS_OF + timedelta(hours=8, seconds=0.25)):
        expected = orders(past(engine, instant.replace(microsecond=0)))
        assert orders(today.before(instant)) == expected
        assert orders(today.before(NOW).before(NOW - timedelta(days=1)).before(instant)) == expected


def test_an_order_called_off_stood_until_then(engine: Engine) -> None:
    bought = {"order_id": "1", "products": [{"product_id": "tea", "quantity": 2, "price": 3.5}]}
    feed(engine, [track("u0", "Order Completed", "2026-05-01T08:00:00Z", **bought)])
    feed(engine, [track("u0", "Order Cancelled", "2026-05-01T10:00:00Z", order_id="1")])
    apply_events(engine, NOW, SHOP)
    for instant, number in ((AS_OF, 1), (AS_OF + timedelta(seconds=1), 0), (NOW, 0)):
        assert len(past(engine, instant)) == number
        assert len(past(engine, NOW).before(instant)) == number
    ((_, _, lines),) = orders(past(engine))
    assert lines == (("tea", 2, 3.5),)


def test_an_order_whose_products_changed_had_the_others_until_then(engine: Engine) -> None:
    for at, name, pieces in (("08:00", "tea", 2), ("10:00", "mug", 1), ("12:00", "mug", 1)):
        told = "Order Completed" if name == "tea" else "Order Updated"
        listed = {"order_id": "1", "products": [{"product_id": name, "quantity": pieces}]}
        feed(engine, [track("u0", told, f"2026-05-01T{at}:00Z", **listed)])
    apply_events(engine, NOW, SHOP)
    for instant, name in ((AS_OF, "tea"), (AS_OF + timedelta(seconds=1), "mug"), (NOW, "mug")):
        for cut in (past(engine, instant), past(engine, NOW).before(instant)):
            assert [cut.products[one] for one in cut.what] == [name]
    lost = past(engine, NOW).lost
    assert lost is not None and len(lost.who) == 1


def test_an_order_whose_products_came_later_had_none_until_then(engine: Engine) -> None:
    listed = {"order_id": "1", "products": [{"product_id": "mug", "quantity": 1}]}
    feed(engine, [track("u0", "Order Completed", "2026-05-01T08:00:00Z", order_id="1", total=5)])
    feed(engine, [track("u0", "Order Updated", "2026-05-01T10:00:00Z", **listed)])
    apply_events(engine, NOW, SHOP)
    for instant, names in ((AS_OF, []), (AS_OF + timedelta(seconds=1), ["mug"]), (NOW, ["mug"])):
        for cut in (past(engine, instant), past(engine, NOW).before(instant)):
            assert [cut.products[one] for one in cut.what] == names


def _in_time(calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """All arrives at once, no update comes before what it updates, and none takes a cancellation back."""
    placed = {
        (one["properties"]["order_id"], one["timestamp"])
        for one in calls
        if one.get("event") == "Order Completed"
    }
    return [
        one | {"receivedAt": one["timestamp"]}
        for one in calls
        if one.get("event") != "Order Updated"
        or (
            one["properties"].get("cancelled") is not False
            and any(order == one["properties"]["order_id"] and at < one["timestamp"] for order, at in placed)
        )
    ]


def past(engine: Engine, as_of: datetime = AS_OF, **asked: Any) -> Past:
    """As of an instant."""
    with read(engine) as connection:
        found = read_past(connection, as_of, SHOP.currency, **asked)
    assert found.as_of == as_of
    return found


def orders(past: Past) -> list[Bought]:
    """All of a past, which must stand in the order of time."""
    assert np.all(np.diff(past.at) >= 0)
    assert np.all(np.diff(past.order) >= 0)
    found: dict[int, list[int]] = defaultdict(list)
    for place, order in enumerate(past.order.tolist()):
        found[order].append(place)
    return sorted((_order(past, places) for places in found.values()), key=repr)


def _order(past: Past, places: list[int]) -> Bought:
    first = places[0]
    lines = (
        (past.products[past.what[one]], int(past.quantity[one]), _known(past.price[one])) for one in places
    )
    owner = int(past.customers[past.who[first]])
    return owner, int(past.at[first]), tuple(sorted(lines, key=repr))


def _known(price: float) -> float | None:
    return None if np.isnan(price) else round(float(price), 2)


def people(engine: Engine) -> dict[str, int]:
    """Whose each id is."""
    identity: Table = Identity.__table__  # type: ignore[attr-defined]
    with read(engine) as connection:
        return {f"{row.kind} {row.value}": row.customer_id for row in connection.execute(select(identity))}


# ── the reference ───────────────────────────────────────────────────────────


def simply(engine: Engine) -> list[Bought]:
    """The orders by all events that there are, one after the other."""
    event: Table = Event.__table__  # type: ignore[attr-defined]
    told: dict[str, list[Any]] = defaultdict(list)
    with read(engine) as connection:
        for row in connection.execute(select(event).order_by(event.c.at, event.c.message_id)):
            if row.order_id:
                told[row.order_id].append(row)
    stands = (events for events in told.values() if _stands(events) and _lines(events))
    return sorted(map(_bought, stands), key=repr)


def _bought(events: list[Any]) -> Bought:
    first = next((one for one in events if one.name == "Order Completed"), events[0])
    return first.customer_id, int(first.at.timestamp()), tuple(sorted(_lines(events), key=repr))


def _stands(events: list[Any]) -> bool:
    """By the latest word on it; of two at one instant the cancellation counts."""
    words = [(one.at, True) for one in events if one.name == "Order Cancelled"]
    updates = (one for one in events if one.name == "Order Updated")
    words += [(one.at, one.properties["cancelled"]) for one in updates if "cancelled" in one.properties]
    return not words or not max(words)[1]


def _lines(events: list[Any]) -> list[tuple[str, int, float | None]]:
    """The newest list that a placed or updated order has; a product in it twice is one line."""
    listed = [
        one.properties["products"] for one in events if one.name in ("Order Completed", "Order Updated")
    ]
    found: dict[str, tuple[int, float | None]] = {}
    for one in listed[-1] if listed else ():
        pieces, price = found.get(one["product_id"], (0, None))
        price = one.get("price") if price is None else price
        found[one["product_id"]] = (pieces + one["quantity"], price)
    return [(name, *about) for name, about in found.items()]


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_looks_end_at_the_instant_too(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_CHUNK", 1)  # as where they are many
    bought = {"order_id": "1", "products": [{"product_id": one} for one in ("mug", "pot", "tea", "tin")]}
    feed(engine, [track("u0", "Order Completed", "2026-05-01T08:00:00Z", **bought)])
    seen = {
        "mug": ("2026-05-01T09:59:59Z", "2026-05-01T09:59:59Z"),
        "pot": ("2026-05-01T10:00:00Z", "2026-05-01T10:00:00Z"),
        "tea": ("2026-05-01T09:00:00Z", "2026-05-01T10:00:00Z"),  # heard of too late
        "tin": ("2026-01-31T09:00:00Z", "2026-01-31T09:00:00Z"),  # 90 days ago
    }
    for product, (when, arrived) in seen.items():
        feed(engine, [track("u0", "Product Viewed", when, product_id=product) | {"receivedAt": arrived}])
    feed(
        engine, [track("u1", "Product Viewed", "2026-05-01T09:00:00Z", product_id="mug")]
    )  # no customer of it
    apply_events(engine, NOW, SHOP)
    with read(engine) as connection:
        known = read_known(connection, AS_OF, SHOP.currency, LOOKS_BACK)
        today = read_known(connection, NOW, SHOP.currency, timedelta(days=365))
    assert [known.past.products[what] for what in known.looks.what] == ["mug"]
    early = today.before(AS_OF)
    assert {today.past.products[what] for what in early.looks.what} == {"mug", "tin"}


def test_the_last_moment_of_a_second_is_of_that_second(engine: Engine) -> None:
    late = "2026-05-01T09:59:59.999900Z"
    bought = {"order_id": "1", "products": [{"product_id": "mug"}]}
    feed(engine, [track("u0", "Order Completed", late, **bought) | {"receivedAt": late}])
    feed(engine, [track("u0", "Product Viewed", late, product_id="mug") | {"receivedAt": late}])
    apply_events(engine, NOW, SHOP)
    with read(engine) as connection:
        known = read_known(connection, AS_OF, SHOP.currency, LOOKS_BACK)
    second = int(AS_OF.timestamp()) - 1
    assert (known.past.at.tolist(), known.past.arrived.tolist()) == ([second], [second])
    assert known.looks.at.tolist() == [second]
