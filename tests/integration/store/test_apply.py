"""Events that arrived go to customers, in the order of their arrival and not before."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from loyaltyloop.store.database import read, write, write_shop
from loyaltyloop.store.events.apply import apply_events, apply_on, next_seq
from loyaltyloop.store.events.ingest import record
from loyaltyloop.store.models import Customer, CustomerDate, Engagement, Event, Message, Order
from loyaltyloop.store.segment import Call, read_call
from tests.integration.store.shop import NOW, SHOP, at, call, feed, identify, one, rows, track


def test_an_unknown_customer_is_made_by_the_first_event(engine: Engine) -> None:
    feed(engine, [track("ada", "Signed Up", at(9), plan="gold")])
    assert apply_events(engine, NOW, SHOP) == 1
    customer, event = one(engine, Customer), one(engine, Event)
    assert (customer.key, customer.zone, customer.zone_from) == ("ada", "Europe/London", "shop")
    assert customer.first_seen_at == customer.last_seen_at == datetime(2026, 5, 1, 9, tzinfo=UTC)
    assert (event.seq, event.customer_id, event.properties) == (1, customer.id, {"plan": "gold"})


def test_what_has_not_arrived_by_now_is_not_seen(engine: Engine) -> None:
    feed(engine, [track("ada", "B", at(12)), track("ada", "A", at(9))])
    assert apply_events(engine, datetime(2026, 5, 1, 10, tzinfo=UTC), SHOP) == 1
    assert apply_events(engine, datetime(2026, 5, 1, 10, tzinfo=UTC), SHOP) == 0
    assert {row.name: row.seq for row in rows(engine, Event)} == {"A": 1, "B": None}
    assert apply_events(engine, NOW, SHOP) == 1
    assert {row.name: row.seq for row in rows(engine, Event)} == {"A": 1, "B": 2}


def test_the_same_call_twice_is_one_event(engine: Engine) -> None:
    nameless, named = track("ada", "A", at(9)), track("ada", "A", at(9)) | {"messageId": "m"}
    assert feed(engine, [nameless, named, nameless]).duplicates == 1
    assert feed(engine, [named, nameless]).taken == 0
    assert len(rows(engine, Event)) == 2


def test_the_latest_attribute_by_event_time_wins_in_any_order(engine: Engine) -> None:
    feed(engine, [identify("ada", at(12), firstName="Ada", plan="gold", city="Paris")])
    feed(engine, [identify("ada", at(9), firstName="A.", plan="none", email="ada@example.com")])
    for _ in range(2):
        apply_events(engine, NOW, SHOP, chunk=1)
    customer = one(engine, Customer)
    assert (customer.first_name, customer.email, customer.city) == ("Ada", "ada@example.com", "Paris")
    assert customer.attributes == {"plan": "gold"}
    feed(engine, [identify("ada", at(13), plan=None, city=None)])
    apply_events(engine, NOW, SHOP)
    customer = one(engine, Customer)
    assert (customer.attributes, customer.city) == ({}, None)


def test_zone_is_the_own_one_then_the_countrys_then_the_shops(engine: Engine) -> None:
    feed(
        engine,
        [
            identify("own", at(9), timezone="Asia/Tokyo", country="US"),
            identify("country", at(9), address={"country": "us"}, timezone="Mars/Olympus"),
            identify("shop", at(9), country="Narnia"),
            track("device", "A", at(9)) | {"context": {"timezone": "Pacific/Auckland"}},
        ],
    )
    apply_events(engine, NOW, SHOP)
    assert {row.key: (row.zone, row.zone_from) for row in rows(engine, Customer)} == {
        "own": ("Asia/Tokyo", "own"),
        "country": ("America/New_York", "country"),
        "shop": ("Europe/London", "shop"),
        "device": ("Pacific/Auckland", "own"),
    }


def test_dates_are_kept_by_day_and_placeholders_refused(engine: Engine) -> None:
    good = {"ada": "1990-02-28", "leap": "2000-02-29T00:00:00Z"}
    bad = ["1900-01-01", "1970-01-01", "2026-05-02", "1905-05-05", "soon", 7]
    feed(engine, [identify(who, at(9), birthday=day) for who, day in good.items()])
    feed(engine, [identify(f"bad{n}", at(9), birthday=day) for n, day in enumerate(bad)])
    feed(engine, [identify("ada", at(9, 2), wedding="2015-06-20", note="2015-06-2")])
    apply_events(engine, NOW, SHOP)
    born = {row.key: row.birthday for row in rows(engine, Customer) if row.birthday}
    assert born == {"ada": date(1990, 2, 28), "leap": date(2000, 2, 29)}
    dates = {(row.attribute, row.month_day, row.year) for row in rows(engine, CustomerDate)}
    assert dates == {("birthday", 228, 1990), ("birthday", 229, 2000), ("wedding", 620, 2015)}
    feed(engine, [identify("ada", at(10, 2), wedding=None, birthday="1991-03-01")])
    apply_events(engine, NOW, SHOP)
    days = {(row.attribute, row.month_day) for row in rows(engine, CustomerDate)}
    assert days == {("birthday", 301), ("birthday", 229)}


def test_responses_to_our_messages_become_engagement(engine: Engine) -> None:
    feed(engine, [track("ada", "A", at(8))])
    apply_events(engine, NOW, SHOP)
    _message(engine, "m1", one(engine, Customer).id)
    feed(
        engine,
        [
            track("ada", "Email Link Clicked", at(9), email_id="m1"),
            track("ada", "Email Opened", at(9), email_id="m1", machine=True),
            track("ada", "Email Delivered", at(9), email_id="m1"),
            track("ada", "Email Link Clicked", at(9), email_id="another's"),
        ],
    )
    apply_events(engine, NOW, SHOP)
    found = {(row.kind, row.journey, row.step, row.machine) for row in rows(engine, Engagement)}
    assert found == {
        ("clicked", "welcome", "hello", False),
        ("opened", "welcome", "hello", True),
        ("received", "welcome", "hello", False),
    }
    assert one(engine, Message).state == "delivered"


def _message(engine: Engine, key: str, customer: int) -> None:
    when = datetime(2026, 5, 1, 8, tzinfo=UTC)
    row = Message(
        key=key,
        enrolment_id=1,
        customer_id=customer,
        journey="welcome",
        version=1,
        step="hello",
        channel="email",
        purpose="marketing",
        template="welcome/hello",
        priority=50,
        entered_at=when,
        decided_at=when,
        due_at=when,
        state="handed_over",
    )
    with write(engine) as connection:
        connection.execute(Message.__table__.insert().values(row.model_dump(exclude={"id"})))  # type: ignore[attr-defined]


def test_what_others_do_is_no_sign_of_the_customer(engine: Engine) -> None:
    feed(engine, [track("ada", "Product Viewed", at(9)), track("ada", "Order Shipped", at(12), order_id="1")])
    feed(
        engine, [track("ada", "Email Delivered", at(13)), track("ada", "Email Opened", at(14), machine=True)]
    )
    apply_events(engine, NOW, SHOP)
    assert one(engine, Customer).last_seen_at == datetime(2026, 5, 1, 9, tzinfo=UTC)


def test_a_look_ahead_leaves_nothing(engine: Engine) -> None:
    feed(engine, [track("ada", "A", at(9)), track("bob", "A", at(9))])
    with engine.connect() as connection, connection.begin() as transaction:
        assert apply_on(connection, NOW, SHOP, chunk=1) == 2
        assert next_seq(connection) == 3
        transaction.rollback()
    assert rows(engine, Customer) == []
    assert apply_events(engine, NOW, SHOP) == 2


def test_an_event_of_a_transaction_that_is_still_open_is_not_skipped(engine: Engine) -> None:
    """Another process writes slowly while a turn applies: its event comes with the next turn."""
    feed(engine, [track("ada", "First", at(9))])
    begun, done = threading.Event(), threading.Event()

    def write_slowly() -> None:
        with write_shop(engine) as connection:
            record(connection, [call(track("ada", "Slow", at(8)))])
            begun.set()
            assert not done.wait(0.3), "apply did not wait for the writer"

    writer = threading.Thread(target=write_slowly)
    writer.start()
    assert begun.wait(10)
    applied = apply_events(engine, NOW, SHOP)
    done.set()
    writer.join()
    applied += apply_events(engine, NOW, SHOP)
    assert applied == 2
    assert sorted(row.seq for row in rows(engine, Event)) == [1, 2]


def test_nothing_waits_longer_than_it_must(engine: Engine) -> None:
    """Chunks of any size give the same numbering."""
    feed(engine, [track("ada", f"E{n}", at(9 + n / 10)) for n in range(7)])
    assert apply_events(engine, NOW - timedelta(days=1), SHOP, chunk=3) == 7
    with read(engine) as connection:
        names = connection.execute(select(Event.__table__.c.name).order_by("seq")).scalars().all()  # type: ignore[attr-defined]
    assert names == [f"E{n}" for n in range(7)]


def test_an_amount_beyond_all_sense_is_unknown(engine: Engine) -> None:
    most = 9e307  # JSON and both databases can hold it
    priced = [{"product_id": "tea", "price": most}]
    feed(engine, [track("ada", "Order Completed", at(9), order_id="1", total=most, products=priced)])
    feed(engine, [track("ada", "Order Refunded", at(10), order_id="1", total=most)])
    assert apply_events(engine, NOW, SHOP) == 2
    assert (one(engine, Order).total, one(engine, Customer).lifetime_value) == (None, 0)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.sampled_from([9e307, -9e307])
    | st.text(max_size=6)
    | st.sampled_from(["9999-12-31T23:59:59Z", "9999-12-31", "0001-01-01", "1e999", "-1", "email", "GB"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
NAMES = (
    "Order Completed",
    "Order Refunded",
    "Order Returned",
    "Consent Granted",
    "Support Ticket Opened",
    "Email Link Clicked",
)
PROPERTIES = (
    "total",
    "currency",
    "products",
    "channel",
    "purpose",
    "wording",
    "ticket_id",
    "email_id",
    "machine",
)
LINE = ("product_id", "sku", "category", "price", "quantity")
TRAITS = (
    "email",
    "phone",
    "firstName",
    "birthday",
    "address",
    "createdAt",
    "timezone",
    "tags",
    "orders",
    "x",
)


@st.composite
def anything(draw: st.DrawFn) -> dict[str, Any]:
    """A call with any JSON where something else is expected."""
    who = draw(st.sampled_from(["x", "user:x", "user:user:x", "anonymous:x"]))
    ids = draw(st.sampled_from([{"userId": who}, {"anonymousId": who}, {"userId": who, "anonymousId": "x"}]))
    name = draw(st.sampled_from(NAMES))
    properties = draw(st.dictionaries(st.sampled_from(PROPERTIES), JSON)) | {"order_id": "1"}
    if draw(st.booleans()):
        properties["products"] = draw(st.lists(st.dictionaries(st.sampled_from(LINE), JSON), max_size=3))
    traits = draw(st.dictionaries(st.sampled_from(TRAITS), JSON))
    more = draw(st.sampled_from([{"type": "track", "event": name}, {"type": "identify"}]))
    context = {"timezone": draw(JSON), "locale": draw(JSON)}
    when = {"timestamp": at(9 + draw(st.integers(0, 9)))}
    return {"properties": properties, "traits": traits, "context": context} | ids | more | when


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(anything(), max_size=6))
def test_nothing_that_is_recorded_can_stop_an_apply(engine: Engine, raws: list[dict[str, Any]]) -> None:
    calls = [read_call(raw, lateness=SHOP.lateness) for raw in raws]
    with write_shop(engine) as connection:
        taken = record(connection, [one for one in calls if isinstance(one, Call)]).taken
    assert apply_events(engine, NOW, SHOP, chunk=3) == taken
