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
from loyaltyloop.store.models import Consent, ConsentEntry, Customer, Event, Identity, MergedCustomer, Order
from loyaltyloop.store.segment import Call
from tests.integration.store.shop import NOW, SHOP, alias, at, call, feed, identify, rows, track


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
