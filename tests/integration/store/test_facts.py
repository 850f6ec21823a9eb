"""Facts, customers and orders are the same in whatever order and chunks things arrived, and from scratch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, Table, select

from loyaltyloop.store.database import write, write_shop
from loyaltyloop.store.events import facts
from loyaltyloop.store.events.apply import apply_events
from loyaltyloop.store.models import (
    Basket,
    Consent,
    ConsentEntry,
    Customer,
    CustomerDate,
    Event,
    Identity,
    MergedCustomer,
    Order,
    OrderLine,
    Touch,
)
from loyaltyloop.store.orders import order_book
from loyaltyloop.store.orders.orders import EVENTS
from tests.integration.store.shop import NOW, SHOP, alias, feed, identify, rows, track

START = datetime(2026, 5, 1, tzinfo=UTC)
TABLES: list[type[Any]] = [
    Basket,
    MergedCustomer,
    CustomerDate,
    Consent,
    ConsentEntry,
    OrderLine,
    Order,
    Identity,
    Touch,
]
TABLES += [Event, Customer]
ORDER_EVENTS = (
    "Order Completed",
    "Order Updated",
    "Order Shipped",
    "Order Delivered",
    "Order Cancelled",
    "Order Refunded",
    "Order Returned",
)
PEOPLE = ("u0", "u1")

item = st.fixed_dictionaries(
    {"product_id": st.sampled_from("pqr")},
    optional={
        "category": st.sampled_from(["Tea", "Ware", "äther"]),
        "price": st.integers(0, 999).map(lambda cents: cents / 100),
        "quantity": st.integers(1, 3),
    },
)
ordering = st.fixed_dictionaries(
    {},
    optional={
        "total": st.integers(0, 9999).map(lambda cents: cents / 100),
        "currency": st.sampled_from(["GBP", "EUR", "CHF"]),
        "products": st.lists(item, max_size=3),
    },
)
traits: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "firstName": st.sampled_from(["Ada", "Bob", ""]),
        "country": st.sampled_from(["GB", "US", "Narnia"]),
        "birthday": st.sampled_from(["1990-02-28", "1900-01-01", "2031-01-01"]),
        "plan": st.sampled_from(["a", "b", 3, None]),
        "wedding": st.sampled_from(["2015-06-20", "soon"]),
        "tags": st.lists(st.sampled_from("xyz"), max_size=2),
    },
)


@st.composite
def calls(draw: st.DrawFn) -> dict[str, Any]:
    """A call of one of two people, each with a device and orders of their own."""
    who = draw(st.sampled_from(PEOPLE))
    device = f"d{who}"
    by = draw(st.sampled_from([who, f"~{device}"]))
    when = (START + timedelta(minutes=draw(st.integers(0, 3)))).isoformat().replace("+00:00", "Z")
    match draw(st.integers(0, 6)):
        case 0:
            return identify(by, when, **draw(traits))
        case 1:
            return identify(who, when, device, **draw(traits))
        case 2:
            return alias(who, device, when)
        case 3:
            ticket = draw(st.sampled_from([{"ticket_id": "1"}, {"ticket_id": "2"}]))
            return track(by, f"Support Ticket {draw(st.sampled_from(['Opened', 'Closed']))}", when, **ticket)
        case 4:
            answer = draw(st.sampled_from(["Consent Granted", "Consent Withdrawn"]))
            return track(by, answer, when, channel="email")
        case _:
            number = draw(st.integers(0, 1))
            properties = draw(ordering) | {"order_id": f"{who}-{number}"}
            return track(by, draw(st.sampled_from(ORDER_EVENTS)), when, **properties)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[int], int]:
    """Calls, the order in which they arrive, and the size of chunks."""
    made = [
        raw | {"messageId": f"m{n:02}"}
        for n, raw in enumerate(draw(st.lists(calls(), min_size=3, max_size=14)))
    ]
    return made, draw(st.permutations(range(len(made)))), draw(st.integers(1, 5))


def empty(engine: Engine) -> None:
    with write(engine) as connection:
        for model in TABLES:
            table: Table = model.__table__
            connection.execute(table.delete())


def arrive(engine: Engine, history: list[dict[str, Any]], order: list[int], chunk: int) -> None:
    """Let the calls arrive one by one in this order, and apply them in between."""
    empty(engine)
    arrived = [
        history[place] | {"receivedAt": (START + timedelta(hours=1, seconds=n)).isoformat()}
        for n, place in enumerate(order)
    ]
    half = len(arrived) // 2
    for part in (arrived[:half], arrived[half:]):
        feed(engine, part)
        apply_events(engine, NOW, SHOP, chunk)


def picture(engine: Engine) -> dict[str, Any]:
    """All that is known, without numbers of rows: a customer is the set of ids."""
    who: dict[int, str] = {}
    for row in rows(engine, Identity, "kind", "value"):
        who[row.customer_id] = f"{who.get(row.customer_id, '')} {row.kind[0]}:{row.value}".strip()

    def plain(model: type[Any], *left: str) -> list[str]:
        found = []
        for row in rows(engine, model):
            values = {name: value for name, value in row._mapping.items() if name not in ("id", *left)}
            if "customer_id" in values:
                values["customer_id"] = who[values["customer_id"]]
            if model is Customer:
                values["ids"] = who[row.id]
            found.append(repr(sorted(values.items())))
        return sorted(found)

    return {
        "customers": plain(Customer, "key"),
        "dates": plain(CustomerDate),
        "consents": plain(Consent),
        "ledger": plain(ConsentEntry),
        "orders": plain(Order),
        "lines": plain(OrderLine, "arrived_at"),
        "events": plain(Event, "seq", "arrived_at"),
    }


def recompute_all(engine: Engine) -> None:
    """Orders and facts of all customers from the events alone."""
    event, customer = Event.__table__, Customer.__table__  # type: ignore[attr-defined]
    theirs = event.c.order_id.is_not(None) & event.c.seq.is_not(None) & event.c.name.in_(sorted(EVENTS))
    with write_shop(engine) as connection:
        orders = connection.execute(select(event.c.order_id).distinct().where(theirs)).scalars().all()
        order_book.rebuild(connection, SHOP, orders)
        people = connection.execute(select(customer.c.id)).scalars().all()
        facts.refresh(connection, people)
        facts.refresh_cases(connection, people)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(histories())
def test_arrival_and_chunks_change_nothing(
    engine: Engine, history: tuple[list[dict[str, Any]], list[int], int]
) -> None:
    made, order, chunk = history
    arrive(engine, made, order, chunk)
    found = picture(engine)
    recompute_all(engine)
    assert picture(engine) == found
    arrive(engine, made, sorted(order, key=lambda place: made[place]["timestamp"]), 5000)
    assert picture(engine) == found


def test_facts_of_a_customer(engine: Engine) -> None:
    def bought(number: str, day: int, total: float | None, *categories: str, **more: Any) -> dict[str, Any]:
        products = [{"product_id": f"{number}{n}", "category": name} for n, name in enumerate(categories)]
        when = f"2026-05-{day:02}T10:00:00Z"
        amount = {} if total is None else {"total": total}
        return track("ada", "Order Completed", when, order_id=number, products=products, **amount, **more)

    feed(
        engine,
        [
            bought("1", 1, 10, "Tea", "Ware"),
            bought("2", 2, 20.5, "Ware", "Tea"),
            bought("3", 3, 99, "Gifts", "Gifts", "Gifts"),
            bought("4", 4, 12, currency="CHF"),
            bought("5", 5, None),
            track("ada", "Order Cancelled", "2026-05-06T10:00:00Z", order_id="3"),
            track("ada", "Order Refunded", "2026-05-06T10:00:00Z", order_id="2", total=0.52),
            track("bob", "Page Read", "2026-05-06T10:00:00Z"),
        ],
    )
    apply_events(engine, NOW, SHOP)
    bob, ada = sorted(rows(engine, Customer), key=lambda row: row.orders)
    assert (ada.orders, ada.lifetime_value, ada.average_order) == (4, 1000 + 1998, 1499)
    assert (ada.first_order_at, ada.last_order_at) == (
        datetime(2026, 5, 1, 10, tzinfo=UTC),
        datetime(2026, 5, 5, 10, tzinfo=UTC),
    )
    assert ada.favourite_category == "Tea"
    assert (bob.orders, bob.lifetime_value, bob.average_order, bob.favourite_category) == (0, 0, None, None)
