"""Who is who: ids find customers, link them and merge them; what was kept of the merged is the survivor's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import Engine, Table

from loyaltyloop.store.database import write
from loyaltyloop.store.events.apply import apply_events
from loyaltyloop.store.events.ingest import record
from loyaltyloop.store.live.changes import apply
from loyaltyloop.store.models import (
    Consent,
    ConsentEntry,
    Customer,
    CustomerDate,
    Enrolment,
    Event,
    Holding,
    Identity,
    MergedCustomer,
    Order,
    OrderLine,
    Touch,
    Visit,
)
from loyaltyloop.store.segment import Call
from tests.integration.store.shop import NOW, SHOP, alias, at, call, feed, identify, rows, track
from tests.integration.store.shops import reading


def settle(engine: Engine, *raws: dict[str, Any], one_by_one: bool = False) -> None:
    feed(engine, raws)
    apply_events(engine, NOW, SHOP, chunk=1 if one_by_one else 5000)


def people(engine: Engine) -> dict[str, set[str]]:
    """Each customer's key, and the ids that lead to it (a device's with ~)."""
    keys = {row.id: row.key for row in rows(engine, Customer)}
    found: dict[str, set[str]] = {key: set() for key in keys.values()}
    for row in rows(engine, Identity):
        found[keys[row.customer_id]].add(row.value if row.kind == "user" else f"~{row.value}")
    return found


def owners(engine: Engine) -> dict[str, str]:
    """Name of an event → key of the customer whose it is."""
    keys = {row.id: row.key for row in rows(engine, Customer)}
    return {row.name: keys[row.customer_id] for row in rows(engine, Event) if row.name}


def test_an_identify_with_both_ids_makes_the_device_known(engine: Engine) -> None:
    settle(engine, track("~phone", "A", at(9)), identify("ada", at(10), "phone"), track("ada", "B", at(11)))
    assert people(engine) == {"phone": {"ada", "~phone"}}
    assert owners(engine) == {"A": "phone", "B": "phone"}


def test_the_known_customer_survives_a_merge_and_keeps_its_key(engine: Engine) -> None:
    for one_by_one in (False, True):
        who = f"ada{one_by_one}"
        settle(
            engine,
            track(f"~{who}-phone", f"{who} A", at(8)),
            identify(who, at(9), plan="gold"),
            identify(who, at(10), f"{who}-phone"),
            track(f"~{who}-phone", f"{who} B", at(11)),
            one_by_one=one_by_one,
        )
    assert people(engine) == {who: {who, f"~{who}-phone"} for who in ("adaFalse", "adaTrue")}
    assert set(owners(engine).values()) == {"adaFalse", "adaTrue"}
    first = {row.key: row.first_seen_at for row in rows(engine, Customer)}
    assert set(first.values()) == {datetime(2026, 5, 1, 8, tzinfo=UTC)}


def test_two_known_people_are_never_merged_the_device_changes_hands(engine: Engine) -> None:
    settle(
        engine,
        identify("ada", at(9), "shared"),
        track("~shared", "A", at(10)),
        identify("bob", at(11), "shared"),
        track("~shared", "B", at(12)),
    )
    assert people(engine) == {"ada": {"ada"}, "bob": {"bob", "~shared"}}
    assert owners(engine) == {"A": "ada", "B": "bob"}


def test_an_event_with_both_ids_is_the_users_and_links_nothing(engine: Engine) -> None:
    settle(engine, track("~phone", "A", at(9)), track("ada", "B", at(10)) | {"anonymousId": "phone"})
    assert people(engine) == {"phone": {"~phone"}, "ada": {"ada"}}
    assert owners(engine) == {"A": "phone", "B": "ada"}


def test_an_alias_merges_whatever_kinds(engine: Engine) -> None:
    settle(
        engine,
        track("old", "A", at(9)),
        track("~device", "B", at(8)),
        track("new", "C", at(10)),
        alias("new", "old", at(11)),
        alias("new", "device", at(12)),
        track("old", "D", at(13)),
    )
    assert people(engine) == {"old": {"new", "old", "~old", "device", "~device"}}
    assert set(owners(engine).values()) == {"old"}


def same_device(device: str, former: str, when: str) -> Call:
    """That two anonymous ids are one customer's: said by the hooks of shops, and not over Segment's API."""
    return replace(call(alias(device, former, when)), user_id=None, anonymous_id=device)


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_anonymous_ids_of_one_customer(engine: Engine, order: tuple[int, ...]) -> None:
    said = [
        call(track("~parcel", "A", at(9))),
        call(track("~guest", "B", at(10))),
        same_device("guest", "parcel", at(10)),
        call(identify("ada", at(11), "guest")),
    ]
    for place in order:
        with write(engine) as connection:
            record(connection, [said[place]])
        apply_events(engine, NOW, SHOP)
    (ids,) = people(engine).values()
    assert ids == {"ada", "~guest", "~parcel"}
    assert len(set(owners(engine).values())) == 1


def test_anonymous_ids_of_two_known_people_merge_nobody(engine: Engine) -> None:
    settle(engine, identify("ada", at(9), "guest"), identify("ben", at(9), "parcel"))
    with write(engine) as connection:
        record(connection, [same_device("guest", "parcel", at(10))])
    apply_events(engine, NOW, SHOP)
    assert people(engine) == {"ada": {"ada", "~guest", "~parcel"}, "ben": {"ben"}}


def test_an_alias_of_nobody_is_remembered(engine: Engine) -> None:
    settle(engine, alias("new", "old", at(9)), one_by_one=True)
    settle(engine, track("~old", "A", at(10)), one_by_one=True)
    assert people(engine) == {"new": {"new", "old", "~old"}}


@pytest.mark.parametrize("known", [True, False])
def test_a_device_of_somebody_known_merges_nobody_by_an_alias(engine: Engine, known: bool) -> None:
    """Some libraries alias the device to whoever signs in on it; a family's tablet is no proof."""
    settle(engine, identify("ada", at(9), "tablet"), track("~tablet", "A", at(9)))
    settle(engine, *([identify("bob", at(9))] if known else []), alias("bob", "tablet", at(10)))
    settle(engine, track("~tablet", "B", at(11)))
    assert people(engine) == {"ada": {"ada"}, "bob": {"bob", "tablet", "~tablet"}}
    assert owners(engine) == {"A": "ada", "B": "bob"}


def test_an_alias_of_the_own_device_changes_nothing(engine: Engine) -> None:
    settle(engine, identify("ada", at(9), "tablet"), alias("ada", "tablet", at(10)))
    (ids,) = people(engine).values()
    assert ids == {"ada", "tablet", "~tablet"}


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_aliases_in_a_circle_are_one_customer(engine: Engine, order: tuple[int, ...]) -> None:
    said = [alias("a", "b", at(9)), alias("b", "c", at(10)), alias("c", "a", at(11))]
    for place in order:
        settle(engine, said[place])
    settle(engine, *(track(who, f"E {who}", at(12)) for who in "abc"))
    assert len(people(engine)) == 1
    assert len(set(owners(engine).values())) == 1


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_the_latest_word_on_consent_counts_whichever_id_it_came_under(
    engine: Engine, order: tuple[int, ...]
) -> None:
    """By channel and purpose, in whatever order things arrive; of two at one instant the withdrawal."""
    said = [
        [
            track("ada", "Consent Granted", at(9), channel="email"),
            track("ada", "Consent Granted", at(9), channel="sms"),
        ],
        [
            track("~phone", "Consent Granted", at(8), channel="email"),
            track("~phone", "Consent Granted", at(8), channel="push"),
        ],
        [
            track("~phone", "Consent Withdrawn", at(9), channel="email"),
            track("ada", "Consent Withdrawn", at(7), channel="push"),
        ],
        [identify("ada", at(10), "phone")],
    ]
    for place in order:
        settle(engine, *said[place])
    answers = {(row.channel, row.purpose): row.given for row in rows(engine, Consent)}
    assert answers == {("email", "marketing"): False, ("sms", "marketing"): True, ("push", "marketing"): True}
    assert len(rows(engine, ConsentEntry)) == 6


def test_chains_of_merges_end_with_one(engine: Engine) -> None:
    raws = [track(f"d{n}", f"E{n}", at(9 + n / 10)) for n in range(4)]
    raws += [alias(f"d{n}", f"d{n + 1}", at(12 + n / 10)) for n in range(3)]
    settle(engine, *raws)
    assert len(people(engine)) == 1
    assert set(owners(engine).values()) == set(people(engine))


def test_a_users_id_that_is_also_a_devices_is_another_customer(engine: Engine) -> None:
    settle(engine, track("~x", "A", at(9)), track("x", "B", at(10)))
    assert people(engine) == {"x": {"~x"}, "user:x": {"x"}}


@pytest.mark.parametrize("one_by_one", [False, True])
def test_a_key_and_an_id_of_a_merged_customer_are_nobody_elses(engine: Engine, one_by_one: bool) -> None:
    settle(engine, track("ada", "A", at(8)))
    told = track("~x", "B", at(9)), identify("ada", at(10), "x"), track("x", "C", at(11))
    settle(engine, *told, one_by_one=one_by_one)
    assert people(engine) == {"ada": {"ada", "~x"}, "user:x": {"x"}}
    former = {row.id for row in rows(engine, MergedCustomer)} - {None}
    assert former.isdisjoint(row.id for row in rows(engine, Customer))
    assert len(former) == one_by_one  # else the device's customer was never written


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


@pytest.mark.parametrize(("erased", "new", "old"), [("ada", "ada", "bob"), ("bob", "ada", "bob")])
def test_an_alias_with_an_erased_customer_links_nothing(
    engine: Engine, erased: str, new: str, old: str
) -> None:
    settle(engine, track("ada", "A", at(8)), track("bob", "B", at(8)))
    table: Table = Customer.__table__  # type: ignore[attr-defined]
    with write(engine) as connection:
        connection.execute(table.update().where(table.c.key == erased).values(erased_at=NOW))
    settle(engine, alias(new, old, at(9)))
    assert people(engine) == {"ada": {"ada"}, "bob": {"bob"}}


def test_nothing_is_added_to_an_erased_customer(engine: Engine) -> None:
    settle(engine, track("ada", "A", at(8)), track("~phone", "B", at(8)))
    table: Table = Customer.__table__  # type: ignore[attr-defined]
    with write(engine) as connection:
        connection.execute(table.update().where(table.c.key == "ada").values(erased_at=NOW))
    settle(
        engine,
        identify("ada", at(9), email="ada@example.com"),
        track("ada", "Order Completed", at(9), order_id="1", total=5),
        identify("ada", at(10), "phone", city="Paris"),
    )
    ada = next(row for row in rows(engine, Customer) if row.key == "ada")
    assert (ada.email, ada.orders) == (None, 0)
    assert rows(engine, Order) == []
    late = [
        row for row in rows(engine, Event, "id") if row.type == "identify" or row.name == "Order Completed"
    ]
    assert [(row.customer_id, row.seq is not None) for row in late[:2]] == [(None, True), (None, True)]
    assert len(rows(engine, Customer)) == 2
